# SPDX-License-Identifier: GPL-3.0-or-later
# The lab: a FlexVPN spoke, an Internet and a strongSwan hub in network namespaces. Sourced by the lab tests and by
# examples/quickstart. Names carry $LAB, so that several labs run side by side; state lives in $LAB_DIR.
#
#   inside ── lan0 [spoke] eth0 ─────────── s0 [inet] h0 ─────────── eth0 [hub] corp0 ── [corp]
#   10.20.20.20   10.20.20.1                2.2.2.2    10.0.0.254     10.0.0.1            192.168.100.10
#   10.30.30.30   10.30.30.1   172.16.0.1/12 (set by spoked)          pool 10.250.0.0/24  192.168.101.10
#
# The addresses are those of the guide's example, so that its configuration runs with no change but the binding of
# Ethernet0/0 to a device. Its next hop 2.2.2.2 is reachable on the link.
#
# The hub's ESP runs in user space (strongSwan's kernel-libipsec), so no kernel support is asked for. It selects
# 0.0.0.0/0 on both sides, as FlexVPN hubs do; its own IKE and ESP datagrams carry a firewall mark that keeps them out
# of the tunnel, and specific routes of the main table go before the tunnel's. With HUB_PLANE=kernel the hub's ESP is the kernel's,
# bound to an xfrm interface.
#
# Only processes that this lab started are ever ended, by their recorded process id.

LAB=${LAB:-lab$$}
LAB_DIR=${LAB_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/spoke-$LAB.XXXXXX")}
LAB_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TOP=$(cd "$LAB_SRC/../.." && pwd)
LAB_BIN=${SPOKE_BIN:-$LAB_TOP/build/release}
LAB_NS="spoke inet hub corp inside"
LAB_KEY=cisco
export PATH=$PATH:/usr/sbin:/sbin

lab_say() { printf '%s\n' "$*" >&2; }
lab_die() { lab_say "lab: $*"; exit 1; }
in_ns() { local n=$1; shift; ip netns exec "$LAB-$n" "$@"; }

# until_ok SECONDS COMMAND…: asks again until the command succeeds; fails at the bound.
until_ok() {
	local end=$((SECONDS + $1)); shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt "$end" ] || return 1
		sleep 0.1
	done
}
not() { ! "$@"; }

# ---- processes ------------------------------------------------------------------------------------------------------

started() { echo "$2" > "$LAB_DIR/$1.pid"; }                     # NAME PID
pid_of() { cat "$LAB_DIR/$1.pid" 2> /dev/null; }
alive() { local p; p=$(pid_of "$1") && kill -0 "$p" 2> /dev/null; }
gone() { ! alive "$1"; }
end() { # NAME [SIGNAL]: ends one process of ours and waits until it is gone; a deaf one is killed
	local p; p=$(pid_of "$1") || return 0
	kill "-${2:-TERM}" "$p" 2> /dev/null
	until_ok 10 gone "$1" || { lab_say "$1 did not end, killed"; kill -KILL "$p" 2> /dev/null; }
	wait "$p" 2> /dev/null
	rm -f "$LAB_DIR/$1.pid"
}

# ---- wires ----------------------------------------------------------------------------------------------------------

wire() { # NS1 IF1 NS2 IF2
	ip -n "$LAB-$1" link add "$2" type veth peer name "$4" netns "$LAB-$3" || return 1
	ip -n "$LAB-$1" link set "$2" up && ip -n "$LAB-$3" link set "$4" up
}
addr() { ip -n "$LAB-$1" addr add "$3" dev "$2"; }               # NS IF ADDRESS
route() { local n=$1; shift; ip -n "$LAB-$n" route add "$@"; }   # NS ROUTE…

lab_wires() {
	local n
	for n in $LAB_NS; do
		ip netns add "$LAB-$n" || return 1
		ip -n "$LAB-$n" link set lo up
	done
	for n in inet hub; do in_ns $n sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'; done
	wire spoke eth0 inet s0 && wire inet h0 hub eth0 && wire hub corp0 corp eth0 && wire spoke lan0 inside eth0 || return 1
	# An address of the box's own keeps the link's routes when the router takes its addresses away.
	ip -n "$LAB-spoke" addr add 169.254.7.1/32 dev eth0 scope link; route spoke 2.2.2.2 dev eth0
	addr inet s0 2.2.2.2/32; route inet 172.16.0.0/12 dev s0; addr inet h0 10.0.0.254/24
	addr hub eth0 10.0.0.1/24; route hub default via 10.0.0.254; addr hub corp0 192.168.100.1/24
	addr corp eth0 192.168.100.10/24; addr corp lo 192.168.101.10/32; route corp default via 192.168.100.1
	route hub 192.168.101.0/24 via 192.168.100.10
	addr spoke lan0 10.20.20.1/24; addr spoke lan0 10.30.30.1/24
	addr inside eth0 10.20.20.20/24; addr inside eth0 10.30.30.30/24; route inside default via 10.20.20.1
}

# uplink2: a second way from the spoke to the Internet, 172.20.0.1/24 on eth1 (the address is the router's to set).
uplink2() { wire spoke eth1 inet s1 && addr inet s1 172.20.0.254/24; }

# nat on|off: the Internet hides the spoke behind 10.0.0.254 and random ports.
nat() {
	in_ns inet nft delete table ip labnat 2> /dev/null
	[ "$1" = off ] || in_ns inet nft -f - <<-N
		table ip labnat {
			chain post {
				type nat hook postrouting priority 100;
				oifname "h0" ip saddr 172.16.0.0/12 udp sport { 500, 4500 } masquerade to :20000-40000 random
			}
		}
	N
}
# blackhole on|off [ADDRESS]: nothing passes between the spoke and the hubs, or that one.
blackhole() {
	in_ns inet nft delete table ip labdrop 2> /dev/null
	[ "$1" = off ] || in_ns inet nft "add table ip labdrop; add chain ip labdrop f { type filter hook forward priority 0; policy accept; }
		add rule ip labdrop f ip daddr ${2:-10.0.0.0/16} drop; add rule ip labdrop f ip saddr ${2:-10.0.0.0/16} drop"
}
# capture FILE: everything that crosses the Internet; ends with the lab or by `end capture`.
capture() {
	ip netns exec "$LAB-inet" tcpdump -U -n -i s0 -w "$1" 2> "$LAB_DIR/tcpdump.err" &
	started capture $!
	until_ok 10 grep -q 'listening on' "$LAB_DIR/tcpdump.err"
}

# ---- the hub --------------------------------------------------------------------------------------------------------

# hub_use hub|hub2: the hub that the functions below speak of.
hub_use() {
	HUB=$1 HUB_ADDR=10.0.0.1 HUB_POOL=10.250.0.0/24
	[ "$HUB" = hub ] || HUB_ADDR=10.0.2.1 HUB_POOL=10.252.0.0/24
}
hub_use hub
# A second hub, for failover: another network of the Internet, its own corporate host with the same addresses as the first one's.
hub2_up() {
	local n
	for n in hub2 corp2; do
		ip netns add "$LAB-$n" && ip -n "$LAB-$n" link set lo up || return 1
	done
	LAB_NS="$LAB_NS hub2 corp2"
	in_ns hub2 sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	wire inet h2 hub2 eth0 && wire hub2 corp0 corp2 eth0 || return 1
	addr inet h2 10.0.2.254/24; addr hub2 eth0 10.0.2.1/24; route hub2 default via 10.0.2.254
	addr hub2 corp0 192.168.100.1/24; addr corp2 eth0 192.168.100.10/24; addr corp2 lo 192.168.101.10/32
	route corp2 default via 192.168.100.1; route hub2 192.168.101.0/24 via 192.168.100.10
	hub_use hub2 && hub_start
}

# ---- certificates ---------------------------------------------------------------------------------------------------

# A small authority in $LAB_DIR/ca, and what it signs: NAME.pem and NAME.key (PKCS#8).
ca_key() { # FILE rsa|ec|ec384|ec521|ed25519|ed448
	case $2 in
	rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" ;;
	ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
	ec384 | ec521) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-${2#ec} -out "$1" ;;
	ed25519 | ed448) openssl genpkey -algorithm ${2^^} -out "$1" ;;
	esac 2>> "$LAB_DIR/ca.err"
}
ca_make() { # DIR SUBJECT: an authority
	mkdir -p "$LAB_DIR/$1" && ca_key "$LAB_DIR/$1/ca.key" ec &&
		openssl req -new -x509 -key "$LAB_DIR/$1/ca.key" -subj "$2" -days 30 -out "$LAB_DIR/$1/ca.pem" \
			-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>> "$LAB_DIR/ca.err"
}
ca_sign() { # DIR REQUEST-FILE OUT ALTERNATIVE-NAME [DAYS]
	local d=$LAB_DIR/$1
	printf 'keyUsage=critical,digitalSignature\nsubjectAltName=%s\n' "$4" > "$d/ext"
	openssl x509 -req -in "$2" -CA "$d/ca.pem" -CAkey "$d/ca.key" -CAcreateserial -days "${5:-30}" -extfile "$d/ext" \
		-out "$3" 2>> "$LAB_DIR/ca.err"
}
ca_issue() { # DIR NAME KIND SUBJECT ALTERNATIVE-NAME
	local d=$LAB_DIR/$1
	ca_key "$d/$2.key" "$3" && openssl req -new -key "$d/$2.key" -subj "$4" -out "$d/$2.csr" 2>> "$LAB_DIR/ca.err" &&
		ca_sign "$1" "$d/$2.csr" "$d/$2.pem" "$5"
}
# The authority that the lab's hub uses, and the hub's own certificate of kind $HUB_CERT.
lab_ca() {
	[ -e "$LAB_DIR/ca/ca.pem" ] || ca_make ca '/O=Lab/CN=Lab Root' || return 1
	[ -e "$LAB_DIR/ca/hub-${HUB_CERT:-rsa}.pem" ] ||
		ca_issue ca "hub-${HUB_CERT:-rsa}" "${HUB_CERT:-rsa}" '/O=Lab/CN=hub.lab.example' 'DNS:hub.lab.example,IP:10.0.0.1'
}
# A certificate as lines of the configuration: TRUSTPOINT ca|own FILE
chain_lines() {
	local kind='' serial
	[ "$2" = ca ] && kind='ca '
	serial=$(openssl x509 -in "$3" -noout -serial | sed 's/.*=//')
	printf 'crypto pki certificate chain %s\n certificate %s%s\n' "$1" "$kind" "$serial"
	openssl x509 -in "$3" -outform DER | od -An -v -tx1 | tr -d ' \n' | fold -w 64 | sed 's/......../& /g; s/^/  /; s/ *$//'
	printf '\n  \tquit\n'
}

# ---- the hub: how it authenticates --------------------------------------------------------------------------------------

# HUB_AUTH=psk (default), pubkey, eap-mschapv2, eap-md5, eap-gtc; HUB_CERT=rsa (default), ec, ec384, ec521, ed25519, ed448; HUB_EAPID=no: no Identity request.
hub_auth() { # the local and remote blocks
	local cert="auth = pubkey
				certs = hub.pem
				id = ${HUB_ID:-hub.lab.example}"
	case ${HUB_AUTH:-psk} in
	psk) printf 'local { auth = psk\n id = %s }\nremote { auth = psk\n id = %%any }\n' "$HUB_ADDR" ;;
	pubkey) printf 'local { %s }\nremote { auth = pubkey\n id = %%any\n cacerts = ca.pem }\n' "$cert" ;;
	psk-cert) printf 'local { %s }\nremote { auth = psk\n id = %%any }\n' "$cert" ;;
	eap-*)
		local ask='eap_id = %any'
		[ "${HUB_EAPID:-yes}" = yes ] || ask=
		printf 'local { %s }\nremote { auth = %s\n id = %%any\n %s }\n' "$cert" "$HUB_AUTH" "$ask" ;;
	esac
}
hub_certs() {
	local d=$LAB_DIR/$HUB
	[ "${HUB_AUTH:-psk}" = psk ] && return 0
	lab_ca && mkdir -p "$d/x509" "$d/x509ca" "$d/private" && cp "$LAB_DIR/ca/hub-${HUB_CERT:-rsa}.pem" "$d/x509/hub.pem" &&
		cp "$LAB_DIR/ca/hub-${HUB_CERT:-rsa}.key" "$d/private/hub.key" && cp "$LAB_DIR/ca/ca.pem" "$d/x509ca/ca.pem"
}

hub_files() { # writes strongswan.conf and swanctl.conf for the key $LAB_KEY
	local planes='kernel-libipsec kernel-netlink' if_id='' routes=yes
	if [ "${HUB_PLANE:-user}" = kernel ]; then
		planes=kernel-netlink
		routes=no
		if_id='if_id_in = 42
				if_id_out = 42'
	fi
	mkdir -p "$LAB_DIR/$HUB"
	hub_certs || return 1
	local more=''
	[ "${HUB_AUTH:-psk}" = psk ] || more='curl sha1 sha2 md5 pem pkcs1 pkcs8 x509 pubkey constraints revocation curve25519'
	case ${HUB_AUTH:-psk} in eap-*) more="$more eap-identity eap-md5 eap-mschapv2 eap-gtc xauth-generic" ;; esac
	cat > "$LAB_DIR/$HUB/strongswan.conf" <<-C
		charon {
			load = random nonce openssl hmac kdf $more $planes socket-default vici
			install_virtual_ip = no
			${HUB_CHARON:-}
			install_routes = $routes
			retransmit_timeout = 1.0
			retransmit_tries = 3
			filelog { l {
				path = $LAB_DIR/$HUB/log
				default = 1
				cfg = 2
				flush_line = yes
			} }
			plugins {
				vici { socket = unix://$LAB_DIR/$HUB/vici }
				eap-gtc { backend = generic }
				kernel-libipsec { allow_peer_ts = yes
					fwmark = !0x42 }
				kernel-netlink { fwmark = !0x42 }
				socket-default { fwmark = 0x42 }
			}
		}
	C
	cat > "$LAB_DIR/$HUB/swanctl.conf" <<-C
		connections { flex {
			version = 2
			local_addrs = $HUB_ADDR
			proposals = ${HUB_IKE:-aes256-sha512-ecp256,aes256-sha384-ecp256,aes256-sha512-modp2048,aes256gcm16-prfsha384-ecp384}
			pools = pool
			unique = replace
			dpd_delay = ${HUB_DPD:-0}s
			send_cert = always
			${HUB_PPK:+ppk_id = $HUB_PPK
			ppk_required = yes}
			$(hub_auth)
			children { net {
				local_ts = 0.0.0.0/0
				remote_ts = 0.0.0.0/0
				esp_proposals = ${HUB_ESP:-aes128-sha256-modp1024,aes128-sha1-modp1024,aes128-sha256,aes128-sha1,aes256-sha256,aes128gcm16}
				dpd_action = clear
				$if_id
			} }
		} }
		secrets {
			ike-any { secret = "$LAB_KEY" }
			${HUB_PPK:+ppk-1 { id = $HUB_PPK
				secret = "lab post-quantum key" \}}
			eap-1 { id = cisco
				secret = "${LAB_PASSWORD:-lab password 1}" }
			eap-2 { id = spoke7.lab.example
				secret = "${LAB_PASSWORD:-lab password 1}" }
		}
		${HUB_AUTHORITIES:-}
		pools { pool {
			addrs = $HUB_POOL
			subnet = ${HUB_NETS:-192.168.100.0/24}
			split_include = 192.168.101.0/24
			dns = 192.168.100.53
		} }
	C
}
hub_ctl() {
	SWANCTL_DIR=$LAB_DIR/$HUB STRONGSWAN_CONF=$LAB_DIR/$HUB/strongswan.conf \
		ip netns exec "$LAB-$HUB" swanctl "$@" --uri "unix://$LAB_DIR/$HUB/vici" 2> "$LAB_DIR/$HUB/ctl.err"
}
# A profile that confines charon to its packaged files is bound to its path; a copy of the program is not confined.
hub_program() {
	local p=/usr/sbin/charon-systemd
	if grep -qs charon-systemd /sys/kernel/security/apparmor/profiles; then
		cp -u $p "$LAB_DIR/charon" && p=$LAB_DIR/charon
	fi
	echo $p
}
# strongSwan as a spoke, in the namespace and the directory of this name, with ESP of its own: its charon and that one's configuration.
strong_charon() { # NAME [MORE-PLUGINS]
	mkdir -p "$LAB_DIR/$1"
	cat > "$LAB_DIR/$1/strongswan.conf" <<-C
		charon {
			load = random nonce openssl hmac kdf ${2:-} kernel-libipsec kernel-netlink socket-default vici
			retransmit_tries = 3
			filelog { l {
				path = $LAB_DIR/$1/log
				default = 1
				flush_line = yes
			} }
			plugins {
				vici { socket = unix://$LAB_DIR/$1/vici }
				kernel-libipsec { allow_peer_ts = yes
					fwmark = !0x42 }
				kernel-netlink { fwmark = !0x42 }
				socket-default { fwmark = 0x42 }
			}
		}
	C
	STRONGSWAN_CONF=$LAB_DIR/$1/strongswan.conf ip netns exec "$LAB-$1" "$(hub_program)" > "$LAB_DIR/$1/out" 2>&1 < /dev/null &
	started strong $!
}
hub_plane() { # what stands around charon's own routes; made once
	if [ "${HUB_PLANE:-user}" = kernel ]; then
		ip -n "$LAB-$HUB" link show flex0 > /dev/null 2>&1 && return
		ip -n "$LAB-$HUB" link add flex0 type xfrm dev eth0 if_id 42 && ip -n "$LAB-$HUB" link set flex0 up || return 1
		route $HUB $HUB_POOL dev flex0 && route $HUB 10.20.20.0/24 dev flex0 && route $HUB 10.30.30.0/24 dev flex0
	elif ! ip -n "$LAB-$HUB" rule show | grep -q '^200:'; then
		ip -n "$LAB-$HUB" rule add pref 200 lookup main suppress_prefixlength 0
	fi
}
hub_start() {
	local p; p=$(hub_program)
	hub_files
	rm -f "$LAB_DIR/$HUB/vici"
	hub_plane || return 1
	STRONGSWAN_CONF=$LAB_DIR/$HUB/strongswan.conf ip netns exec "$LAB-$HUB" "$p" > "$LAB_DIR/$HUB/out" 2>&1 < /dev/null &
	started "$HUB" $!
	until_ok 20 hub_ctl --stats || { lab_say "the hub does not answer"; cat "$LAB_DIR/$HUB/log" "$LAB_DIR/$HUB/out" >&2; return 1; }
	hub_load
}
hub_load() { hub_ctl --load-all --noprompt > "$LAB_DIR/$HUB/load.log" 2>&1 || { cat "$LAB_DIR/$HUB/load.log" >&2; return 1; }; }
hub_stop() { end "$HUB" "${1:-TERM}"; }                             # hub_stop KILL: without saying goodbye
hub_key() { LAB_KEY=$1; hub_files; hub_ctl --load-creds --clear --noprompt > /dev/null; }
hub_has_sa() { hub_ctl --list-sas 2> /dev/null | grep -q 'INSTALLED'; }
hub_log() { cat "$LAB_DIR/$HUB/log"; }

# ---- the spoke ------------------------------------------------------------------------------------------------------

# The guide's example plus the one line that the lab needs.
adapt() { sed '/^interface Ethernet0\/0$/i platform interface Ethernet0/0 device eth0\n!' "$1"; } # FILE

spoked_start() { # CONFIG-FILE; more options in the array LAB_OPTIONS
	rm -f "$LAB_DIR/spoked.sock"
	ip netns exec "$LAB-spoke" "$LAB_BIN/spoked" --config "$1" --socket "$LAB_DIR/spoked.sock" --state-dir "$LAB_DIR/state" \
		--dataplane "${LAB_DATAPLANE:-auto}" --foreground ${LAB_OPTIONS[@]+"${LAB_OPTIONS[@]}"} >> "$LAB_DIR/spoked.log" 2>&1 < /dev/null &
	started spoked $!
	until_ok 20 sh_run 'show version' || { lab_say "spoked does not answer"; cat "$LAB_DIR/spoked.log" >&2; return 1; }
}
spoked_stop() { end spoked "${1:-TERM}"; }
sh_run() { "$LAB_BIN/spokesh" --socket "$LAB_DIR/spoked.sock" -c "$1"; } # COMMAND
sh_script() { "$LAB_BIN/spokesh" --socket "$LAB_DIR/spoked.sock"; }      # lines on stdin
connect() { sh_run "crypto ikev2 client flexvpn connect ${1:-flex}"; }
client_is() { sh_run "show crypto ikev2 client flexvpn ${2:-flex}" | grep -q "Current state:$1"; } # STATE [PROFILE]
spoke_route() { in_ns spoke ip route show "$1" | grep -q "${2:-.}"; }    # PREFIX [TEXT]
spoke_says() { sh_run "$1" | grep -q -- "$2"; }                          # COMMAND TEXT
# parses COMMAND FIELD=REGEX…: its output is what a TextFSM template takes for it, and has such a record.
parses() { sh_run "$1" > "$LAB_DIR/parses.in" && /usr/bin/python3 "$LAB_TOP/tests/clients/shows.py" "$@" < "$LAB_DIR/parses.in"; }
ping_from() { in_ns "$1" ping -n -q -c "${3:-3}" -i 0.2 -W 2 "$2" > /dev/null; } # NS ADDRESS [COUNT]

# ---- the whole ------------------------------------------------------------------------------------------------------

lab_up() {
	[ "$(id -u)" = 0 ] || lab_die "network namespaces need root"
	mkdir -p "$LAB_DIR/state"
	lab_wires && hub_start
}
lab_down() {
	local f n
	for f in "$LAB_DIR"/*.pid; do
		[ -e "$f" ] && end "$(basename "$f" .pid)"
	done
	for n in $LAB_NS; do
		[ -e "/run/netns/$LAB-$n" ] && ip netns del "$LAB-$n"
	done
	rm -rf "$LAB_DIR"
}
# lab_trap: cleans up on every way out, and shows the logs when the way out is a failure.
lab_trap() { trap 'lab_exit $?' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM HUP; }
lab_exit() {
	trap - EXIT
	if [ "$1" != 0 ] && [ -z "${LAB_QUIET:-}" ]; then
		lab_say "---- spoked"; tail -n 60 "$LAB_DIR/spoked.log" >&2 2> /dev/null
		[ -e "$LAB_DIR/hubd.log" ] && lab_say "---- our hub" && tail -n 60 "$LAB_DIR/hubd.log" >&2
		for h in hub hub2; do [ -e "$LAB_DIR/$h/log" ] && lab_say "---- $h" && tail -n 60 "$LAB_DIR/$h/log" >&2; done
	fi
	lab_down
	exit "$1"
}

# ---- assertions of the tests ----------------------------------------------------------------------------------------

# must TEXT COMMAND…: one checked step; a failed one ends the test.
must() {
	local text=$1; shift
	if "$@"; then
		echo "ok   $text"
	else
		echo "FAIL $text"
		exit 1
	fi
}

# One stream of 4 MB from behind the spoke to a listener behind the hub, compared by checksum.
tcp_through() {
	head -c 4000000 /dev/urandom > "$LAB_DIR/sent"
	in_ns corp python3 "$LAB_SRC/stream.py" receive 5001 "$LAB_DIR/received" & local r=$!
	in_ns inside python3 "$LAB_SRC/stream.py" send 192.168.100.10 5001 "$LAB_DIR/sent" || { kill $r 2> /dev/null; wait $r; return 1; }
	wait $r && cmp -s "$LAB_DIR/sent" "$LAB_DIR/received"
}
# What a capture of the Internet holds.
in_clear() { tcpdump -n -r "$1" 'icmp or tcp or net 192.168.100.0/23' 2> /dev/null | grep -v 'ICMP .* unreachable' | grep -q .; }
keepalive_seen() { tcpdump -n -r "$1" 'udp dst port 4500 and udp[4:2] = 9 and udp[8] = 0xff' 2> /dev/null | grep -q .; }
only_init_on_500() { ! tcpdump -n -r "$1" 'udp port 500 and udp[26] != 34' 2> /dev/null | grep -q .; }
