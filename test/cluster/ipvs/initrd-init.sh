#!/bin/sh
# /init of the guest's initrd, with busybox as sh: loads the drivers of the disk (modules.list: file names in order), becomes its init.
bb=/bin/busybox
$bb mount -t devtmpfs dev /dev
while read -r module; do $bb insmod "/modules/$module"; done </modules/modules.list
i=0
until [ -b /dev/vda ] || [ $i = 100 ]; do $bb usleep 50000; i=$((i + 1)); done
$bb mount -t ext4 -o noatime /dev/vda /root || { echo 'initrd: no root file system'; $bb poweroff -f; }
$bb mount -o move /dev /root/dev
exec $bb switch_root /root /sbin/init
