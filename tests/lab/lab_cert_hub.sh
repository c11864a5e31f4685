#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Our hub (examples/configs/hub.cfg) with certificates: our spoke comes with an RSA key, strongSwan with an ECDSA one, the hub signs by ECDSA. The authority
# below the root is known to the spoke only through the hub's chain. Then a certificate map decides, and one that is revoked stays out.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
[ "$(id -u)" = 0 ] || lab_die "network namespaces need root"
mkdir -p "$LAB_DIR/state" "$LAB_DIR/hubstate" "$LAB_DIR/inet/x509" "$LAB_DIR/inet/x509ca" "$LAB_DIR/inet/private" "$LAB_DIR/www"
lab_wires || exit 1
ip -n "$LAB-hub" addr add 169.254.7.2/32 dev eth0 scope link # as on the spoke: keeps the link's routes
ca=$LAB_DIR/ca sub=$LAB_DIR/sub

below() { # the authority that signs the hub's certificate, itself signed by the root
	mkdir -p "$sub" && ca_key "$sub/ca.key" ec384 && openssl req -new -key "$sub/ca.key" -subj '/O=Lab/CN=Lab Hubs' -out "$sub/ca.csr" 2>> "$LAB_DIR/ca.err" &&
		openssl x509 -req -in "$sub/ca.csr" -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -CAcreateserial -days 30 -out "$sub/ca.pem" \
			-extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n') 2>> "$LAB_DIR/ca.err"
}
p12() { # NAME CERTIFICATES: NAME's key with these
	openssl pkcs12 -export -in "$2/$1.pem" -inkey "$2/$1.key" -certfile "$2/ca.pem" -passout pass:lab-password -out "$LAB_DIR/$1.p12"
}
must 'a root' ca_make ca '/O=Lab/CN=Lab Root'
must 'an authority below it' below
must 'the hub has a certificate of that one' ca_issue sub hub ec384 '/O=Lab/CN=hub.lab.example' 'DNS:hub.lab.example'
must 'as a file' p12 hub "$sub"
must 'our spoke has one of the root' ca_issue ca spoke1 rsa '/O=Lab/OU=Branch/CN=spoke1.lab.example' 'DNS:spoke1.lab.example'
must 'as a file' p12 spoke1 "$ca"
must 'strongSwan has one too' ca_issue ca strong ec '/O=Lab/OU=Branch/CN=strong.lab.example' 'DNS:strong.lab.example'

hub_config() {
	sed -e 's/^ authentication local pre-share/ identity local fqdn hub.lab.example\n authentication local ecdsa-sig/' \
		-e 's/^ authentication remote pre-share/ authentication remote rsa-sig\n authentication remote ecdsa-sig\n pki trustpoint HUBS sign\n pki trustpoint ROOT verify/' \
		-e '/^ match identity/d' -e '/^ keyring local/d' -e 's/^crypto ikev2 profile HUB/&\n match certificate BRANCH/' \
		-e 's/group psk list/group cert list/' -e '/^end/d' "$LAB_TOP/examples/configs/hub.cfg"
	printf 'crypto ikev2 fragmentation mtu 576\ncrypto pki certificate map BRANCH 10\n subject-name co ou=branch\n'
	printf 'crypto pki trustpoint ROOT\n enrollment terminal\n revocation-check none\ncrypto pki trustpoint HUBS\n enrollment pkcs12\n revocation-check none\n'
	chain_lines ROOT ca "$ca/ca.pem"
}
spoke_config() {
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/connect manual/connect auto/' \
		-e 's/^ authentication local pre-share/ authentication local rsa-sig/' \
		-e 's/^ authentication remote pre-share/ authentication remote ecdsa-sig\n pki trustpoint T/' \
		-e 's/^ match identity remote address .*/ match identity remote fqdn hub.lab.example/' -e '/^ keyring key/d'
	printf 'hostname spoke1.lab.example\ncrypto ikev2 fragmentation mtu 576\ncrypto pki trustpoint T\n enrollment pkcs12\n revocation-check none\n'
}
hub_run() { "$LAB_BIN/spokesh" --socket "$LAB_DIR/hub.sock" -c "$1"; }
hub_script() { "$LAB_BIN/spokesh" --socket "$LAB_DIR/hub.sock"; }
hub_says() { hub_run "$1" | grep -q -- "$2"; }

hub_config > "$LAB_DIR/hub.cfg"
ip netns exec "$LAB-hub" "$LAB_BIN/spoked" --config "$LAB_DIR/hub.cfg" --socket "$LAB_DIR/hub.sock" --state-dir "$LAB_DIR/hubstate" \
	--dataplane "${LAB_DATAPLANE:-auto}" --foreground > "$LAB_DIR/hubd.log" 2>&1 < /dev/null &
started hubd $!
must 'the hub answers' until_ok 60 hub_run 'show version'
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/hubd.log"
must 'its key and certificate are imported' hub_run "crypto pki import HUBS pkcs12 $LAB_DIR/hub.p12 password lab-password"
must 'its chain leads to the root' hub_script <<< $'configure terminal\ncrypto pki trustpoint HUBS\nchain-validation continue ROOT\nend'
must 'and is good' hub_says 'crypto pki certificate validate HUBS' 'Chain has 2 certificates'

spoke_config > "$LAB_DIR/startup-config"
must 'our spoke starts' spoked_start "$LAB_DIR/startup-config"
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'its key and certificate are imported' sh_run "crypto pki import T pkcs12 $LAB_DIR/spoke1.p12 password lab-password"
must 'it is active' until_ok 60 client_is ACTIVE
must 'the hub has signed, and the chain has come' spoke_says 'show crypto ikev2 sa detailed' 'Auth sign: RSA, Auth verify: ECDSA'
must 'its address comes from the pool' until_ok 5 in_ns spoke sh -c 'ip -4 addr show dev Tunnel0 | grep -q "inet 10\.250\.0\.10/32"'
must 'ping from behind the spoke to behind the hub' until_ok 10 ping_from inside 192.168.100.10 1

# strongSwan as a second spoke, where the Internet is
cp "$ca/strong.pem" "$LAB_DIR/inet/x509/" && cp "$ca/strong.key" "$LAB_DIR/inet/private/" && cp "$ca/ca.pem" "$LAB_DIR/inet/x509ca/"
cat > "$LAB_DIR/inet/swanctl.conf" <<-C
	connections { flex {
		version = 2
		local_addrs = 10.0.0.254
		remote_addrs = 10.0.0.1
		vips = 0.0.0.0
		proposals = aes256-sha512-ecp256
		local { auth = pubkey
			certs = strong.pem
			id = strong.lab.example }
		remote { auth = pubkey
			cacerts = ca.pem
			id = hub.lab.example }
		children { net {
			local_ts = 0.0.0.0/0
			remote_ts = 192.168.100.0/24
			esp_proposals = aes128-sha256
		} }
	} }
C
swan() { SWANCTL_DIR=$LAB_DIR/inet STRONGSWAN_CONF=$LAB_DIR/inet/strongswan.conf ip netns exec "$LAB-inet" swanctl "$@" --uri "unix://$LAB_DIR/inet/vici" 2>> "$LAB_DIR/inet/ctl.err"; }
strong_charon inet 'sha1 sha2 pem pkcs1 pkcs8 x509 pubkey constraints'
must 'strongSwan answers' until_ok 20 swan --stats
must 'it has read its configuration' swan --load-all --noprompt
must 'it connects' swan --initiate --child net --timeout 20
must 'it takes the chain of the hub' grep -q "authentication of 'hub.lab.example' with ECDSA_WITH_SHA384_DER successful" "$LAB_DIR/inet/log"
must 'both are there' hub_says 'show crypto ikev2 sa detailed' 'Auth verify: RSA'
must 'by their signatures' hub_says 'show crypto ikev2 sa detailed' 'Auth verify: ECDSA'
must 'it leaves' swan --terminate --ike flex

must 'the map wants another unit' hub_script <<< $'configure terminal\ncrypto pki certificate map BRANCH 10\nno subject-name\nsubject-name co ou=other\nend'
must 'then strongSwan stays out' not swan --initiate --child net --timeout 10
must 'and the hub says why' grep -q 'fits neither an identity nor a certificate map' "$LAB_DIR/hubd.log"
