#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A wrong key: a clear message, retries go on, and the right key makes it work without a restart.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
LAB_KEY=another
lab_up || exit 1
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed 's/connect manual/connect auto/' > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'the message names the cause' until_ok 30 grep -q 'IKEV2-3-NEG_ABORT.*[Aa]uth' "$LAB_DIR/spoked.log"
must 'show says why' spoke_says 'show crypto ikev2 client flexvpn flex' 'RETRY_WAIT\|NEGOTIATING'
tries() { [ "$(grep -c NEG_ABORT "$LAB_DIR/spoked.log")" -ge "$1" ]; }
must 'it tries again' until_ok 60 tries 2
diagnosed() { spoke_says 'show crypto ikev2 diagnose error' "$1"; }
must 'nothing is kept unasked' diagnosed 'status: disable, current entry 0'
must 'traces are asked for' sh_script <<< $'configure terminal\ncrypto ikev2 diagnose error 5\nend'
must 'the next failure is one' until_ok 60 diagnosed '^Error([0-9]*): .*[Aa]uth'
must 'the hub gets the right key' hub_key cisco
must 'the tunnel comes up by itself' until_ok 60 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
must 'neither key is in the log' not grep -qE 'cisco|another' "$LAB_DIR/spoked.log"
