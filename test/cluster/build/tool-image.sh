#!/bin/sh
# mmdebstrap's customize hook: makes the Debian tree $1 like nicolaka/netshoot (Alpine) where scripts feel it:
# busybox's sh and base tools, and no iptables-legacy. (Of the package busybox: the sh of busybox-static prefers its own applets,
# ip and nsenter among them, to what PATH has; Alpine's does not.)
set -eu
root=$1

rm -f "$root"/usr/sbin/xtables-legacy-multi "$root"/usr/sbin/*-legacy "$root"/usr/sbin/*-legacy-*

applets=" $(chroot "$root" busybox --list | tr '\n' ' ')"
chroot "$root" dpkg --listfiles coreutils dash debianutils diffutils findutils grep gzip hostname mawk sed tar |
  grep -E '^(/usr)?/s?bin/.' > "$root/replaced"
printf '%s\n' /bin/sh /usr/bin/awk >> "$root/replaced"
while read -r path; do
  case $applets in *" ${path##*/} "*) ln -sf /bin/busybox "$root$path" ;; esac
done < "$root/replaced"
rm "$root/replaced"

# Only maintainer scripts use these, and every node unpacks the image at each start of the cluster.
rm -rf "$root"/usr/share/perl "$root"/usr/lib/*/perl "$root"/usr/lib/*/gconv "$root"/usr/share/zoneinfo
