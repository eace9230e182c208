# What `kubectl debug node` gives the collector, made from this machine's own files: a container with an overlay root of its own,
# the host's root (an overlay as well, with the machine's /proc and /run) at /host, an empty /tmp, the machine's PID namespace.
# Nothing is written to the machine. Usage: unshare -m sh collector-container.sh FOLDER PREPARE COMMAND..., where PREPARE is a
# script that sees the container's root as $container and the host's as $host. The container's /tmp is listed at the end.
set -eu
base=$1
prepare=$2
shift 2
mount -t tmpfs none "$base"
for root in container host; do
  mkdir -p "$base/$root" "$base/$root.upper" "$base/$root.work"
  mount -t overlay -o "lowerdir=/,upperdir=$base/$root.upper,workdir=$base/$root.work" none "$base/$root"
  for folder in proc sys dev; do mount --rbind "/$folder" "$base/$root/$folder"; done
done
container=$base/container
host=$base/host
mount -t tmpfs none "$container/tmp"
mount --rbind /run "$host/run"
eval "$prepare"
mkdir -p "$container/host"
mount --rbind "$host" "$container/host"
code=0
chroot "$container" "$@" || code=$?
ls -A "$container/tmp" >&2
exit $code
