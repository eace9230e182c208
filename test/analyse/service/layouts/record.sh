#!/bin/sh
# Loads rules as proxier.go of other versions than the test cluster's writes them (facts in the names) into an empty
# network namespace, and keeps what the kernel's own tools say of them: *.txt and *.json. Needs root.
set -eu
cd "$(dirname "$0")"
for rules in *.rules; do
  unshare -n sh -eu -c 'iptables-restore <"$1"; iptables-save | sed "/^#/d" >"$2"' - "$rules" "${rules%.rules}.txt"
done
for rules in *.nft; do
  unshare -n sh -eu -c 'nft -f "$1"; nft -j list ruleset >"$2"' - "$rules" "${rules%.nft}.json"
done
