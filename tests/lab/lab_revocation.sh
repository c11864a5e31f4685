#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Has the hub's certificate been revoked? By list and by OCSP, both over HTTP from the Internet: a good certificate, one
# that is revoked between two connections, an authority out of reach, and the next method in its place.
set -u
. "$(dirname "$0")/lib.sh"
HUB_AUTH=pubkey HUB_CERT=ec
lab_trap
lab_up || exit 1

ca=$LAB_DIR/ca
cat > "$ca/ca.conf" <<C
[ca]
default_ca = lab
[lab]
database = $ca/index
crlnumber = $ca/crlnumber
certificate = $ca/ca.pem
private_key = $ca/ca.key
default_md = sha256
default_crl_days = 7
C
touch "$ca/index"; echo 01 > "$ca/crlnumber"; echo 'unique_subject = no' > "$ca/index.attr"

# The hub's certificate anew, with the places of the list and of the responder in it, and entered into the authority's index.
hub_certificate() {
	openssl req -new -key "$ca/hub-ec.key" -subj '/O=Lab/CN=hub.lab.example' -out "$ca/hub.csr" &&
		openssl x509 -req -in "$ca/hub.csr" -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -CAcreateserial -days 30 -out "$ca/hub-ec.pem" -extfile <(
			printf 'keyUsage=digitalSignature\nsubjectAltName=DNS:hub.lab.example\n'
			printf 'crlDistributionPoints=URI:http://10.0.0.254:8080/lab.crl\nauthorityInfoAccess=OCSP;URI:http://10.0.0.254:8081\n'
		) 2>> "$LAB_DIR/ca.err" && openssl ca -config "$ca/ca.conf" -valid "$ca/hub-ec.pem" 2>> "$LAB_DIR/ca.err"
}
list() { mkdir -p "$ca/www" && openssl ca -config "$ca/ca.conf" -gencrl -out "$ca/crl.pem" 2>> "$LAB_DIR/ca.err" &&
	openssl crl -in "$ca/crl.pem" -outform DER -out "$ca/www/lab.crl"; }
revoke() { openssl ca -config "$ca/ca.conf" -revoke "$ca/hub-ec.pem" 2>> "$LAB_DIR/ca.err"; }
web() { # NAME PORT COMMAND…: a server in the Internet, until it listens
	local name=$1 port=$2
	shift 2
	ip netns exec "$LAB-inet" "$@" > "$LAB_DIR/$name.log" 2>&1 &
	started "$name" $!
	until_ok 10 sh -c "ip netns exec '$LAB-inet' ss -Hltn | grep -q ':$port '"
}
web_list() { web list 8080 python3 -u -m http.server --bind 0.0.0.0 --directory "$ca/www" 8080; }
web_ocsp() { web ocsp 8081 openssl ocsp -port 8081 -index "$ca/index" -CA "$ca/ca.pem" -rsigner "$ca/ca.pem" -rkey "$ca/ca.key" -ndays 1; }
method() { printf 'configure terminal\ncrypto pki trustpoint LAB\nrevocation-check %s\nend\n' "$1" | sh_script; }
config() {
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/^ authentication remote pre-share/ authentication remote ecdsa-sig\n pki trustpoint LAB/' \
		-e 's/^ match identity remote address .*/ match identity remote fqdn hub.lab.example/'
	printf 'crypto pki trustpoint LAB\n enrollment terminal pem\n revocation-check crl\n'
	chain_lines LAB ca "$ca/ca.pem"
}
down() { sh_run 'clear crypto ikev2 client flexvpn connect flex' && until_ok 10 client_is CONNECT_REQUIRED; }
refused() { until_ok 20 grep -q "PKI-3-CERTIFICATE_INVALID.*$1" "$LAB_DIR/spoked.log"; }
again() { hub_stop && rm -f "$LAB_DIR/hub/log" && hub_start; }
fresh() { spoked_stop && : > "$LAB_DIR/spoked.log" && spoked_start "$LAB_DIR/startup-config"; }

HUB_AUTH=psk-cert
must 'a certificate that says where its list is' hub_certificate
must 'the list of the authority' list
must 'the list is served' web_list
must 'the hub has it' again
config > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'connect' connect
must 'the client is active' until_ok 20 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
must 'the list was fetched' grep -q 'GET /lab.crl' "$LAB_DIR/list.log"
must 'it is shown' spoke_says 'show crypto pki crls' 'cn=Lab Root'
must 'disconnect' down
must 'connect' connect
must 'the client is active again' until_ok 20 client_is ACTIVE
must 'the list was fetched once' sh -c "[ \$(grep -c 'GET /lab.crl' '$LAB_DIR/list.log') = 1 ]"

must 'the authority revokes the certificate' revoke
must 'it is on the list' list
must 'disconnect' down
must 'connect' connect
must 'the list that is kept still lets it in' until_ok 20 client_is ACTIVE
must 'disconnect' down
must 'the list is fetched anew' sh_run 'crypto pki crl request LAB'
must 'connect' connect
must 'a revoked certificate is refused' refused 'revoked'
must 'and no session stands' not client_is ACTIVE
must 'disconnect' down

must 'the responder is up' web_ocsp
must 'spoked starts anew' fresh
must 'by OCSP' method ocsp
must 'connect' connect
must 'it is refused by OCSP too' refused 'OCSP responder says revoked'
must 'disconnect' down
end ocsp
must 'a new certificate' hub_certificate
must 'the hub has it' again
must 'the responder knows it' web_ocsp
must 'spoked starts anew' fresh
must 'by OCSP' method ocsp
must 'connect' connect
must 'it is good' until_ok 20 client_is ACTIVE
must 'disconnect' down

end ocsp
end list
must 'spoked starts anew' fresh
must 'connect' connect
must 'an authority out of reach is no reason to believe' refused 'status is unknown'
must 'disconnect' down
must 'unless the trustpoint says so' method 'crl ocsp none'
must 'connect' connect
must 'then the client connects' until_ok 20 client_is ACTIVE
must 'disconnect' down

map() { printf 'configure terminal\ncrypto pki certificate map HUB 10\nsubject-name co %s\nend\n' "$1" | sh_script; }
only_map() { printf 'configure terminal\ncrypto ikev2 profile prof\nno match identity remote fqdn hub.lab.example\nmatch certificate HUB\nend\n' | sh_script; }
must 'a certificate map that fits' map 'o=lab'
must 'the profile asks for it, not for an identity' only_map
must 'connect' connect
must 'the client is active by the map' until_ok 20 client_is ACTIVE
must 'disconnect' down
must 'the map asks for more than the certificate has' map 'o=other'
must 'connect' connect
must 'it is refused' until_ok 20 grep -q 'fits neither an identity nor a certificate map' "$LAB_DIR/spoked.log"
