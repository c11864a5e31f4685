#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Behind a NAT: IKE floats to port 4500, ESP goes in UDP, keepalives go out, and a hub that hears from another port is followed.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
must 'the Internet translates' nat on
{ adapt "$LAB_TOP/examples/configs/guide-psk.cfg"; echo 'crypto ikev2 nat keepalive 5'; } > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
capture "$LAB_DIR/outside.pcap"
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
translated() { hub_ctl --list-sas | grep -q 'remote .*10.0.0.254'; }
must 'the hub sees the translated address' until_ok 10 translated
must 'ping through' ping_from inside 192.168.100.10
must 'show says that we are behind a NAT' spoke_says 'show crypto ikev2 sa detailed' 'NAT-T is detected inside'
must 'keepalives go out' until_ok 30 keepalive_seen "$LAB_DIR/outside.pcap"
must 'nothing went to port 500 after IKE_SA_INIT' only_init_on_500 "$LAB_DIR/outside.pcap"
