#!/bin/sh
# PID 1 of the IPVS node (a virtual machine): mounts, modules, network, then the agent and the node's daemons; becomes a reaper.
# What changes with each start comes as a tar on the second disk: certificates, configuration, and /etc/guest.env with
# name, ip4, ip6, gateway4, gateway6.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --make-rshared /
mkdir -p /run/lock /run/netns /run/flannel
ln -sfn /proc/self/fd /dev/fd

modprobe virtio_console
agent </dev/null &
tar -xf /dev/vdb -C / --no-same-owner
. /etc/guest.env
hostname "$name"
modprobe -a virtio_net overlay br_netfilter ip_vs ip_vs_rr nf_conntrack

until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip -batch - <<EOF
link set lo up
address add $ip4/24 dev eth0
address add $ip6/64 dev eth0 nodad
link set eth0 up
route add default via $gateway4
route add default via $gateway6
EOF
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 \
  net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1

start() { # NAME ARGUMENT...
  "$@" </dev/null >"/var/log/$1.log" 2>&1 &
}
start containerd --config /etc/containerd/config.toml
start kube-proxy --config=/var/lib/kube-proxy/config.conf --hostname-override="$name"
export NODE_NAME="$name"
start flanneld --kube-subnet-mgr --kubeconfig-file=/etc/kubernetes/flanneld.conf \
  --net-config-path=/etc/kube-flannel/net-conf.json --ip-masq --iface=eth0 --iptables-resync=60
until [ -S /run/containerd/containerd.sock ]; do sleep 0.1; done
start kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf \
  --hostname-override="$name" --node-ip="$ip4,$ip6"
exec pause
