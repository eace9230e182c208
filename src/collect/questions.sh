# The collector's questions: what one command asks of a node in place of all that collector.sh collects. Only functions; it stands
# before collector.sh in the script that is sent (assets.ts), and uses its functions.
#
#     --ask conntrack MOST SECONDS WORD...    entries that the words select, counts of them all; SECONDS > 0: counters, so long apart
#     --ask dns NAME|@SERVER...               what the asked pod's resolver asks for each name, and each server directly
#     --ask sysctl [KEY [VALUE]]              the network sysctls, or one of them, set first when a value is given
#     --ask rules                            the rules, sets and IPVS of the node alone
#     --ask env                               the variables of the asked pod's processes that look like those of services
#
# Words arrive as arguments, never as shell text; --ask takes all that follows it.

question() { # NAME WORD...
  name=$1
  shift
  case $name in
    conntrack) ask_conntrack "$@" ;;
    dns) ask_dns "$@" ;;
    sysctl) ask_sysctl "$@" ;;
    rules) ask_rules ;;
    env) ask_env ;;
    *) fail 2 "unknown question \"$name\"" ;;
  esac
}

ask_rules() {
  find_daemons
  tables ''
  wait
  running=0
  legacy_sections ''
  set_sections
  if [ -e /proc/net/ip_vs ]; then section ip_vs.txt cat /proc/net/ip_vs; fi
  nft_sections "$tables" ''
}

# Reads the words, then the table with its "=" made blanks (busybox' awk splits fields far faster than it looks into them), and
# prints the first entries with their "=" again. Counts go to the file `counts`: "FIELD VALUE..." lines.
conntrack_filter='
  FNR == NR {
    at = index($0, "="); key = substr($0, 1, at - 1); value = substr($0, at + 1)
    if (key == "address") { addresses[value]; some = 1 }
    else if (key == "front") { fronts[value]; some = 1 }
    else if (key == "node-port") { ports[value]; some = 1 }
    else if (key == "peer") { peers[value]; peer = 1 }
    else if (key == "protocol") protocol = value
    else if (key == "state") state = value
    else if (key == "port") port = value
    else if (key == "nat") nat = value
    if (at > 0) narrow = 1
    next
  }
  {
    i = $6 == "src" ? 6 : 7
    if ($(i + 4) == "sport") { dp = $(i + 7); j = i + 8 } else { dp = "-"; j = i + 4 }
    while (j <= NF && $j != "src") j++
    if (j > NF) next
    rsp = $(j + 4) == "sport" ? $(j + 5) : "-"
    if (narrow) {
      s = $(i + 1); d = $(i + 3); rs = $(j + 1); rd = $(j + 3)
      sp = dp == "-" ? "-" : $(i + 5); rdp = rsp == "-" ? "-" : $(j + 7)
      dnat = rs != d || rsp != dp; snat = rd != s || rdp != sp
      if (some && !(s in addresses || d in addresses || rs in addresses || rd in addresses || ($3 " " d " " dp) in fronts ||
          (dnat && ($3 " " dp) in ports))) next
      if (peer && !(s in peers || d in peers || rs in peers || rd in peers)) next
      if (protocol != "" && $3 != protocol) next
      if (state != "" && !(i == 7 && $6 == state) && !index($0, "[" state "]")) next
      if (port != "" && sp != port && dp != port && rsp != port && rdp != port) next
      if (nat == "dnat" && !dnat || nat == "snat" && !snat || nat == "any" && !dnat && !snat || nat == "none" && (dnat || snat)) next
    }
    states[$3 " " (i == 7 ? $6 : "-")]++
    way = $3 " " $(i + 3) " " dp " " $(j + 1) " " rsp
    ways[way]++
    if ($(j - 1) == "[UNREPLIED]") unreplied[way]++
    if (matched++ >= most) next
    line = $1 " " $2 " " $3 " " $4 " " $5
    if (i == 7) line = line " " $6
    for (k = i; k <= NF; k++)
      if (substr($k, 1, 1) == "[") line = line " " $k
      else { line = line " " $k "=" $(k + 1); k++ }
    print line
  }
  END {
    print "matched", matched + 0 >counts
    for (key in states) print "state", key, states[key] >counts
    for (key in ways) distinct++
    print "ways", distinct + 0 >counts
    close(counts)
    rank = "sort -k7,7nr | head -n 200 >>" counts
    for (key in ways) print "way", key, ways[key], unreplied[key] + 0 | rank
    close(rank)
  }'

# What an entry of the target holds, for grep: far faster than awk; all lines where the words name no target.
conntrack_lines() { # reads "words"
  sed -n -e 's/^address=\(.*\)/src=\1 \ndst=\1 /p' -e 's/^front=[^ ]* \([^ ]*\) .*/dst=\1 /p' \
    -e 's/^node-port=[^ ]* \(.*\)/dport=\1 /p' words
}

ask_conntrack() { # MOST SECONDS WORD...
  most=$1
  seconds=$2
  shift 2
  printf '%s\n' "$@" >words
  section conntrack-log.txt sh -c 'dmesg >log || exit; grep -F "nf_conntrack: table full" log | tail -n 5'
  if [ ! -e /proc/sys/net/netfilter/nf_conntrack_count ]; then
    for name in sysctl.txt conntrack.txt conntrack-counts.txt; do
      note $name 1 'cat /proc/sys/net/netfilter/nf_conntrack_count' 'the kernel tracks no connections'
    done
    return
  fi
  shown="grep -H '' /proc/sys/net/netfilter/nf_conntrack_{count,max}"
  section sysctl.txt sh -c 'cd /proc/sys/net/netfilter && for key in count max; do
      printf "net.netfilter.nf_conntrack_%s = " $key && cat nf_conntrack_$key || exit
    done'
  reserve conntrack-counts.txt
  counts=$count
  printf '0 0' >$counts.meta
  printf 'conntrack -L | (count of %s)' "$*" >$counts.command
  cp words $counts.out
  reader=proc
  if [ ! -e /proc/net/nf_conntrack ] || loaded nf_conntrack_netlink; then reader=netlink; fi
  shown="conntrack -L -o extended -f ipv4; conntrack -L -o extended -f ipv6 | (of ${*:-all}, at most $most)"
  [ $reader = netlink ] || shown="cat /proc/net/nf_conntrack | (of ${*:-all}, at most $most)"
  conntrack_lines >lines
  [ -s lines ] || echo src= >lines
  awk=$(command -v mawk || command -v gawk || echo awk)
  section conntrack.txt sh -c '
    { if [ "$1" = proc ]; then cat /proc/net/nf_conntrack; else
        conntrack -L -o extended -f ipv4 && conntrack -L -o extended -f ipv6
      fi || echo $? >unread; } | grep -F -f lines | tr -s "= " "  " | "$4" -v most="$2" -v counts=counted "$3" words - || exit
    [ ! -e unread ] || { read -r code <unread; exit "$code"; }' sh $reader "$most" "$conntrack_filter" "$awk"
  wait
  running=0
  cat counted >>$counts.out || printf '1 0' >$counts.meta
  [ "$seconds" -gt 0 ] || return 0
  shown="conntrack -S; sleep $seconds; conntrack -S"
  section conntrack-deltas.txt sh -c 'conntrack -S && sleep "$1" && echo "after $1 s" && conntrack -S' sh "$seconds"
}

ask_sysctl() { # [KEY [VALUE]]: KEY with "." and "/" as sysctl(8) takes them
  if [ $# = 0 ]; then node_files; return; fi
  key=$1
  case $key in *//* | *[!A-Za-z0-9_./-]*) fail 2 "not a sysctl: \"$key\"" ;; net.*) ;; *) fail 2 "not a network sysctl: \"$key\"" ;; esac
  file=/proc/sys/$(printf '%s' "$key" | tr ./ /.)
  if [ $# = 2 ]; then
    shown="cat $file"
    section sysctl-before.txt sh -c 'printf "%s = " "$1"; cat "$2"' sh "$key" "$file"
    wait
    shown="echo '$2' >$file"
    section sysctl-set.txt sh -c 'printf "%s\n" "$1" | cat >"$2"' sh "$2" "$file"
    wait
    running=0
  fi
  shown="cat $file"
  section sysctl.txt sh -c '[ -e "$2" ] || { echo "no such key: $1" >&2; exit 1; }; printf "%s = " "$1"; cat "$2"' sh "$key" "$file"
}

# Only what kubelet makes of a service (k8s pkg/kubelet/envvars): names and values of any other form stay where they are.
ask_env() {
  [ -s pods ] || return 0
  find_processes >found
  while read -r number namespace name _; do
    reserve "pods/${namespace}_$name/env.txt"
    printf '0 0' >$count.meta
    printf '%s' 'cat /proc/PID/environ' >$count.command
    while read -r section pid _; do
      [ "$section" = "$number" ] || continue
      tr '\0\n' '\n ' <"/proc/$pid/environ" | sed -n -E "/^[A-Z_][A-Z0-9_]*_(SERVICE_HOST=[0-9a-f.:]*|SERVICE_PORT(_[A-Z0-9_]+)?=[0-9]*|PORT=(tcp|udp|sctp):\/\/[][0-9a-f.:]*|PORT_[0-9]+_(TCP|UDP|SCTP)(=(tcp|udp|sctp):\/\/[][0-9a-f.:]*|_PROTO=(tcp|udp|sctp)|_PORT=[0-9]*|_ADDR=[0-9a-f.:]*))\$/s/^/$pid /p"
    done <members >>$count.out 2>>$count.stderr
  done <pods
}

# Each query is "query NAME CANDIDATE TYPE TRANSPORT SERVER ROLE", then what dig says.
dig_one() { # NAME CANDIDATE TYPE TRANSPORT SERVER ROLE SECONDS
  echo "query $1 $2 $3 $4 $5 $6"
  case $4 in tcp) transport=+tcp ;; *) transport=+notcp ;; esac
  timeout -k 1 $(($7 + 2)) nsenter "--net=$netns" dig -u +tries=1 "+time=$7" +noedns +ignore $transport -q "$2" -t "$3" "@$5" </dev/null 2>&1
  echo "exit $?"
}

replied() { grep -q 'HEADER<<-' "$1"; }

answered() { grep -q 'status: NOERROR' "$1" && ! grep -q 'ANSWER: 0,' "$1"; }

# As glibc's res_search: the candidates in order, each asked of the servers in order until one replies (resolv.conf(5)).
resolve_name() { # NAME
  printf '' >"dns.$1"
  dots=$(printf '%s' "$1" | tr -cd .)
  case $1 in
    *.) candidates=$1 ;;
    *)
      candidates=
      for domain in $search; do
        case $domain in .) continue ;; *[!A-Za-z0-9._-]*) continue ;; esac
        candidates="$candidates $1.${domain%.}."
      done
      if [ ${#dots} -ge "$ndots" ]; then candidates="$1. $candidates"; else candidates="$candidates $1."; fi ;;
  esac
  wait_seconds=5
  done=
  for candidate in $candidates; do
    for server in $servers; do
      dig_one "$1" "$candidate" A udp "$server" resolver $wait_seconds >"dns.$1.A" &
      dig_one "$1" "$candidate" AAAA udp "$server" resolver $wait_seconds >"dns.$1.AAAA"
      wait
      cat "dns.$1.A" "dns.$1.AAAA" >>"dns.$1"
      if replied "dns.$1.A" || replied "dns.$1.AAAA"; then break; fi
      # Once is enough to know a server that says nothing; a resolver waits for it each time.
      wait_seconds=1
    done
    if answered "dns.$1.A" || answered "dns.$1.AAAA"; then done=yes; break; fi
  done
  # The one that answered, or the name itself, is asked of every server directly.
  [ -n "$done" ] || candidate=${1%.}.
  for server in $servers; do
    dig_one "$1" "$candidate" A tcp "$server" configured 3 >"dns.$1.tcp.$server" &
    dig_one "$1" "$candidate" A udp "$server" configured 3 >"dns.$1.udp.$server" &
  done
  for server in $pod_servers; do
    dig_one "$1" "$candidate" A udp "$server" dns-pod 3 >"dns.$1.udp.$server" &
    dig_one "$1" "$candidate" A tcp "$server" dns-pod 3 >"dns.$1.tcp.$server" &
  done
  if [ -n "$node_cache" ]; then dig_one "$1" "$candidate" A udp "$node_cache" node-cache 3 >"dns.$1.udp.$node_cache" & fi
  wait
  cat "dns.$1.udp."* "dns.$1.tcp."* >>"dns.$1" 2>/dev/null
}

ask_dns() { # NAME|@SERVER...: the servers are those of the DNS pods
  find_processes >found
  while read -r number namespace pod_name uid ips; do
    pod=pods/${namespace}_$pod_name/
    place $number "$ips"
    if [ -z "$netns" ]; then
      note "${pod}dns.txt" 1 'stat -L /proc/PID/ns/net' "no network namespace of pod $namespace/$pod_name (UID $uid) was found on this node"
      continue
    fi
    file=
    for pid in $resolvers; do
      root=/proc/$pid/root
      [ ! -r "$(below "$root" /etc/resolv.conf)" ] || { file=$(below "$root" /etc/resolv.conf); break; }
    done
    if [ -z "$file" ]; then
      note "${pod}resolv.conf" 1 'cat /proc/PID/root/etc/resolv.conf' "no container process of pod $namespace/$pod_name has a readable /etc/resolv.conf"
      continue
    fi
    section "${pod}resolv.conf" cat "$file"
    section "${pod}hosts" cat "$(below "$root" /etc/hosts)"
    servers=$(awk '$1 == "nameserver" && $2 ~ /^[0-9a-fA-F.:]+$/ && n++ < 3 { print $2 }' "$file")
    search=$(awk '$1 == "search" || $1 == "domain" { $1 = ""; line = $0 } END { print line }' "$file")
    ndots=$(awk '$1 == "options" { for (i = 2; i <= NF; i++) if ($i ~ /^ndots:[0-9]+$/) n = substr($i, 7) } END { print n == "" ? 1 : (n + 0 > 15 ? 15 : n + 0) }' "$file")
    node_cache=
    ! "$ip" -o addr | grep -q -F ' 169.254.20.10/' || node_cache=169.254.20.10
    case " $servers " in *" $node_cache "*) node_cache= ;; esac
    pod_servers=
    for word; do case $word in @*) pod_servers="$pod_servers ${word#@}" ;; esac; done
    for word; do
      case $word in
        @*) continue ;;
        [!A-Za-z0-9_]* | *[!A-Za-z0-9._-]*) fail 2 "not a DNS name: \"$word\"" ;;
      esac
      (resolve_name "$word") &
    done
    wait
    running=0
    reserve "${pod}dns.txt"
    printf '0 0' >$count.meta
    printf '%s' "nsenter --net=$netns dig -u +tries=1 +noedns +ignore -q NAME -t TYPE @SERVER" >$count.command
    for word; do case $word in @*) ;; *) cat "dns.$word" ;; esac; done >$count.out 2>$count.stderr
  done <pods
}
