#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Enrollment by SCEP over HTTP: the authority is accepted by its fingerprint, the router asks for its certificate by itself, connects with it to
# strongSwan, renews it with a new key before it ends, and after a restart has what it needs.
set -u
. "$(dirname "$0")/lib.sh"
HUB_AUTH=pubkey HUB_CERT=rsa
lab_trap
lab_up || exit 1

ca=$LAB_DIR/ca
authority() { # OPTION…: a SCEP server in the Internet, until it listens
	ip netns exec "$LAB-inet" "$LAB_BIN/tests/scepd" 8080 "$ca/ca.pem" "$ca/ca.key" "$@" >> "$LAB_DIR/scepd.log" 2>&1 &
	started scepd $!
	until_ok 10 sh -c "ip netns exec '$LAB-inet' ss -Hltn | grep -q ':8080 '"
}
asked() { [ "$(grep -c "^PKIOperation $1" "$LAB_DIR/scepd.log")" -ge "${2:-1}" ]; } # MESSAGE-TYPE [TIMES]
print() { openssl x509 -in "$ca/ca.pem" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g'; }
config() {
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/^ authentication local pre-share/ authentication local rsa-sig/' \
		-e 's/^ authentication remote pre-share/ authentication remote rsa-sig\n pki trustpoint LAB/' \
		-e 's/^ match identity remote address .*/ match identity remote fqdn hub.lab.example/' -e '/^ keyring key/d'
	printf 'hostname spoke1.lab.example\ncrypto ikev2 fragmentation mtu 576\ncrypto pki trustpoint LAB\n enrollment url http://10.0.0.254:8080\n'
	printf ' password open sesame\n fingerprint %s\n subject-name cn=spoke1.lab.example,o=Lab\n revocation-check none\n rsakeypair KEYS 2048\n' "$1"
}
enrolled() { spoke_says 'show crypto pki certificates LAB' '^Certificate$'; }
down() { sh_run 'clear crypto ikev2 client flexvpn connect flex' && until_ok 10 client_is CONNECT_REQUIRED; }
set_line() { printf 'configure terminal\ncrypto pki trustpoint LAB\n%s\nend\n' "$1" | sh_script; }
serial() { sh_run 'show crypto pki certificates LAB' | sed -n '/^Certificate/,/Serial/s/.*(hex): //p'; }
key() { sh_run 'show crypto key mypubkey rsa' | sed -n '/Key name: KEYS$/,/^$/p'; }

must 'an authority' authority challenge 'open sesame'
config 0123456789ABCDEF0123456789ABCDEF01234567 > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'an authority with another fingerprint is not taken' not sh_run 'crypto pki authenticate LAB'
must 'and nothing is asked of it' not sh_run 'crypto pki enroll LAB'
must 'the right fingerprint' set_line "fingerprint $(print)"
must 'the authority is taken' sh_run 'crypto pki authenticate LAB'
must 'it is shown' spoke_says 'show crypto pki certificates LAB' 'CA Certificate'
must 'a certificate is asked for' sh_run 'crypto pki enroll LAB'
must 'it comes' until_ok 20 enrolled
must 'by a first request' asked 19
must 'with our names' grep -q 'unstructuredName=spoke1.lab.example/CN=spoke1.lab.example/O=Lab' "$LAB_DIR/scepd.log"
must 'it is good' spoke_says 'crypto pki certificate validate LAB' 'Certificate chain for LAB is valid'
must 'it is saved' sh_run 'write memory'
must 'connect' connect
must 'the client is active' until_ok 20 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
must 'disconnect' down

end scepd
must 'an authority whose certificates are short-lived' authority seconds 60 challenge 'open sesame'
before=$(key)
must 'renewed by hand, with a new key, to a short-lived one' set_line 'regenerate'
must 'it is asked for' sh_run 'crypto pki enroll LAB'
must 'the certificate in force signs the request' until_ok 20 asked 17
renewed() { [ "$(key)" != "$before" ] && enrolled; }
must 'the key is another' until_ok 20 renewed
must 'it is saved' sh_run 'write memory'
first=$(serial)
must 'renewal at a tenth of the lifetime' set_line 'auto-enroll 10'
must 'it is saved' sh_run 'write memory'
must 'it is planned' spoke_says 'show crypto pki timers' 'RENEW LAB'
another() { [ "$(serial)" != "$first" ] && enrolled; }
must 'the router renews by itself' until_ok 40 another
must 'and says so' grep -q 'PKI-6-CERT_RENEW_AUTO.*LAB' "$LAB_DIR/spoked.log"
must 'and saves it' until_ok 5 grep -q 'PKI-6-AUTOSAVE' "$LAB_DIR/spoked.log"
must 'connect' connect
must 'the client is active with the new one' until_ok 20 client_is ACTIVE
must 'disconnect' down
must 'spoked ends' spoked_stop
end scepd
must 'spoked starts with what was saved' spoked_start "$LAB_DIR/startup-config"
must 'connect' connect
must 'it is enough' until_ok 20 client_is ACTIVE
must 'the password is in no log' not grep -q 'open sesame' "$LAB_DIR/spoked.log"
