#!/bin/sh
# Records the fixtures of a watch: looks at one chain that changes, through iptables-nft-save -c and nft -j, in a network
# namespace of its own. As root: `unshare --net sh test/analyse/chains/record.sh`.
set -e
cd "$(dirname "$0")/fixtures"
ip link set lo up
look() { iptables-nft-save -c >"$1.save"; nft -j list table ip watched >"$1.json"; }
iptables-nft -t nat -N KUBE-SVC-A
for port in 1 2 3 4; do iptables-nft -t nat -A KUBE-SVC-A -p udp --dport $port -j ACCEPT; done
iptables-nft -t nat -A KUBE-SVC-A -p udp --dport 2 -j ACCEPT
iptables-nft -t filter -N COUNTED
iptables-nft -t filter -A OUTPUT -p udp -j COUNTED
for port in 1 2 3; do iptables-nft -t filter -A COUNTED -p udp --dport $port; done
nft add table ip watched
nft 'add chain ip watched out { type filter hook output priority 0; }'
for port in 1 2 3; do nft "add rule ip watched out udp dport $port counter"; done
look 1-first
for times in 1 2 3 4; do python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"x", ("127.0.0.1", 2))'; done
look 2-traffic
iptables-nft -t nat -D KUBE-SVC-A 3
iptables-nft -t nat -I KUBE-SVC-A 2 -p udp --dport 9 -j ACCEPT
nft delete rule ip watched out handle $(nft -a list table ip watched | sed -n 's/.*dport 1 .*handle //p')
nft add rule ip watched out udp dport 9 counter
look 3-changed
