#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The configuration arrives by paste, in three spellings, into an empty router; each connects. Then it is saved, and a new process comes up with it.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
guide=$LAB_TOP/examples/configs/guide-psk.cfg
paste_in() { { echo enable; echo 'configure terminal'; adapt "$1"; echo end; } | sh_script > "$LAB_DIR/paste.out" 2>&1; }
accepted() { ! grep -q '^%' "$LAB_DIR/paste.out"; }
sed 's/^ *//; /^!/d' "$guide" > "$LAB_DIR/flat.cfg"
sed -e 's/^crypto ikev2/cry ikev2/; s/^crypto ipsec/cry ips/; s/^interface Tunnel/int tu/; s/authentication/auth/' "$guide" > "$LAB_DIR/short.cfg"
for f in "$guide" "$LAB_DIR/flat.cfg" "$LAB_DIR/short.cfg"; do
	rm -f "$LAB_DIR/startup-config"
	must "spoked starts without a startup-config ($(basename "$f"))" spoked_start "$LAB_DIR/startup-config"
	must 'the paste is accepted' paste_in "$f"
	must 'without an error' accepted
	sh_run 'show running-config' | sed '1,/^version/d' > "$LAB_DIR/$(basename "$f").run"
	must 'connect' connect
	must 'active' until_ok 30 client_is ACTIVE
	must 'ping' ping_from inside 192.168.100.10
	must 'write memory' sh_run 'write memory'
	must 'spoked ends' spoked_stop
done
must 'one configuration, however it was spelled' cmp "$LAB_DIR/guide-psk.cfg.run" "$LAB_DIR/flat.cfg.run"
must 'abbreviations too' cmp "$LAB_DIR/guide-psk.cfg.run" "$LAB_DIR/short.cfg.run"
must 'the file is private' test "$(stat -c %a "$LAB_DIR/startup-config")" = 600
must 'spoked starts with what was saved' spoked_start "$LAB_DIR/startup-config"
sh_run 'show running-config' | sed '1,/^version/d' > "$LAB_DIR/saved.run"
must 'and has the same configuration' cmp "$LAB_DIR/guide-psk.cfg.run" "$LAB_DIR/saved.run"
