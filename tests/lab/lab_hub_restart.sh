#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A hub that dies without a word and comes back: liveness finds out, the client of `connect auto` tries again until it is up; a hub that
# says goodbye is reconnected at once; `connect manual` stays down until the command is given.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
{ adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed 's/connect manual/connect auto/'; echo 'crypto ikev2 dpd 10 2 periodic'; } > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'it connects by itself' until_ok 30 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
hub_stop KILL
must 'liveness finds the hub dead' until_ok 60 not client_is ACTIVE
must 'the pushed routes went with the session' until_ok 5 not spoke_route 192.168.100.0/24 Tunnel0
must 'what belongs into the tunnel goes nowhere meanwhile' spoke_route 192.168.100.0/24 blackhole
must 'the hub starts again' hub_start
must 'the tunnel is back without a hand' until_ok 60 client_is ACTIVE
must 'ping again' ping_from inside 192.168.100.10
hub_stop TERM
must 'a hub that says goodbye is believed' until_ok 10 not client_is ACTIVE
must 'the hub starts once more' hub_start
must 'the tunnel is back once more' until_ok 60 client_is ACTIVE
must 'ping once more' ping_from inside 192.168.100.10
must 'an SA cleared by hand comes back' sh_run 'clear crypto ikev2 sa'
must 'active again' until_ok 60 client_is ACTIVE
must 'and pings' ping_from inside 192.168.100.10
