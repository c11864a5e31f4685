#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The configurations of examples/containerlab: our spoke and our hub, with a host behind each.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
LAB_NS='spoke hub inside corp'
for n in $LAB_NS; do ip netns add "$LAB-$n" && ip -n "$LAB-$n" link set lo up; done
mkdir -p "$LAB_DIR/state" "$LAB_DIR/hstate"
wire spoke eth1 hub eth1 && wire spoke eth2 inside eth1 && wire hub eth2 corp eth1
addr inside eth1 10.20.20.20/24; route inside 192.168.100.0/24 via 10.20.20.1
addr corp eth1 192.168.100.10/24; route corp 10.0.0.0/8 via 192.168.100.1
hub_start_ours() {
	ip netns exec "$LAB-hub" "$LAB_BIN/spoked" --config "$LAB_TOP/examples/configs/clab-hub.cfg" --socket "$LAB_DIR/hub.sock" \
		--state-dir "$LAB_DIR/hstate" --dataplane "${LAB_DATAPLANE:-auto}" --foreground > "$LAB_DIR/hubd.log" 2>&1 < /dev/null &
	started hubd $!
	until_ok 20 "$LAB_BIN/spokesh" --socket "$LAB_DIR/hub.sock" -c 'show version'
}
must 'the hub starts' hub_start_ours
must 'the spoke starts' spoked_start "$LAB_TOP/examples/configs/clab-spoke.cfg"
must 'no line is refused' not grep -q CONFIG_LINE "$LAB_DIR/spoked.log" "$LAB_DIR/hubd.log"
must 'it connects' until_ok 30 client_is ACTIVE
must 'the host behind the spoke reaches the company' until_ok 20 ping_from inside 192.168.100.10 1
must 'and the other way round' until_ok 20 ping_from corp 10.20.20.20 1
