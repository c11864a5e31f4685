#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `standby` and `dpd … fast` against strongSwan hubs: an IKE SA without a child stands with the second hub; when the first one falls silent, it is
# noticed by the round trips of the path, and only a child is made.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up && hub2_up && hub_use hub || exit 1
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e '/connect manual/d' -e 's/peer 1 10.0.0.1/&\n  peer 2 10.0.2.1\n  standby/' \
	-e 's/^ config-mode set/&\n dpd msec 100 50 periodic fast/' > "$LAB_DIR/startup-config"
peer_is() { sh_run 'show crypto ikev2 client flexvpn flex' | grep -q "Peer : $1\$" && client_is ACTIVE; }
inits() { [ "$(grep -c 'parsed IKE_SA_INIT request' "$LAB_DIR/hub2/log")" = "$1" ]; }
childless() { hub_use hub2; hub_ctl --list-sas > "$LAB_DIR/hub2/sas"; hub_use hub; grep -q ESTABLISHED "$LAB_DIR/hub2/sas" && ! grep -q INSTALLED "$LAB_DIR/hub2/sas"; }
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'the client is on the first hub' until_ok 20 peer_is 10.0.0.1
must 'the second one stands by' until_ok 10 spoke_says 'show crypto ikev2 client flexvpn flex' 'Standby : 10.0.2.1 (ready)'
must 'without a child' childless
must 'ping through the first' ping_from inside 192.168.100.10
blackhole on 10.0.0.1
must 'the client moves to the second hub' until_ok 5 peer_is 10.0.2.1
must 'ping through it' until_ok 5 ping_from inside 192.168.100.10
must 'by liveness checks' spoke_says 'show crypto ikev2 client flexvpn flex detail' 'liveness\|DPD\|Liveness'
must 'no second handshake was needed' inits 1
must 'the first hub is to stand by' spoke_says 'show crypto ikev2 client flexvpn flex' 'Standby : 10.0.0.1 (connecting)'
blackhole off
must 'and does, when it can be heard again' until_ok 20 spoke_says 'show crypto ikev2 client flexvpn flex' 'Standby : 10.0.0.1 (ready)'
must 'it ends' spoked_stop
must 'no route of ours stays' test -z "$(in_ns spoke ip route show proto 117)"
