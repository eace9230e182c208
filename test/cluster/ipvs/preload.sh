#!/bin/sh
# preload.sh PROGRAMS ROOT ARCHIVE: imports an OCI archive's images into containerd's folder ROOT, unpacked, since the guest is too slow
# for that. Run in mount and PID namespaces of its own: containerd ends with it, and its socket is seen by nobody else.
set -eu
programs=$1 root=$2 archive=$3
mount --make-rprivate /
mount -t tmpfs tmpfs /run
cat >/run/config.toml <<EOF
version = 3
root = "$root"
disabled_plugins = ["io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
EOF
"$programs/containerd" --config /run/config.toml >/run/containerd.log 2>&1 &
i=0
until "$programs/ctr" version >/dev/null 2>&1; do
  i=$((i + 1))
  [ $i -lt 100 ] || { cat /run/containerd.log >&2; exit 1; }
  sleep 0.1
done
"$programs/ctr" --namespace k8s.io images import --local "$archive"
kill -s TERM $!
wait $! || :
