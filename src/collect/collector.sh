# The collector: reads the network state of one node, and of the pods asked for, and writes it as frames (frames.ts).
#
#     kubectl exec -i POD -c debugger -- sh -s -- --section-timeout SECONDS [--pod NAMESPACE NAME UID IP,IP|-]... [--ask QUESTION WORD...] < collector.sh
#
# Runs in a privileged pod with the node's network and PID namespaces and the node's root directory at /host. POSIX sh:
# dash, busybox ash, bash. It only defines functions until its last line, so a script that is cut off does nothing.
# It reads and never changes: no filtering module is loaded (ss may load the kernel's tcp_diag, udp_diag and inet_diag), no table
# instantiated; files go to a folder under /tmp that is removed.
#
# Each section is a set of files N.path, N.command, N.out, N.err, N.stderr (the first 4 KiB of N.err) and N.meta (exit code, ms).

now() { # in 1/100 s, with no process started
  read -r uptime _ </proc/uptime
  fraction=${uptime#*.}
  now=$((${uptime%.*} * 100 + ${fraction#0}))
}

reserve() { # PATH: the next section
  count=$((count + 1))
  printf '%s' "$1" >$count.path
  for part in command out err stderr; do : >$count.$part; done
  printf '1 0' >$count.meta
}

run() { # COMMAND...: runs it for section $count, in a session of its own that ends with it; sets $code
  printf '%s' "${shown:-$*}" >$count.command
  setsid timeout -k 1 "$limit" "$@" </dev/null >$count.out 2>$count.err &
  wait $!
  code=$?
  # Whatever the tool has started dies too: busybox' timeout ends nothing but the tool.
  kill -s KILL -- -$! 2>/dev/null
}

finish() { # notes how section $count ended; $begun is when it began
  now
  elapsed=$(((now - begun) * 10))
  case $code in
    124 | 137 | 143)
      if [ $elapsed -ge $((limit * 1000)) ]; then
        [ $code != 143 ] || code=124
        echo "ended by netinspect after $limit s" >>$count.err
      fi ;;
  esac
  [ ! -s $count.err ] || head -c 4096 $count.err >$count.stderr
  printf '%s %s' $code $elapsed >$count.meta
}

started() { # a section runs in the background: not too many at once
  running=$((running + 1))
  [ $running -lt 8 ] || { wait; running=0; }
}

section() { # PATH COMMAND...: $shown, when set, is the command line for people, this time
  reserve "$1"
  shift
  (now; begun=$now; run "$@"; finish) &
  shown=
  started
}

note() { # PATH CODE COMMAND WORDS: a section that needs no tool: 0 for "there is none", 1 for "not known"
  reserve "$1"
  printf '%s 0' "$2" >$count.meta
  printf '%s' "$3" >$count.command
  printf '%s' "${4:+$4
}" >$count.stderr
}

copy() { # PATH FILE: a small file of /proc, with no process started: there may be one for each endpoint of a cluster
  note "$1" 0 "cat $2" ''
  while IFS= read -r line; do printf '%s\n' "$line"; done <"$2" >$count.out
}

plain() { # NAME: as part of a section's path
  case $1 in
    *[!A-Za-z0-9._-]*) printf '%s' "$1" | tr -c 'A-Za-z0-9._-' _ ;;
    *) printf '%s' "$1" ;;
  esac
}

# An iptables-save, for tables that are known to be there. Readers in order: the image's, the kube-proxy container's, the host's.
# Inside another mount namespace /proc is of its PID namespace, and without /proc iptables-legacy-save finds no table and no fault.
rules() { # PATH TOOL COMMAND...: through COMMAND, which enters a network namespace
  reserve "$1"
  tool=$2
  shift 2
  (
    now
    begun=$now
    run "$@" $tool -c
    ! unread || [ -z "$proxy" ] || run "$@" nsenter --mount=/proc/$proxy/ns/mnt --pid=/proc/$proxy/ns/pid -- $tool -c
    ! unread || run "$@" chroot /host $tool -c
    if [ $code = 127 ]; then
      echo "$tool: not in the debug image, the kube-proxy container or on the host" >$count.err
    elif unread; then
      code=1
      echo "$tool printed nothing although there are tables" >>$count.err
    fi
    finish
  ) &
  started
}

unread() { [ $code = 127 ] || { [ $code = 0 ] && [ ! -s $count.out ]; }; }

send() { # writes the frames of all sections since the last call
  wait
  running=0
  set --
  i=$sent
  while [ $i -lt $count ]; do i=$((i + 1)); set -- "$@" $i.out; done
  sha256sum "$@" >sums
  set --
  i=$sent
  while [ $i -lt $count ]; do i=$((i + 1)); set -- "$@" $i.path $i.command $i.stderr $i.out; done
  wc -c "$@" >sizes
  set --
  first=$((sent + 1))
  while [ $sent -lt $count ]; do
    sent=$((sent + 1))
    read -r sum _ <&3
    read -r path _ <&4
    read -r command _ <&4
    read -r stderr _ <&4
    read -r out _ <&4
    read -r code elapsed <$sent.meta || : # no newline at its end
    printf '\nsection %s %s %s %s %s %s %s\n' "$code" "$elapsed" "$path" "$command" "$stderr" "$out" "$sum" >$sent.head
    set -- "$@" $sent.head $sent.path $sent.command $sent.stderr $sent.out
  done 3<sums 4<sizes
  cat "$@"
  set --
  i=$first
  while [ $i -le $count ]; do set -- "$@" $i.head $i.path $i.command $i.stderr; i=$((i + 1)); done
  read -r sum _ <<EOT
$(cat "$@" | sha256sum)
EOT
  printf '\ncheck %s' "$sum"
  echo "netinspect-collector: $sent sections" >&2
}

loaded() { # MODULE: the kernel has it already: loaded, built in, or it knows no modules
  [ ! -e /proc/modules ] || [ -e "/sys/module/$1" ] || grep -q "^$1 " /proc/modules ||
    grep -qs "/$1\.ko" "/host/lib/modules/$kernel/modules.builtin"
}

external() { # TOOL: its file on PATH; busybox may prefer an applet of its own to the tool of that name
  IFS=:
  for folder in $PATH; do
    [ ! -x "$folder/$1" ] || { printf '%s' "$folder/$1"; return; }
  done
  printf '%s' "$1"
}

below() { # ROOT PATH: where PATH is below ROOT; an absolute symbolic link there would lead into this container
  target=$2
  hops=0
  while [ -L "$1$target" ] && [ $hops -lt 8 ]; do
    link=$(readlink "$1$target")
    case $link in
      /*) target=$link ;;
      *) target=${target%/*}/$link ;;
    esac
    hops=$((hops + 1))
  done
  printf '%s' "$1$target"
}

# A configuration or command line without its secrets (Calico's CNI files and k3s' flags may hold tokens).
redact='s/("[A-Za-z0-9_-]*([Tt]oken|[Pp]assword|[Ss]ecret)[A-Za-z0-9_-]*" *: *")[^"]*"/\1REDACTED"/g
s/(--[a-z-]*(token|password|secret)[= ])[^ "]*/\1REDACTED/g'

secretless() { # PATH FILE
  shown="cat $2"
  section "$1" sed -E "$redact" "$2"
}

configuration() { # PATH KIND PID USUAL-FILE...: the file that the process names with --config, else the first usual one there is
  name=$1
  kind=$2
  pid=$3
  shift 3
  if [ -n "$pid" ]; then
    named=$(tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n -e 's/^--config=//p' -e '/^--config$/{n;p;}')
    case $named in
      '') ;;
      /*) set -- "$(below "/proc/$pid/root" "$named")" ;;
      *) set -- "/proc/$pid/cwd/$named" ;;
    esac
  fi
  for file in "$@"; do
    [ -f "$file" ] || continue
    # Never a kubeconfig, whatever its name.
    if grep -q -E "^ *\"?kind\"?: *\"?$kind" "$file"; then secretless "$name" "$file"; return; fi
  done
  note "$name" 1 "cat $*" "no $kind in $*"
}

find_daemons() { # sets $kubelet and $proxy; processes.txt: "PID COMM COMMAND LINE" of what runs Kubernetes on this node
  reserve processes.txt
  printf '0 0' >$count.meta
  printf '%s' 'cat /proc/PID/cmdline' >$count.command
  kubelet=
  proxy=
  names='kubelet|kube-proxy|containerd|crio|dockerd|cri-dockerd|k3s|k3s-server|k3s-agent|rke2|k0s|kubelite'
  for comm in $(grep -l -s -x -E "$names" /proc/[0-9]*/comm); do
    pid=${comm#/proc/}
    pid=${pid%/comm}
    # A machine may hold other nodes (kind): this node's have its network.
    [ "/proc/$pid/ns/net" -ef /proc/self/ns/net ] || continue
    read -r comm <"$comm" || continue
    printf '%s %s ' "$pid" "$comm"
    tr '\0\n' '  ' <"/proc/$pid/cmdline"
    echo
  done 2>/dev/null | sed -E "$redact" >$count.out
  while read -r pid comm _; do
    case $comm in
      kubelet) kubelet=$pid ;;
      kube-proxy) proxy=$pid ;;
    esac
  done <$count.out
}

node_files() {
  section os.txt sh -c 'uname -a; cat "$1"' sh "$(below /host /etc/os-release)"
  section resolv.conf cat "$(below /host /etc/resolv.conf)"
  cd /proc/sys/net || return
  set -- ipv4/ip_forward ipv4/ip_local_port_range ipv4/conf/*/forwarding ipv4/conf/*/rp_filter ipv4/conf/*/route_localnet \
    ipv4/conf/*/arp_ignore ipv4/conf/*/proxy_arp ipv4/neigh/default/gc_thresh? ipv4/fib_multipath_hash_policy ipv4/vs/* \
    ipv6/conf/*/forwarding ipv6/conf/*/disable_ipv6 ipv6/conf/*/accept_ra ipv6/conf/*/proxy_ndp ipv6/neigh/default/gc_thresh? \
    bridge/bridge-nf-call-* core/somaxconn netfilter/nf_conntrack_max netfilter/nf_conntrack_count netfilter/nf_conntrack_buckets \
    netfilter/nf_conntrack_acct netfilter/nf_conntrack_tcp_be_liberal netfilter/nf_conntrack_*_timeout* nf_conntrack_max
  cd "$dir" || exit
  # "." and "/" change places, as in sysctl(8): an interface may be called eth0.100.
  shown="grep -H '' /proc/sys/net/..."
  section sysctl.txt sh -c 'cd /proc/sys/net && grep -s "" "$@" /dev/null |
    sed "s,^,net/,; h; s/:.*//; y,./,/.,; G; s/\n[^:]*:/ = /"' sh "$@"
  for file in /host/etc/cni/net.d/* /host/var/lib/rancher/k3s/agent/etc/cni/net.d/* /host/var/snap/microk8s/current/args/cni-network/*; do
    case $file in *.conf | *.conflist | *.json) ;; *) continue ;; esac
    file=$(below /host "${file#/host}")
    [ ! -f "$file" ] || secretless "cni/$(plain "${file##*/}")" "$file"
  done
  configuration kubelet.yaml KubeletConfiguration "$kubelet" /host/var/lib/kubelet/config.yaml /host/etc/kubernetes/kubelet/config.json \
    /host/etc/kubernetes/kubelet/kubelet-config.json /host/home/kubernetes/kubelet-config.yaml /host/etc/kubernetes/kubelet.conf
  configuration kube-proxy.yaml KubeProxyConfiguration "$proxy" /host/var/lib/kube-proxy/config.conf /host/var/lib/kube-proxy/config.yaml
}

network() { # FOLDER COMMAND...: what iproute2 says, here or through COMMAND
  folder=$1
  shift
  for query in 'link -d link' 'addr addr' 'route4 -4 route show table all' 'route6 -6 route show table all' \
    'rule4 -4 rule' 'rule6 -6 rule' 'neigh neigh'; do
    shown="${*:+$* }ip -j ${query#* }"
    # shellcheck disable=SC2086 # words
    section "$folder${query%% *}.json" "$@" "$ip" -j ${query#* }
  done
}

namespaces() { # FOLDER COMMAND...: without lsns' COMMAND, which may hold a secret; alone, and again: lsns gives up with exit code 1 when a process ends while it reads /proc
  folder=$1
  shift
  wait
  shown="${*:+$* }lsns -t net -J -o NS,PID,NETNSID,NSFS"
  section "${folder}netns.json" "$@" sh -c 'for try in 1 2 3 4 5; do
      found=$(lsns -t net -J -o NS,PID,NETNSID,NSFS)
      code=$?
      [ $code = 1 ] || break
    done
    printf "%s\n" "$found"
    exit $code'
  wait
  running=0
}

# Processes by the pod's UID in their cgroup, as every runtime and driver writes it: pod<uid>, in systemd's form with "_" for "-"
# (kubelet, pkg/kubelet/cm/cgroup_manager_linux.go). Reads "pods" (SECTION-OF-pids.json NAMESPACE NAME UID IPS), fills those
# sections and prints "SECTION PID-FOR-THE-NETNS PIDS-THAT-MAY-HAVE-THE-resolv.conf" for each pod that has a process.
find_processes() {
  grep -H -s -m1 -E 'pod[0-9a-f]{8}' /proc/[0-9]*/cgroup >cgroups
  awk 'FNR == NR { uid[$1] = "pod" $4; next }
    { cgroup = $0; gsub(/_/, "-", cgroup)
      for (pod in uid) if (index(cgroup, uid[pod])) { split($0, part, "/"); sub(/^[^:]*:[^:]*:[^:]*:/, ""); print pod, part[3], $0; next } }
  ' pods cgroups >members
  set -- /proc/self/ns/net /proc/1/ns/mnt
  while read -r _ pid _; do set -- "$@" "/proc/$pid/ns/net" "/proc/$pid/ns/mnt"; done <members
  stat -L -c '%n %i' "$@" >inodes 2>/dev/null
  set -- /dev/null
  while read -r _ pid _; do set -- "$@" "/proc/$pid/stat"; done <members
  grep -s '' "$@" >stats
  awk '
    function quote(text, i, c, out) {
      for (i = 1; i <= length(text); i++) { c = substr(text, i, 1); out = out (c == "\"" || c == "\\" ? "\\" c : c) }
      gsub(/[[:cntrl:]]/, "?", out)
      return "\"" out "\""
    }
    FILENAME == "inodes" { inode[$1] = $2 }
    FILENAME == "stats" { # "/proc/PID/stat:PID (COMM) STATE PPID ...", where COMM may hold anything; the kernel writes \\ and \n in it
      split($0, part, "/"); pid = part[3]
      sub(/^[^(]*\(/, ""); match($0, /.*\) /)
      comm[pid] = substr($0, 1, RLENGTH - 2); split(substr($0, RLENGTH + 1), field, " "); ppid[pid] = field[2]
      gsub(/\\n/, "?", comm[pid]); gsub(/\\\\/, "\\", comm[pid])
    }
    FILENAME == "pods" { asked[$1] }
    FILENAME == "members" {
      pod = $1; pid = $2; net = inode["/proc/" pid "/ns/net"]
      if (!(pid in ppid) || net == "") next # it has ended meanwhile
      sub(/^[^ ]* [^ ]* /, "")
      list[pod] = list[pod] (list[pod] == "" ? "" : ",\n ") "{\"pid\": " pid ", \"ppid\": " ppid[pid] ", \"cgroup\": " quote($0) \
        ", \"comm\": " quote(comm[pid]) ", \"netns\": " net "}"
      # A runtime may keep a monitor of the node in the cgroup of the pod (CRI-O: conmon): another namespace than the node is the pod.
      own = net != inode["/proc/self/ns/net"]
      if (!(pod in chosen) || own > chosenOwn[pod] || (own == chosenOwn[pod] && pid + 0 < chosen[pod])) {
        chosen[pod] = pid + 0; chosenOwn[pod] = own
      }
      # Neither does a monitor see the files of the pod.
      if (inode["/proc/" pid "/ns/mnt"] == inode["/proc/1/ns/mnt"]) next
      if (comm[pid] == "pause") pauses[pod, net] = pauses[pod, net] " " pid
      else containers[pod, net] = containers[pod, net] " " pid
    }
    END {
      for (pod in asked) { out = pod ".out"; printf "[%s]\n", list[pod] > out; close(out) }
      for (pod in chosen) {
        net = inode["/proc/" chosen[pod] "/ns/net"]
        print pod, chosen[pod] containers[pod, net] pauses[pod, net]
      }
    }
  ' inodes stats pods members
}

find_by_address() { # IPS: sets $netns to a namespace of /run/netns that has one of the addresses (a sandbox without a visible process)
  netns=
  [ "$1" != - ] || return
  for file in /host/run/netns/* /host/run/docker/netns/*; do
    [ -e "$file" ] || continue
    timeout -k 1 "$limit" nsenter --net="$file" "$ip" -o addr </dev/null >addresses 2>/dev/null
    for address in $(printf '%s' "$1" | tr , ' '); do
      if grep -q -F " $address/" addresses; then netns=$file; return; fi
    done
  done
}

place() { # SECTION-OF-pids.json IPS: sets $pid, $netns and $resolvers (PIDs) from "found"; empty where nothing is found
  pid=
  netns=
  resolvers=
  while read -r found found_pid found_resolvers; do
    [ "$found" != "$1" ] || { pid=$found_pid; netns=/proc/$pid/ns/net; resolvers=$found_resolvers; }
  done <found
  [ -n "$pid" ] || find_by_address "$2"
}

pod_sections() { # reads "pods"
  : >stacks
  [ -s pods ] || return
  find_processes >found
  while read -r number namespace name uid ips; do
    pod=pods/${namespace}_$name/
    place "$number" "$ips"
    if [ -z "$netns" ]; then
      note "${pod}netns.txt" 1 'stat -L /proc/PID/ns/net' \
        "no process on this node is in a cgroup of pod $namespace/$name (UID $uid), and no network namespace in /run/netns has its address ($ips)"
      continue
    fi
    section "${pod}netns.txt" stat -L -c '%i %n' "$netns" /proc/self/ns/net
    sockets=-tulnpeO
    if [ "$netns" -ef /proc/self/ns/net ]; then
      set -- ss
      [ ! -e /proc/net/sctp ] || sockets=${sockets}S
    else
      set -- nsenter "--net=$netns" ss
      # Naming SCTP would load it.
      [ -z "$pid" ] || [ ! -e "/proc/$pid/net/sctp" ] || sockets=${sockets}S
      namespaces "$pod" nsenter "--net=$netns"
      network "$pod" nsenter "--net=$netns"
      tables "$pod" nsenter "--net=$netns"
      printf '%s\n' "${tables:--} $pod $netns" >>stacks
    fi
    section "${pod}sockets.txt" "$@" -H $sockets
    for pid in $resolvers; do
      file=$(below "/proc/$pid/root" /etc/resolv.conf)
      [ ! -r "$file" ] || { section "${pod}resolv.conf" cat "$file"; continue 2; }
    done
    note "${pod}resolv.conf" 1 'cat /proc/PID/root/etc/resolv.conf' \
      "no container process of pod $namespace/$name has a readable /etc/resolv.conf"
  done <pods
}

proc_sections() { # what /proc tells without any tool that could load a module
  for file in /proc/net/xt_recent/*; do
    [ ! -f "$file" ] || copy "xt_recent/$(plain "${file##*/}")" "$file"
  done
  if [ -e /proc/net/ip_vs ]; then
    section ip_vs.txt cat /proc/net/ip_vs
  fi
  if [ ! -s tuples ] || [ ! -e /proc/net/nf_conntrack ]; then return; fi
  shown="grep -F -e 'src=IP ' -e 'dst=IP ' /proc/net/nf_conntrack"
  section conntrack.txt sh -c 'grep -F -f tuples /proc/net/nf_conntrack || [ $? = 1 ]'
}

conntrack_sections() {
  if [ ! -e /proc/sys/net/netfilter/nf_conntrack_count ]; then
    note conntrack-stats.txt 0 'cat /proc/sys/net/netfilter/nf_conntrack_count' 'the kernel tracks no connections'
    [ ! -s tuples ] || note conntrack.txt 0 'cat /proc/sys/net/netfilter/nf_conntrack_count' 'the kernel tracks no connections'
    return
  fi
  if loaded nf_conntrack_netlink; then
    section conntrack-stats.txt conntrack -S
  else
    section conntrack-stats.txt cat /proc/net/stat/nf_conntrack
  fi
  if [ ! -s tuples ] || [ -e /proc/net/nf_conntrack ]; then return; fi
  shown="conntrack -L -o extended -f ipv4; conntrack -L -o extended -f ipv6 | grep -F -e 'src=IP ' -e 'dst=IP '"
  section conntrack.txt sh -c '
    for family in ipv4 ipv6; do conntrack -L -o extended -f $family || exit; done >entries
    grep -F -f tuples entries || [ $? = 1 ]'
}

legacy_sections() { # FOLDER COMMAND...: the files list the tables that exist; a tool that names a table (-t) would make it
  folder=$1
  shift
  existing=$("$@" grep -s -H -m1 . /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>&1)
  for family in '' 6; do
    path=${folder}ip${family}tables-save.legacy
    names=/proc/net/ip${family}_tables_names
    case $existing in
      *$names:*) rules "$path" ip${family}tables-legacy-save "$@" ;;
      '' | /proc/*) note "$path" 0 "${*:+$* }cat $names" 'no legacy table exists' ;;
      *) note "$path" 1 "${*:+$* }cat $names" "$existing" ;;
    esac
  done
}

tables() { # FOLDER COMMAND...: sets $tables to the number of the section with the nftables tables; empty: nf_tables is not loaded
  folder=$1
  shift
  tables=
  if loaded nf_tables; then
    section "${folder}nft-tables.txt" "$@" nft list tables
    tables=$count
  fi
}

nft_sections() { # TABLES FOLDER COMMAND...: TABLES as `tables` has set it, once that section has ended
  tables=$1
  folder=$2
  shift 2
  if [ -z "$tables" ]; then
    for name in iptables-save.nft ip6tables-save.nft nft.json; do
      note "$folder$name" 0 'cat /proc/modules' 'the kernel has nf_tables not loaded'
    done
    return
  fi
  read -r code _ <$tables.meta || : # no newline at its end
  if [ "$code" != 0 ]; then
    section "${folder}iptables-save.nft" "$@" iptables-nft-save -c
    section "${folder}ip6tables-save.nft" "$@" ip6tables-nft-save -c
    section "${folder}nft.json" "$@" nft -j list ruleset
    return
  fi
  ours=
  ours6=
  others=
  odd=
  while read -r _ family table; do
    case $family:$table in
      ip:raw | ip:mangle | ip:nat | ip:filter | ip:security) ours=yes ;;
      ip6:raw | ip6:mangle | ip6:nat | ip6:filter | ip6:security) ours6=yes ;;
      *[!A-Za-z0-9_./:-]*) odd=yes ;; # nft would read it as part of a command
      *) others="$others $family:$table" ;;
    esac
  done <$tables.out
  if [ -n "$ours" ]; then
    rules "${folder}iptables-save.nft" iptables-nft-save "$@"
    ours=$count
  else
    note "${folder}iptables-save.nft" 0 "${*:+$* }nft list tables" 'no table of iptables-nft exists'
  fi
  if [ -n "$ours6" ]; then
    rules "${folder}ip6tables-save.nft" ip6tables-nft-save "$@"
    ours6=$count
  else
    note "${folder}ip6tables-save.nft" 0 "${*:+$* }nft list tables" 'no table of iptables-nft exists'
  fi
  [ -z "$ours$ours6" ] || wait
  incompatible="s/.*[Tt]able \`\([a-z]*\)' is incompatible.*"
  [ -z "$ours" ] || others="$others $(sed -n "$incompatible/ip:\\1/p" $ours.out $ours.err)"
  [ -z "$ours6" ] || others="$others $(sed -n "$incompatible/ip6:\\1/p" $ours6.out $ours6.err)"
  if [ -n "$odd" ]; then section "${folder}nft.json" "$@" nft -j list ruleset; else nft_tables "$@"; fi
}

nft_tables() { # COMMAND...: the tables $others (FAMILY:TABLE ...) as one document; nft 1.0.6 does not list two tables in one go
  case $others in
    *:*) ;;
    *)
      note "${folder}nft.json" 0 "${*:+$* }nft list tables" ''
      echo '{"nftables": []}' >$count.out
      return ;;
  esac
  for table in $others; do shown="${shown:+$shown; }${*:+$* }nft -j list table ${table%%:*} ${table#*:}"; done
  reserve "${folder}nft.json"
  (
    now
    begun=$now
    # shellcheck disable=SC2086 # words
    run "$@" sh -c 'for table; do nft -j list table "${table%%:*}" "${table#*:}" || exit; done' sh $others
    awk '{ sub(/^\{"nftables": \[/, ""); sub(/\]\}$/, ""); printf "%s%s", (NR > 1 ? ", " : "{\"nftables\": ["), $0 }
      END { print (NR ? "" : "{\"nftables\": [") "]}" }' $count.out >merged.$count && mv merged.$count $count.out
    finish
  ) &
  shown=
  started
}

stack_sections() { # the rules of each network namespace of a pod, from "stacks" (TABLES|- FOLDER NETNS)
  while read -r tables pod netns; do
    legacy_sections "$pod" nsenter "--net=$netns"
    nft_sections "${tables#-}" "$pod" nsenter "--net=$netns"
  done <stacks
}

set_sections() {
  if loaded ip_set; then section ipset.save ipset save; else note ipset.save 0 'cat /proc/modules' 'the kernel has ip_set not loaded'; fi
  if [ -e /proc/net/ip_vs ]; then
    section ipvsadm.save ipvsadm --save --numeric
  else
    note ipvsadm.save 0 'cat /proc/net/ip_vs' 'the kernel has ip_vs not loaded'
  fi
}

# What an entry of /proc/net/nf_conntrack (IPv6 in full) or conntrack(8) (IPv6 shortened) of one of the pods holds.
tuples() {
  awk '
    function full(ip, half, left, right, head, tail, i, group, out) {
      split(ip, half, "::"); left = split(half[1], head, ":"); right = split(half[2], tail, ":")
      for (i = 1; i <= 8; i++) {
        group = i <= left ? head[i] : i > 8 - right ? tail[i - 8 + right] : "0"
        out = out (i > 1 ? ":" : "") substr("0000" tolower(group), length(group) + 1)
      }
      return out
    }
    function either(ip) { print "src=" ip " "; print "dst=" ip " " }
    $5 != "-" { n = split($5, ips, ","); for (i = 1; i <= n; i++) { either(ips[i]); if (ips[i] ~ /:/) either(full(ips[i])) } }
  ' pods
}

fail() { # CODE WORDS
  echo "netinspect-collector: $2" >&2
  exit "$1"
}

arguments() { # sets $limit; writes "pods" and reserves their pids.json
  : >pods
  while [ $# -gt 0 ]; do
    case $1 in
      --section-timeout)
        case $2 in '' | 0* | *[!0-9]*) fail 2 "--section-timeout wants a whole number of seconds, not \"$2\"" ;; esac
        limit=$2
        shift 2 ;;
      --pod)
        [ $# -ge 5 ] || fail 2 '--pod wants NAMESPACE NAME UID IPS'
        case $2/$3 in /* | */ | *[!a-z0-9./-]*) fail 2 "not a pod's name: \"$2/$3\"" ;; esac
        case $4 in '' | *[!0-9a-f-]*) fail 2 "not a pod's UID: \"$4\"" ;; esac
        case $5 in '' | *[!0-9a-f.:,-]*) fail 2 "not IP addresses: \"$5\"" ;; esac
        reserve "pods/$2_$3/pids.json"
        printf '0 0' >$count.meta
        printf '%s' "grep pod$4 /proc/*/cgroup" >$count.command
        printf '%s\n' "$count $2 $3 $4 $5" >>pods
        shift 5 ;;
      --ask) # takes all that follows (questions.sh)
        asked=yes
        break ;;
      *) fail 2 "unknown argument \"$1\"" ;;
    esac
  done
}

everything() {
  tuples >tuples
  find_daemons
  namespaces ''
  pod_sections
  proc_sections
  network ''
  section bridge.json bridge -j -d link
  section fdb.json bridge -j fdb show
  node_files
  tables ''
  node_tables=$tables
  send
  legacy_sections ''
  conntrack_sections
  set_sections
  nft_sections "$node_tables" ''
  stack_sections
}

collect() {
  export LC_ALL=C
  PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  # For readers of rules on the host: NixOS, k3s.
  export PATH="$PATH:/run/current-system/sw/bin:/var/lib/rancher/k3s/data/current/bin/aux"
  umask 077
  missing=
  for tool in awk cat chroot grep gzip head mktemp mv nsenter readlink rm sed setsid sha256sum stat timeout tr wc; do
    command -v $tool >/dev/null || missing="$missing $tool"
  done
  [ -z "$missing" ] || fail 127 "the debug image lacks$missing: name one that has them (--debug-image)"
  dir=$(mktemp -d /tmp/netinspect.XXXXXX) || fail 1 'no folder can be made in /tmp of the debug container'
  trap 'rm -rf "$dir"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  cd "$dir" || exit
  count=0
  sent=0
  running=0
  limit=20
  shown=
  asked=
  arguments "$@"
  ip=$(external ip)
  read -r kernel </proc/sys/kernel/osrelease
  {
    printf 'netinspect-collector 1'
    if [ -n "$asked" ]; then
      while [ $# -gt 0 ] && [ "$1" != --ask ]; do shift; done
      shift
      question "$@"
    else
      everything
    fi
    send
    printf '\nend %s\n' $sent
  } | gzip -1 -c
}

collect "$@" </dev/null; exit
