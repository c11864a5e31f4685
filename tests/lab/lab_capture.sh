#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `debug crypto ikev2 capture`: what the router writes down is read by tshark, which decrypts every message and finds every ICV right;
# fragments, a rekeyed IKE SA, and one that stood before the capture began.
set -u
. "$(dirname "$0")/lib.sh"
HUB_AUTH=eap-mschapv2
LAB_PASSWORD='lab password 1'
lab_trap
lab_up || exit 1

{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed \
		-e 's/^ authentication local pre-share/ authentication local eap username cisco password lab password 1/' \
		-e 's/^ authentication remote pre-share/ authentication remote rsa-sig\n pki trustpoint LAB verify\n identity local fqdn spoke7.lab.example/' \
		-e 's/^ match identity remote address .*/ match identity remote fqdn hub.lab.example/' -e '/^ keyring key/d'
	printf 'crypto ikev2 fragmentation mtu 576\ncrypto pki trustpoint LAB\n enrollment terminal\n revocation-check none\n'
	chain_lines LAB ca "$LAB_DIR/ca/ca.pem"
} > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
capture_on() { sh_run "debug crypto ikev2 capture $LAB_DIR/$1" > "$LAB_DIR/on"; }
up() { connect && until_ok 30 client_is ACTIVE; }
down() { sh_run 'clear crypto ikev2 client flexvpn connect flex' && until_ok 10 client_is CONNECT_REQUIRED; }
rekeyed() { hub_ctl --rekey --ike flex && until_ok 10 grep -q 'IKE_SA flex\[.*\] rekeyed' "$LAB_DIR/hub/log"; }

must 'capture' capture_on first
must 'connect' up
must 'a rekey of the IKE SA' rekeyed
must 'a rekey of the child' hub_ctl --rekey --child net
must 'it is shown' spoke_says 'show debugging' "capture debugging is on, to $LAB_DIR/first"
must 'a second capture takes over an SA that stands' capture_on second
must 'a rekey of the child' hub_ctl --rekey --child net
must 'disconnect' down
must 'capture ends' sh_run 'undebug all'
must 'the files are the router'"'"'s alone' [ "$(stat -c %a "$LAB_DIR"/first "$LAB_DIR"/first.keys "$LAB_DIR"/second.keys | sort -u)" = 600 ]
must 'an existing file is not written over' not capture_on first

# With the table of keys in its profile tshark decrypts; an ICV that is wrong or cannot be checked has other words.
mkdir -p "$LAB_DIR/home/.config/wireshark"
analyse() { # CAPTURE
	cp "$LAB_DIR/$1.keys" "$LAB_DIR/home/.config/wireshark/ikev2_decryption_table"
	HOME=$LAB_DIR/home XDG_CONFIG_HOME=$LAB_DIR/home/.config tshark -r "$LAB_DIR/$1" -V > "$LAB_DIR/$1.txt" 2> "$LAB_DIR/$1.err"
}
icvs() { grep -c 'Integrity Checksum Data' "$LAB_DIR/$1.txt"; }
good() { grep -c 'Integrity Checksum Data.*\[correct\]' "$LAB_DIR/$1.txt"; }
for c in first second; do
	must "tshark reads the $c" analyse $c
	must 'it finds messages' [ "$(icvs $c)" -ge 4 ]
	must 'every ICV is right' [ "$(icvs $c)" = "$(good $c)" ]
	must 'nothing is malformed' not grep -q 'Malformed' "$LAB_DIR/$c.txt"
done
must 'the EAP exchange can be read' grep -q 'MS-CHAP-v2' "$LAB_DIR/first.txt"
must 'two IKE SAs stand in the first table' [ "$(wc -l < "$LAB_DIR/first.keys")" = 2 ]
must 'one in the second' [ "$(wc -l < "$LAB_DIR/second.keys")" -ge 1 ]
: > "$LAB_DIR/first.keys"
must 'tshark reads the first without its table' analyse first
must 'and cannot read it' not grep -q 'MS-CHAP-v2' "$LAB_DIR/first.txt"
must 'keys are in no log' not grep -q "$(cut -d, -f3 "$LAB_DIR/second.keys" | head -1)" "$LAB_DIR/spoked.log"
