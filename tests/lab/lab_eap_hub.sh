#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Our hub asks by EAP: for our spoke and for strongSwan's, by every method, with users of its own or of a RADIUS server; a wrong password; a name that a mangler
# turns into a policy; two authentications after each other (RFC 4739) by either spoke.
set -u
. "$(dirname "$0")/lib.sh"
LAB_PASSWORD='lab password 1'
lab_trap
[ "$(id -u)" = 0 ] || lab_die "network namespaces need root"
mkdir -p "$LAB_DIR/state" "$LAB_DIR/hubstate" "$LAB_DIR/inet"
lab_wires && lab_ca || exit 1
ip -n "$LAB-hub" addr add 169.254.7.2/32 dev eth0 scope link
openssl pkcs12 -export -in "$LAB_DIR/ca/hub-rsa.pem" -inkey "$LAB_DIR/ca/hub-rsa.key" -certfile "$LAB_DIR/ca/ca.pem" -passout pass:p12 -out "$LAB_DIR/p12"
ca_issue ca strong rsa '/O=Lab/CN=strong.lab.example' 'DNS:strong.lab.example'

{
	sed -e '/^crypto ikev2 profile HUB/,/^crypto ipsec transform/c\
username cisco password 0 lab password 1\
username spoke7.lab.example password 0 lab password 1\
username hashed secret 0 lab password 1\
crypto ikev2 name-mangler M\
 eap all\
crypto ikev2 authorization policy cisco\
 pool FLEX\
 dns 192.168.100.77\
 route set access-list CORP\
crypto ikev2 profile HUB\
 match identity remote fqdn domain lab.example\
 match identity remote address 172.16.0.0 255.240.0.0\
 identity local fqdn hub.lab.example\
 authentication local rsa-sig\
 authentication remote eap query-identity\
 pki trustpoint P12\
 aaa authorization user eap list default name-mangler M\
 aaa authorization group eap list default SPOKES\
 virtual-template 1\
crypto ipsec transform-set TS esp-aes esp-sha256-hmac' "$LAB_TOP/examples/configs/hub.cfg"
} > "$LAB_DIR/hub.cfg"
ip netns exec "$LAB-hub" "$LAB_BIN/spoked" --config "$LAB_DIR/hub.cfg" --socket "$LAB_DIR/hub.sock" --state-dir "$LAB_DIR/hubstate" \
	--dataplane "${LAB_DATAPLANE:-auto}" --foreground > "$LAB_DIR/hubd.log" 2>&1 < /dev/null &
started hubd $!
hub_run() { "$LAB_BIN/spokesh" --socket "$LAB_DIR/hub.sock" -c "$1"; }
hub_type() { printf 'enable\nconfigure terminal\n%s\nend\n' "$1" | "$LAB_BIN/spokesh" --socket "$LAB_DIR/hub.sock"; }
hub_says() { hub_run "$1" | grep -q -- "$2"; }
must 'the hub answers' until_ok 60 hub_run 'show version'
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/hubd.log"
must 'its certificate is imported' hub_run "crypto pki import P12 pkcs12 $LAB_DIR/p12 password p12"
must 'nobody is asked for revocation' hub_type $'crypto pki trustpoint P12\nrevocation-check none'

# ---- our spoke --------------------------------------------------------------------------------------------------------

eap_config() { # WORDS-OF-EAP [MORE-PROFILE-LINES]
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed \
		-e "s/^ authentication local pre-share/ authentication local $1/" \
		-e "s/^ authentication remote pre-share/ authentication remote rsa-sig\n pki trustpoint LAB verify\n identity local fqdn spoke7.lab.example${2:-}/" \
		-e 's/^ match identity remote address .*/ match identity remote fqdn hub.lab.example/' -e '/^ keyring key/d' -e 's/connect manual/connect auto/'
	printf 'crypto pki trustpoint LAB\n enrollment terminal\n revocation-check none\n'
	chain_lines LAB ca "$LAB_DIR/ca/ca.pem"
}
spoke_with() { # CONFIG-WORDS…
	eap_config "$@" > "$LAB_DIR/startup-config" && spoked_start "$LAB_DIR/startup-config"
}
for method in ms-chapv2 md5 gtc; do
	must "our spoke with $method" spoke_with "eap $method username cisco password lab password 1"
	must 'it is active' until_ok 30 client_is ACTIVE
	must 'ping' ping_from inside 192.168.100.10
	must 'the hub says how' hub_says 'show crypto ikev2 sa detailed' 'Auth sign: RSA, Auth verify: EAP'
	must 'its name server is that of the policy by its name' spoke_says 'show crypto ikev2 sa detailed' '192.168.100.77'
	must 'it ends' spoked_stop
	must 'the hub forgets it' until_ok 60 not hub_says 'show crypto ikev2 sa' READY
done
must 'a user of whom only a hash is kept' spoke_with "eap username hashed password lab password 1"
must 'is asked by GTC' until_ok 30 client_is ACTIVE
must 'it ends' spoked_stop
must 'a wrong password' spoke_with 'eap username cisco password wrong'
must 'is refused' until_ok 30 spoke_says 'show logging' 'EAP'
must 'and does not come in' not client_is ACTIVE
must 'it ends' spoked_stop

# ---- strongSwan -------------------------------------------------------------------------------------------------------

mkdir -p "$LAB_DIR/inet/x509ca" "$LAB_DIR/inet/x509" "$LAB_DIR/inet/private"
cp "$LAB_DIR/ca/ca.pem" "$LAB_DIR/inet/x509ca/"; cp "$LAB_DIR/ca/strong.pem" "$LAB_DIR/inet/x509/"; cp "$LAB_DIR/ca/strong.key" "$LAB_DIR/inet/private/"
strong_conf() { # LOCAL-BLOCKS
	cat > "$LAB_DIR/inet/swanctl.conf" <<-C
		connections { flex {
			version = 2
			local_addrs = 10.0.0.254
			remote_addrs = 10.0.0.1
			vips = 0.0.0.0
			proposals = aes256-sha512-ecp256
			$1
			remote { auth = pubkey
				id = hub.lab.example }
			children { net {
				local_ts = 0.0.0.0/0
				remote_ts = 192.168.100.0/24
				esp_proposals = aes128-sha256
			} }
		} }
		secrets { eap-1 { id = cisco
			secret = "$LAB_PASSWORD" } }
	C
}
HUB=inet
ip netns exec "$LAB-inet" ip rule add pref 200 lookup main suppress_prefixlength 0
strong_charon inet 'sha1 sha2 md5 pem pkcs1 pkcs8 x509 pubkey constraints revocation curve25519 eap-identity eap-md5 eap-mschapv2 eap-gtc'
must 'strongSwan answers' until_ok 20 hub_ctl --stats
strong_goes() { # LOCAL-BLOCKS
	strong_conf "$1" && hub_load && hub_ctl --initiate --child net --timeout 20
}
for method in mschapv2 md5 gtc; do
	must "strongSwan connects with $method" strong_goes "local { auth = eap-$method
		id = strong.lab.example
		eap_id = cisco }"
	must 'ping from strongSwan to behind our hub' in_ns inet ping -n -q -c 3 -i 0.2 -W 2 192.168.100.10
	must 'strongSwan rekeys its IKE SA' hub_ctl --rekey --ike flex
	must 'strongSwan says goodbye' hub_ctl --terminate --ike flex --timeout 10
done

# ---- a RADIUS server asks ---------------------------------------------------------------------------------------------------

mkdir -p "$LAB_DIR/radius"
printf 'cisco Cleartext-Password := "radius password"\nmd5er Cleartext-Password := "radius password", EAP-Type := MD5\n' > "$LAB_DIR/radius/users"
cat > "$LAB_DIR/radius/radiusd.conf" <<-C
	prefix = /usr
	libdir = /usr/lib/freeradius
	raddbdir = $LAB_DIR/radius
	pidfile = $LAB_DIR/radius/pid
	log {
		destination = stdout
	}
	security {
		allow_vulnerable_openssl = yes
	}
	client hub {
		ipaddr = 192.168.100.1
		secret = "radius key"
	}
	modules {
		eap {
			default_eap_type = mschapv2
			md5 {
			}
			gtc {
				auth_type = PAP
			}
			mschapv2 {
			}
		}
		mschap {
		}
		pap {
		}
		files {
			filename = $LAB_DIR/radius/users
		}
	}
	server default {
		listen {
			type = auth
			ipaddr = 192.168.100.10
			port = 1812
		}
		authorize {
			files
			eap
		}
		authenticate {
			eap
			Auth-Type MS-CHAP {
				mschap
			}
			Auth-Type PAP {
				pap
			}
		}
	}
C
ip netns exec "$LAB-corp" freeradius -f -l stdout -d "$LAB_DIR/radius" > "$LAB_DIR/radius/log" 2>&1 < /dev/null &
started radius $!
must 'the RADIUS server runs' until_ok 20 grep -q 'Ready to process requests' "$LAB_DIR/radius/log"
must 'the hub knows it' hub_type $'aaa new-model\nradius server R\naddress ipv4 192.168.100.10 auth-port 1812\ntimeout 1\nretransmit 1\nkey radius key\nexit\naaa group server radius G\nserver name R\nexit\naaa authentication login USERS group G\ncrypto ikev2 profile HUB\naaa authentication eap USERS'
must 'our spoke with a password of the hub' spoke_with 'eap username cisco password lab password 1'
must 'is refused' until_ok 30 spoke_says 'show logging' 'EAP'
must 'it ends' spoked_stop
for method in ms-chapv2 md5 gtc; do
	must "our spoke with $method" spoke_with "eap $method username cisco password radius password"
	must 'it is active' until_ok 30 client_is ACTIVE
	must 'ping' ping_from inside 192.168.100.10
	must 'a rekey of the IKE SA' sh_run 'clear crypto ikev2 sa'
	must 'it ends' spoked_stop
done
LAB_PASSWORD='radius password'
must 'strongSwan connects with mschapv2' strong_goes "local { auth = eap-mschapv2
	id = strong.lab.example
	eap_id = cisco }"
must 'ping from strongSwan to behind our hub' in_ns inet ping -n -q -c 3 -i 0.2 -W 2 192.168.100.10
must 'strongSwan says goodbye' hub_ctl --terminate --ike flex --timeout 10
must 'the RADIUS server ends' end radius
must 'without it nobody comes in' not strong_goes "local { auth = eap-mschapv2
	id = strong.lab.example
	eap_id = cisco }"
must 'and the hub says why' hub_says 'show logging' 'RADIUS_DEAD: RADIUS server 192.168.100.10:1812 is not responding'
must 'the key is in no log' not grep -q 'radius key\|radius password' "$LAB_DIR/hubd.log"
must 'the hub asks itself again' hub_type $'crypto ikev2 profile HUB\nno aaa authentication eap USERS'
LAB_PASSWORD='lab password 1'

# ---- two authentications after each other --------------------------------------------------------------------------------

must 'the hub wants both' hub_type $'crypto ikev2 profile HUB\nno authentication remote eap\nauthentication remote rsa-sig\nauthentication second remote eap query-identity'
must 'strongSwan with its certificate, and then EAP' strong_goes "local-1 { auth = pubkey
	certs = strong.pem
	id = strong.lab.example }
	local-2 { auth = eap
	id = strong.lab.example
	eap_id = cisco }"
must 'ping from strongSwan to behind our hub' in_ns inet ping -n -q -c 3 -i 0.2 -W 2 192.168.100.10
must 'it was twice' grep -q 'ANOTHER_AUTH\|AUTH_FOLLOWS' "$LAB_DIR/inet/log"
must 'strongSwan says goodbye' hub_ctl --terminate --ike flex --timeout 10
must 'the certificate alone is not enough' not strong_goes "local-1 { auth = pubkey
	certs = strong.pem
	id = strong.lab.example }"
must 'the password is in no log' not grep -rq "$LAB_PASSWORD" "$LAB_DIR/spoked.log" "$LAB_DIR/hubd.log"
must 'the hub ends' end hubd
