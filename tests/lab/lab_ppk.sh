#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A post-quantum preshared key (RFC 8784) against strongSwan: a hub that insists on it, one that has none where we can do without, and
# one that has none where we insist.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
HUB_PPK=lab-ppk
lab_up || exit 1
{ adapt "$LAB_TOP/examples/configs/guide-psk.cfg"; printf '%s\n' 'crypto ikev2 keyring key' ' peer dvti' \
	'  ppk manual id lab-ppk key hex 6c616220706f73742d7175616e74756d206b6579'; } | sed '/^end$/d' > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'connect' connect
must 'active with a hub that insists on the key' until_ok 30 client_is ACTIVE
must 'both say so' spoke_says 'show crypto ikev2 sa detailed' 'Quantum-safe Encryption using Manual PPK'
must 'the hub too' grep -q 'using PPK' "$LAB_DIR/hub/log"
must 'ping' ping_from inside 192.168.100.10
must 'the hub rekeys the IKE SA' hub_ctl --rekey --ike flex
must 'the hub rekeys the child' hub_ctl --rekey --child net
must 'ping after the rekeyings' ping_from inside 192.168.100.10
must 'take it down' sh_run 'clear crypto ikev2 client flexvpn connect flex'
hub_stop
HUB_PPK=
must 'a hub without the key starts' hub_start
must 'connect to it' connect
must 'active without the key' until_ok 30 client_is ACTIVE
must 'and it says so' not spoke_says 'show crypto ikev2 sa detailed' 'Quantum-safe'
must 'ping without the key' ping_from inside 192.168.100.10
printf '%s\n' 'configure terminal' 'crypto ikev2 keyring key' 'peer dvti' 'ppk manual id lab-ppk key hex 6c616220706f73742d7175616e74756d206b6579 required' \
	'end' 'clear crypto ikev2 client flexvpn connect flex' | sh_script > /dev/null
must 'connect, and insist' connect
must 'no session without the key' until_ok 30 grep -q 'One side insists on a post-quantum preshared key' "$LAB_DIR/spoked.log"
must 'the key is in no log' not grep -q '6c616220706f7374' "$LAB_DIR/spoked.log"
