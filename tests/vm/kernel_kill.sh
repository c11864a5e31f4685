#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9 over the kernel's data plane, whose SAs and devices outlive the process: inside traffic stays encrypted or stays inside, and the
# next spoked begins anew without a trace of the old one. Then a dozen deaths at moments spread over the life of a session. The inside has
# no other way out than the tunnel.
set -u
. "$(dirname "$0")/../lab/lib.sh"
lab_trap
HUB_PLANE=kernel
lab_up || exit 1
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" |
	sed -e 's/connect manual/connect auto/' -e 's/^ ip route .*/ip route 10.0.0.0 255.255.255.0 2.2.2.2/' > "$LAB_DIR/startup-config"
in_ns spoke ip link add other type xfrm if_id 7
foreign() { in_ns spoke ip link show dev other > /dev/null; }
capture "$LAB_DIR/outside.pcap"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'active' until_ok 60 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
spis() { in_ns spoke ip xfrm state | grep -o 'spi 0x[0-9a-f]*' | sort; }
old=$(spis)
must 'there are two states' test "$(echo "$old" | wc -l)" = 2
spoked_stop KILL
must 'they outlive the process' test "$(spis)" = "$old"
must 'and go on carrying packets' ping_from inside 192.168.100.10 2
must 'a new spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'the tunnel is back' until_ok 60 client_is ACTIVE
must 'ping again' until_ok 10 ping_from inside 192.168.100.10
none_of_old() { ! spis | grep -q -F "$old"; }
must 'of the old states none is left' none_of_old
for delay in 0 0.05 0.1 0.2 0.4 0.6 0.8 1 1.3 1.6 2 2.5; do
	spoked_stop KILL
	ip netns exec "$LAB-spoke" "$LAB_BIN/spoked" --config "$LAB_DIR/startup-config" --socket "$LAB_DIR/spoked.sock" --state-dir "$LAB_DIR/state" \
		--dataplane "${LAB_DATAPLANE:-auto}" --foreground >> "$LAB_DIR/spoked.log" 2>&1 < /dev/null &
	started spoked $!
	in_ns inside ping -n -q -c 3 -i 0.05 -W 1 192.168.100.10 > /dev/null 2>&1
	sleep $delay # the moment of death is what varies, not a wait for a condition
done
spoked_stop KILL
must 'after a dozen deaths it starts' spoked_start "$LAB_DIR/startup-config"
must 'the tunnel is back' until_ok 60 client_is ACTIVE
must 'ping once more' until_ok 10 ping_from inside 192.168.100.10
must 'two states, no more' until_ok 30 sh -c "[ \$(ip -n $LAB-spoke xfrm state | grep -c '^src') = 2 ]"
end capture INT
must 'nothing of the inside went in the clear' not in_clear "$LAB_DIR/outside.pcap"
must 'it ends' spoked_stop
clean() { in_ns spoke sh -c '! ip xfrm state | grep -q src && ! ip xfrm policy | grep -q tmpl && ! ip link show | grep -q Tunnel'; }
must 'nothing is left' clean
must 'what is not ours is untouched' foreign
