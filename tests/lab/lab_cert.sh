#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Certificates both ways against strongSwan: the router's keys and requests, what the authority gives back, what the hub makes of it,
# and what the router makes of the hub's. RSA, ECDSA and Ed25519; an identity that is not the certificate's; an expired one; PKCS #12.
set -u
. "$(dirname "$0")/lib.sh"
HUB_AUTH=pubkey
lab_trap
lab_up || exit 1

cert_config() { # LOCAL-METHOD
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed \
		-e "s/^ authentication local pre-share/ authentication local $1/" \
		-e 's/^ authentication remote pre-share/ authentication remote rsa-sig\n authentication remote ecdsa-sig\n pki trustpoint LAB/' \
		-e 's/^ match identity remote address .*/ match identity remote fqdn hub.lab.example/' -e '/^ keyring key/d'
	printf 'hostname spoke1.lab.example\ncrypto ikev2 fragmentation mtu 576\n'
	printf 'crypto pki trustpoint LAB\n enrollment terminal pem\n subject-name cn=spoke1.lab.example,o=Lab\n revocation-check none\n %skeypair KEYS-%s\n' "$2" "$2"
}
authenticate() { { printf 'crypto pki authenticate LAB\n'; cat "$LAB_DIR/ca/ca.pem"; printf 'quit\nyes\n'; } | sh_script; }
enroll() { printf 'crypto pki enroll LAB\nno\n' | sh_script > "$LAB_DIR/enroll.out"; }
request() { sed -n '/BEGIN CERT/,/END CERT/p' "$LAB_DIR/enroll.out" > "$LAB_DIR/spoke.csr" && openssl req -in "$LAB_DIR/spoke.csr" -noout -verify 2>&1; }
import() { { printf 'crypto pki import LAB certificate\n'; cat "$1"; printf 'quit\n'; } | sh_script; }
down() { sh_run 'clear crypto ikev2 client flexvpn connect flex' && until_ok 10 client_is CONNECT_REQUIRED; }
again() { hub_stop && rm -f "$LAB_DIR/hub/log" && hub_start; }

for kind in rsa ec; do
	method=rsa-sig verify=RSA
	[ $kind = rsa ] || method=ecdsa-sig verify=ECDSA
	HUB_CERT=$kind
	must "a hub with an $kind certificate" again
	rm -f "$LAB_DIR/startup-config"
	cert_config $method $kind > "$LAB_DIR/startup-config"
	must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
	must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
	must 'the authority is pasted and accepted' authenticate
	must 'it is shown' spoke_says 'show crypto pki certificates LAB' 'CA Certificate'
	must 'a request is made' enroll
	must 'it is in order' request
	must 'the authority signs it' ca_sign ca "$LAB_DIR/spoke.csr" "$LAB_DIR/spoke.pem" 'DNS:spoke1.lab.example'
	must 'the certificate is pasted and imported' import "$LAB_DIR/spoke.pem"
	must 'a template reads them' parses 'show crypto pki certificates' KIND=Certificate STATUS=Available SUBJECT='cn=spoke1.lab.example' TRUSTPOINTS=LAB
	must 'it is saved' sh_run 'write memory'
	must 'connect' connect
	must 'the client is active' until_ok 20 client_is ACTIVE
	must 'ping' ping_from inside 192.168.100.10
	must 'the messages went in fragments' grep -q 'received fragment #2' "$LAB_DIR/hub/log"
	must 'the SA says how' spoke_says 'show crypto ikev2 sa detailed' "Auth sign: $verify, Auth verify: $verify"
	must 'the hub knows us by the subject' sh -c "grep -q \"authentication of 'O=Lab, CN=spoke1.lab.example\|authentication of '.*CN=spoke1.lab.example\" '$LAB_DIR/hub/log'"
	must 'disconnect' down
	must 'spoked ends' spoked_stop
	must 'spoked starts with what was saved' spoked_start "$LAB_DIR/startup-config"
	must 'connect' connect
	must 'key and certificate have survived' until_ok 20 client_is ACTIVE
	must 'spoked ends' spoked_stop
done
must 'private keys are private' sh -c "stat -c %a '$LAB_DIR'/state/keys/*.key | sort -u | grep -qx 600"
must 'and encrypted' not grep -rlq 'BEGIN PRIVATE KEY\|BEGIN RSA\|BEGIN EC' "$LAB_DIR/state"
must 'none stands in the configuration' not grep -q 'PRIVATE' "$LAB_DIR/startup-config"

HUB_CERT=ed25519
must 'a hub with an Ed25519 certificate' again
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'connect' connect
must 'the client is active' until_ok 20 client_is ACTIVE
must 'disconnect' down

cp "$LAB_DIR/ca/hub-ed25519.pem" "$LAB_DIR/good.pem"
openssl req -new -key "$LAB_DIR/ca/hub-ed25519.key" -subj '/O=Lab/CN=hub.lab.example' -out "$LAB_DIR/hub.csr"
ca_sign ca "$LAB_DIR/hub.csr" "$LAB_DIR/ca/hub-ed25519.pem" 'DNS:another.lab.example'
other_identity() { hub_stop && rm -f "$LAB_DIR/hub/log" && HUB_ID=another.lab.example hub_start; }
must 'a hub that says it is somebody else' other_identity
must 'connect' connect
must 'it is refused by its identity' until_ok 20 grep -q "identity matches no profile" "$LAB_DIR/spoked.log"
must 'disconnect' down

openssl x509 -req -in "$LAB_DIR/hub.csr" -CA "$LAB_DIR/ca/ca.pem" -CAkey "$LAB_DIR/ca/ca.key" -CAcreateserial -days -1 \
	-extfile <(printf 'subjectAltName=DNS:hub.lab.example\n') -out "$LAB_DIR/ca/hub-ed25519.pem" 2>> "$LAB_DIR/ca.err"
must 'a hub whose certificate has expired' again
must 'connect' connect
must 'it is refused' until_ok 20 grep -q 'PKI-3-CERTIFICATE_INVALID.*expired' "$LAB_DIR/spoked.log"
must 'disconnect' down
cp "$LAB_DIR/good.pem" "$LAB_DIR/ca/hub-ed25519.pem"

ca_issue ca p12 rsa '/O=Lab/CN=spoke2.lab.example' 'DNS:spoke2.lab.example'
openssl pkcs12 -export -in "$LAB_DIR/ca/p12.pem" -inkey "$LAB_DIR/ca/p12.key" -certfile "$LAB_DIR/ca/ca.pem" -passout 'pass:secret 12' -out "$LAB_DIR/p12"
must 'the hub is as it was' again
must 'PKCS #12 with a wrong password is refused' not sh_run "crypto pki import P12 pkcs12 $LAB_DIR/p12 password wrong"
must 'PKCS #12 is imported' sh_run "crypto pki import P12 pkcs12 $LAB_DIR/p12 password secret 12"
must 'its trustpoint is there' spoke_says 'show running-config' '^crypto pki trustpoint P12'
must 'a profile that uses it' sh -c "printf 'configure terminal\ncrypto pki trustpoint P12\nrevocation-check none\ncrypto ikev2 profile prof\nauthentication local rsa-sig\nno pki trustpoint LAB\npki trustpoint P12\nend\n' | '$LAB_BIN/spokesh' --socket '$LAB_DIR/spoked.sock'"
must 'connect' connect
must 'the client is active' until_ok 20 client_is ACTIVE
must 'as the one of the file' grep -q 'CN=spoke2.lab.example' "$LAB_DIR/hub/log"
must 'the password is in no log' not grep -q 'secret 12' "$LAB_DIR/spoked.log"
