# SPDX-License-Identifier: GPL-3.0-or-later
# FRR in the lab's namespaces, each with directories of its own. Sourced after lib.sh.

FRR_BIN=/usr/lib/frr
frr_dir() { echo "$LAB_DIR/frr-$1"; }
frr_vtysh() { echo "/usr/bin/vtysh --vty_socket $(frr_dir "$1")"; } # NS: how it is called in there
frr_start() { # NS DAEMON…: zebra first
	local ns=$1 dir d; dir=$(frr_dir "$1"); shift
	chmod o+x "$LAB_DIR" # the daemons become the user frr
	mkdir -p "$dir" && chown frr:frr "$dir" || return 1
	for d; do
		install -o frr -g frr -m 600 /dev/null "$dir/$d.conf"
		ip netns exec "$LAB-$ns" "$FRR_BIN/$d" -f "$dir/$d.conf" -i "$dir/$d.run" -z "$dir/zserv.api" --vty_socket "$dir" \
			-P 0 -A 127.0.0.1 --log "file:$dir/$d.log" > "$dir/$d.out" 2>&1 < /dev/null &
		started "frr-$ns-$d" $!
		until_ok 10 test -S "$dir/$d.vty" || { lab_say "$d does not start in $ns"; cat "$dir/$d.out" >&2; return 1; }
	done
}
frr_stop() { # NS DAEMON… [with SIGNAL in $FRR_SIGNAL]
	local ns=$1 d; shift
	for d; do
		end "frr-$ns-$d" "${FRR_SIGNAL:-TERM}"
		rm -f "$(frr_dir "$ns")/$d.vty"
	done
}
# Configuration on standard input.
frr_tell() { ip netns exec "$LAB-$1" $(frr_vtysh "$1") -f /proc/self/fd/0; }
frr_ask() { ip netns exec "$LAB-$1" $(frr_vtysh "$1") -c "$2"; }                # NS COMMAND
frr_says() { frr_ask "$1" "$2" | grep -q -- "$3"; }                              # NS COMMAND TEXT
