#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The unmodified file of the guide, loaded as startup-config: its one physical interface has no device, so the router says what is missing;
# the line that binds it is enough.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
cp "$LAB_TOP/examples/configs/guide-psk.cfg" "$LAB_DIR/startup-config"
must 'spoked starts with it' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
connect > "$LAB_DIR/out" 2>&1
must 'an interface without a device is down, and says so' spoke_says 'show interfaces Ethernet0/0' 'platform interface'
printf 'enable\nconfigure terminal\nplatform interface Ethernet0/0 device eth0\nend\n' | sh_script > "$LAB_DIR/out" 2>&1
must 'the binding is accepted' not grep -q '^%' "$LAB_DIR/out"
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
must 'the file stayed as it was' cmp "$LAB_TOP/examples/configs/guide-psk.cfg" "$LAB_DIR/startup-config"
