#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Signatures of every kind against strongSwan, different ones each way: RSA-PSS, ECDSA over three curves, Ed25519, Ed448 (RFC 7427, RFC 8420), and a
# pre-shared key on one side only. Then certificates by hash and URL (RFC 7296 section 3.6), the hub's and the router's.
set -u
. "$(dirname "$0")/lib.sh"
HUB_AUTH=pubkey HUB_CERT=rsa HUB_CHARON='rsa_pss = yes'
lab_trap
lab_up || exit 1

kinds='rsa ec ec384 ec521 ed25519 ed448'
ours() { # KIND: our key and certificate of this kind, as a file
	ca_issue ca "spoke-$1" "$1" '/O=Lab/CN=spoke1.lab.example' 'DNS:spoke1.lab.example' &&
		openssl pkcs12 -export -in "$LAB_DIR/ca/spoke-$1.pem" -inkey "$LAB_DIR/ca/spoke-$1.key" -certfile "$LAB_DIR/ca/ca.pem" \
			-passout pass:lab-password -out "$LAB_DIR/$1.p12"
}
config() {
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/^ authentication local pre-share/ authentication local rsa-sig/' \
		-e 's/^ authentication remote pre-share/ authentication remote rsa-sig\n authentication remote ecdsa-sig\n pki trustpoint T-rsa/' \
		-e 's/^ match identity remote address .*/ match identity remote fqdn hub.lab.example/'
	printf 'hostname spoke1.lab.example\ncrypto ikev2 fragmentation mtu 576\n'
	for k in $kinds; do printf 'crypto pki trustpoint T-%s\n enrollment pkcs12\n revocation-check none\n' "$k"; done
}
again() { hub_stop && rm -f "$LAB_DIR/hub/log" && hub_start; }
down() { sh_run 'clear crypto ikev2 client flexvpn connect flex' && until_ok 10 client_is CONNECT_REQUIRED; }
sign_with() { # KIND, or psk
	local method=ecdsa-sig
	[ "$1" != rsa ] || method=rsa-sig
	[ "$1" != psk ] || method=pre-share
	printf 'configure terminal\ncrypto ikev2 profile prof\nauthentication local %s\nno pki trustpoint\n%s\nend\n' $method \
		"pki trustpoint T-${2:-$1}" | sh_script
}
hub_says() { grep -q "$1" "$LAB_DIR/hub/log"; }

for k in $kinds; do must "a certificate of kind $k" ours "$k"; done
config > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
for k in $kinds; do must "it is imported" sh_run "crypto pki import T-$k pkcs12 $LAB_DIR/$k.p12 password lab-password"; done

pair() { # HUB-KIND OUR-KIND HUB-SIGNS WE-SIGN
	HUB_CERT=$1
	must "a hub of kind $1" again
	must "we are of kind $2" sign_with "$2"
	must 'connect' connect
	must 'the client is active' until_ok 20 client_is ACTIVE
	must "the hub has signed by $3" hub_says "authentication of 'hub.lab.example' (myself) with $3"
	must "and takes our $4" hub_says "authentication of '.*CN=spoke1.lab.example' with $4.* successful"
	must 'disconnect' down
}
pair rsa ec384 RSA_EMSA_PSS_SHA2 ECDSA_WITH_SHA384_DER
pair ec384 ec521 ECDSA_WITH_SHA384_DER ECDSA_WITH_SHA512_DER
pair ec521 ed25519 ECDSA_WITH_SHA512_DER ED25519
pair ed25519 ed448 ED25519 ED448
pair ed448 rsa ED448 RSA_EMSA_PKCS1_SHA2
pair rsa ec RSA_EMSA_PSS_SHA2 ECDSA_WITH_SHA256_DER
must 'it is saved' sh_run 'write memory'
HUB_AUTH=psk-cert HUB_CERT=ec384
must 'a hub that wants a pre-shared key and signs' again
must 'we have one' sign_with psk rsa
must 'connect' connect
must 'the client is active' until_ok 20 client_is ACTIVE
must 'ping' ping_from inside 192.168.100.10
must 'disconnect' down

# By URL: the hub's certificate lies under the hash of its octets, ours where the trustpoint says.
HUB_AUTH=pubkey HUB_CERT=ec
www=$LAB_DIR/www
publish() { # CERTIFICATE NAME
	mkdir -p "$www" && openssl x509 -in "$1" -outform DER -out "$www/$2"
}
hash_of() { openssl x509 -in "$1" -outform DER | sha1sum | cut -d' ' -f1; }
web() {
	ip netns exec "$LAB-inet" python3 -u -m http.server --bind 0.0.0.0 --directory "$www" 8080 > "$LAB_DIR/web.log" 2>&1 &
	started web $!
	until_ok 10 sh -c "ip netns exec '$LAB-inet' ss -Hltn | grep -q ':8080 '"
}
HUB_CHARON='hash_and_url = yes'
HUB_AUTHORITIES="authorities { lab {
			cacert = ca.pem
			cert_uri_base = http://10.0.0.254:8080/
		} }"
lab_ca
must 'the certificates lie somewhere' publish "$LAB_DIR/ca/hub-ec.pem" "$(hash_of "$LAB_DIR/ca/hub-ec.pem")"
must 'ours too' publish "$LAB_DIR/ca/spoke-ec.pem" spoke.der
must 'and are served' web
must 'a hub that sends URLs' again
must 'we send one' sign_with ec
must 'where it is' sh -c "printf 'configure terminal\ncrypto pki trustpoint T-ec\ncertificate-url http://10.0.0.254:8080/spoke.der\nend\n' | '$LAB_BIN/spokesh' --socket '$LAB_DIR/spoked.sock'"
must 'connect' connect
must 'the client is active' until_ok 20 client_is ACTIVE
must 'the hub has sent a URL' grep -q "GET /$(hash_of "$LAB_DIR/ca/hub-ec.pem")" "$LAB_DIR/web.log"
must 'and fetched ours' grep -q 'GET /spoke.der' "$LAB_DIR/web.log"
must 'disconnect' down
must 'another certificate lies there' publish "$LAB_DIR/ca/spoke-ec.pem" "$(hash_of "$LAB_DIR/ca/hub-ec.pem")"
must 'it is saved' sh_run 'write memory'
must 'spoked ends' spoked_stop
must 'and has forgotten what it fetched' spoked_start "$LAB_DIR/startup-config"
must 'connect' connect
must 'what has another hash is not believed' until_ok 20 grep -q 'PKI-3-CERTIFICATE_INVALID.*another hash' "$LAB_DIR/spoked.log"
must 'disconnect' down
must 'no URLs' sh -c "printf 'configure terminal\nno crypto ikev2 http-url cert\nend\n' | '$LAB_BIN/spokesh' --socket '$LAB_DIR/spoked.sock'"
must 'connect' connect
must 'then the hub sends the certificate itself' until_ok 20 client_is ACTIVE
