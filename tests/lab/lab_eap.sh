#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# EAP as the local authentication method, as the guide has it: the hub proves itself by its certificate, the terminal is told which
# command to enter, and name and password are given there. Every method, with and without an Identity request; a wrong password.
set -u
. "$(dirname "$0")/lib.sh"
HUB_AUTH=eap-mschapv2
LAB_PASSWORD='lab password 1'
lab_trap
lab_up || exit 1

eap_config() { # METHOD-WORDS: the guide's configuration with the authentication of its second example
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed \
		-e 's/^ authentication local pre-share/ authentication local eap'"${1:+ $1}"'/' \
		-e 's/^ authentication remote pre-share/ authentication remote rsa-sig\n authentication remote ecdsa-sig\n pki trustpoint LAB verify\n identity local fqdn spoke7.lab.example/' \
		-e 's/^ match identity remote address .*/ match identity remote fqdn hub.lab.example/' -e '/^ keyring key/d'
	printf 'crypto pki trustpoint LAB\n enrollment terminal\n revocation-check none\n'
	chain_lines LAB ca "$LAB_DIR/ca/ca.pem"
}
credentials() { printf 'enable\ncrypto eap credentials prof\n%s\n%s\n' "$1" "$2" | sh_script; } # NAME PASSWORD
password() { printf 'enable\ncrypto eap credentials prof\n%s\n' "$1" | sh_script; }
notices() { sh_run 'show logging' | grep -c 'Enter the command "crypto eap credentials prof"'; }
noticed() { [ "$(notices)" -gt "$1" ]; }
again() { # the hub with other settings
	hub_stop && rm -f "$LAB_DIR/hub/log" && hub_start
}
down() { sh_run 'clear crypto ikev2 client flexvpn connect flex' && until_ok 10 client_is CONNECT_REQUIRED; }

eap_config > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'the certificate stands in the running-config' spoke_says 'show running-config' '^ certificate ca '
must 'connect' connect
must 'the client waits for credentials' until_ok 20 client_is EAP_CREDENTIALS
must 'the terminal is told which command to enter' noticed 0
must 'a wrong password is given' credentials cisco wrong
must 'it is refused, and asked for again' until_ok 20 noticed 1
must 'the client waits again' client_is EAP_CREDENTIALS
must 'the right one is given' password "$LAB_PASSWORD"
must 'the client is active' until_ok 20 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
must 'the SA says how' spoke_says 'show crypto ikev2 sa detailed' 'Auth sign: EAP, Auth verify: RSA'
must 'disconnect' down
must 'it connects again without a question' connect
must 'and is active' until_ok 20 client_is ACTIVE
must 'disconnect' down

HUB_EAPID=no HUB_CERT=ec
must 'a hub that asks for no name, with an ECDSA certificate' again
must 'connect' connect
must 'credentials are still there: our identity is the name' until_ok 20 client_is ACTIVE
must 'verified by ECDSA' spoke_says 'show crypto ikev2 sa detailed' 'Auth verify: ECDSA'
must 'disconnect' down
must 'spoked ends' spoked_stop

for method in md5 gtc; do
	HUB_AUTH=eap-$method HUB_EAPID=no HUB_CERT=rsa
	must "a hub that asks for $method" again
	must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
	must 'connect' connect
	must 'the client waits for a password' until_ok 20 client_is EAP_CREDENTIALS
	must 'the password is given' password "$LAB_PASSWORD"
	must 'the client is active' until_ok 20 client_is ACTIVE
	must 'ping' ping_from inside 192.168.100.10
	must 'a rekey of the IKE SA' hub_ctl --rekey --ike flex
	must 'ping' ping_from inside 192.168.100.10
	must 'spoked ends' spoked_stop
done

eap_config 'username cisco password lab password 1' > "$LAB_DIR/startup-config"
HUB_AUTH=eap-mschapv2 HUB_EAPID=yes
must 'the hub asks for MSCHAPv2 and a name' again
must 'spoked starts with credentials in the profile' spoked_start "$LAB_DIR/startup-config"
must 'connect' connect
must 'nothing is asked for' until_ok 20 client_is ACTIVE
must 'disconnect' down

ca_make other '/O=Elsewhere/CN=Other Root'
ca_issue other hub-rsa rsa '/O=Lab/CN=hub.lab.example' 'DNS:hub.lab.example'
cp "$LAB_DIR/other/hub-rsa.pem" "$LAB_DIR/ca/hub-rsa.pem" && cp "$LAB_DIR/other/hub-rsa.key" "$LAB_DIR/ca/hub-rsa.key"
must 'a hub with a certificate of another authority' again
must 'connect' connect
must 'it is refused' until_ok 20 grep -q 'PKI-3-CERTIFICATE_INVALID' "$LAB_DIR/spoked.log"
must 'and has heard neither name nor password' not grep -q 'EAP\/RES\|received EAP identity' "$LAB_DIR/hub/log"
must 'the password is in no log' not grep -rq "$LAB_PASSWORD" "$LAB_DIR/spoked.log"
