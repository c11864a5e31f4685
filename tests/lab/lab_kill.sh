#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9: the next spoked finds and removes what the killed one left, touches nothing else, and has the tunnel back. Twelve times, at
# moments spread over the life of a session.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed 's/connect manual/connect auto/' > "$LAB_DIR/startup-config"
ip -n "$LAB-spoke" route add 198.51.100.0/24 via 2.2.2.2 proto static
foreign() { in_ns spoke ip route show 198.51.100.0/24 | grep -q 'via 2.2.2.2' && in_ns spoke ip addr show dev lan0 | grep -q '10.20.20.1/24'; }
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
capture "$LAB_DIR/outside.pcap"
must 'active' until_ok 30 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
spoked_stop KILL
must 'the tunnel device died with its process' until_ok 5 not in_ns spoke ip link show Tunnel0
must 'what belongs into the tunnel goes nowhere' spoke_route 192.168.100.0/24 blackhole
must 'no ping comes back' not ping_from inside 192.168.100.10 1
must 'a new spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'the tunnel is back' until_ok 60 client_is ACTIVE
must 'ping again' ping_from inside 192.168.100.10
must 'one address, one route' test "$(in_ns spoke ip route show 192.168.100.0/24 | grep -c Tunnel0)" = 1
end capture INT
must 'nothing of the inside went in the clear, not even between the two' not in_clear "$LAB_DIR/outside.pcap"
for delay in 0 0.03 0.06 0.1 0.15 0.2 0.3 0.4 0.6 0.9; do
	spoked_stop KILL
	ip netns exec "$LAB-spoke" "$LAB_BIN/spoked" --config "$LAB_DIR/startup-config" --socket "$LAB_DIR/spoked.sock" --state-dir "$LAB_DIR/state" \
		--dataplane "${LAB_DATAPLANE:-auto}" --foreground >> "$LAB_DIR/spoked.log" 2>&1 < /dev/null &
	started spoked $!
	sleep $delay # the moment of death is what varies, not a wait for a condition
done
spoked_stop KILL
must 'after ten early deaths it starts' spoked_start "$LAB_DIR/startup-config"
must 'the tunnel is back' until_ok 60 client_is ACTIVE
must 'ping once more' ping_from inside 192.168.100.10
must 'what is not ours is untouched' foreign
must 'the startup-config is untouched' grep -q 'pre-shared-key cisco' "$LAB_DIR/startup-config"
must 'it ends' spoked_stop
must 'no route of ours stays' test -z "$(in_ns spoke ip route show proto 117)"
must 'what is not ours is untouched still' foreign
