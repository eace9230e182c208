#!/bin/sh
# node-init.sh NAME DIR PROGRAMS IP4 IP6 GATEWAY4 GATEWAY6
# PID 1 of a node, in fresh mount, UTS, IPC, network, PID and cgroup namespaces and in the node's cgroup. Gives it a root file system
# of its own (what anybody writes lands in DIR/upper), its network, and containerd; becomes a reaper. DIR/fs holds what must not lie on
# an overlay or hide what the machine has there.
set -eu
name=$1 dir=$2 programs=$3 ip4=$4 ip6=$5 gateway4=$6 gateway6=$7
hierarchies=$(sed -n 's/^[0-9]*:\([^:]*\):.*/\1/p' /proc/self/cgroup)

mount --make-rprivate /
mkdir -p "$dir/root" "$dir/work"
mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" overlay "$dir/root"
cd "$dir/root"
mkdir -p .old opt/cni/bin usr/local/bin
mount --rbind /dev dev
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -o bind,ro "$programs" usr/local/bin
for path in var/lib/containerd var/lib/kubelet var/lib/cni etc/cni var/log/pods var/log/containers; do
  mkdir -p "$path" "$dir/fs/$path"
  mount --bind "$dir/fs/$path" "$path"
done
mount -o bind,ro "$programs/cni" opt/cni/bin
pivot_root . .old
cd /
umount -l /.old
rmdir /.old

# Every hierarchy again, so that the node sees its own cgroup as "/" (cgroup_namespaces(7)).
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
for hierarchy in $hierarchies; do
  at=/sys/fs/cgroup/${hierarchy#name=}
  mkdir "$at"
  case $hierarchy in name=*) mount -t cgroup -o "none,$hierarchy" cgroup "$at" ;; *) mount -t cgroup -o "$hierarchy" cgroup "$at" ;; esac
done
mkdir /sys/fs/cgroup/unified
mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
mkdir -p /run/lock /run/netns /run/flannel
mount --make-rshared /

hostname "$name"
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

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
containerd --config /etc/containerd/config.toml >/var/log/containerd.log 2>&1 &
exec pause
