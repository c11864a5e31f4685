#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Our hub (examples/configs/hub.cfg): our spoke connects to it with the guide's example, then strongSwan does, at the same time: addresses from the pool, routes
# both ways, pings between the networks behind, a rekeying by either side, a spoke that dies, and nothing left behind.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
[ "$(id -u)" = 0 ] || lab_die "network namespaces need root"
mkdir -p "$LAB_DIR/state" "$LAB_DIR/hubstate" "$LAB_DIR/inet"
lab_wires || exit 1
ip -n "$LAB-hub" addr add 169.254.7.2/32 dev eth0 scope link # as on the spoke: keeps the link's routes

cp "$LAB_TOP/examples/configs/hub.cfg" "$LAB_DIR/hub.cfg"
ip netns exec "$LAB-hub" "$LAB_BIN/spoked" --config "$LAB_DIR/hub.cfg" --socket "$LAB_DIR/hub.sock" --state-dir "$LAB_DIR/hubstate" \
	--dataplane "${LAB_DATAPLANE:-auto}" --foreground > "$LAB_DIR/hubd.log" 2>&1 < /dev/null &
started hubd $!
hub_run() { "$LAB_BIN/spokesh" --socket "$LAB_DIR/hub.sock" -c "$1"; }
hub_says() { hub_run "$1" | grep -q -- "$2"; }
hub_route() { in_ns hub ip route show "$1" | grep -q "${2:-.}"; }
must 'the hub answers' until_ok 60 hub_run 'show version'
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/hubd.log"

{ adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed 's/connect manual/connect auto/'; echo 'crypto ikev2 dpd 10 2 periodic'; } > "$LAB_DIR/startup-config"
must 'our spoke starts' spoked_start "$LAB_DIR/startup-config"
must 'it is active' until_ok 30 client_is ACTIVE
must 'its address comes from the pool' until_ok 5 in_ns spoke sh -c 'ip -4 addr show dev Tunnel0 | grep -q "inet 10\.250\.0\.10/32"'
must 'the access list became routes of the spoke' until_ok 5 spoke_route 192.168.101.0/24 'dev Tunnel0'
must 'the hub has a Virtual-Access interface' hub_says 'show ip interface brief' '^Virtual-Access1 .*up *up'
must 'what the spoke offered became a route of the hub' until_ok 5 hub_route 10.20.20.0/24 'dev Vi1'
must 'ping from behind the spoke to behind the hub' ping_from inside 192.168.100.10
must 'ping from behind the hub to the spoke' ping_from corp 10.250.0.10
must 'the SA stands in show crypto ikev2 sa' hub_says 'show crypto ikev2 sa' '10.0.0.1/4\?500 *172.16.0.1/4\?500 .*READY'
must 'packets were counted' hub_says 'show crypto ipsec sa' '#pkts encaps: [1-9]'

# strongSwan as a second spoke, where the Internet is
cat > "$LAB_DIR/inet/swanctl.conf" <<-C
	connections { flex {
		version = 2
		local_addrs = 10.0.0.254
		remote_addrs = 10.0.0.1
		vips = 0.0.0.0
		proposals = aes256-sha512-ecp256
		local { auth = psk
			id = strong.lab.example }
		remote { auth = psk
			id = 10.0.0.1 }
		children { net {
			local_ts = 0.0.0.0/0
			remote_ts = 192.168.100.0/24
			esp_proposals = aes128-sha256
		} }
	} }
	secrets { ike-any { secret = "$LAB_KEY" } }
C
HUB=inet
ip netns exec "$LAB-inet" ip rule add pref 200 lookup main suppress_prefixlength 0
strong_charon inet
must 'strongSwan answers' until_ok 20 hub_ctl --stats
must 'it is configured' hub_load
must 'strongSwan connects to our hub' hub_ctl --initiate --child net --timeout 20
must 'it has an address of the pool' in_ns inet sh -c 'ip -4 addr | grep -q "inet 10\.250\.0\.11/"'
must 'the hub routes to that' until_ok 5 hub_route 10.250.0.11 'dev Vi2'
must 'ping from strongSwan to behind our hub' in_ns inet ping -n -q -c 3 -i 0.2 -W 2 -I 10.250.0.11 192.168.100.10
must 'our spoke is still there' ping_from inside 192.168.100.10
must 'two addresses are in use' hub_says 'show ip local pool' '^ FLEX .* 9 *2 '

ping_train() { in_ns inside ping -n -q -i 0.05 -c 100 -W 2 192.168.100.10 > "$LAB_DIR/train" 2>&1; }
ping_train & train=$!
must 'strongSwan rekeys its IKE SA' hub_ctl --rekey --ike flex
must 'strongSwan rekeys its child' hub_ctl --rekey --child net
wait $train
must 'not one packet of the other spoke was lost' grep -q '100 received' "$LAB_DIR/train"
must 'ping after the rekeying' in_ns inet ping -n -q -c 3 -i 0.2 -W 2 -I 10.250.0.11 192.168.100.10
must 'strongSwan says goodbye' hub_ctl --terminate --ike flex --timeout 10
must 'its route is gone' until_ok 10 not hub_route 10.250.0.11
must 'its interface is gone' not in_ns hub ip link show Vi2

end spoked KILL
must 'a spoke that died is found out' until_ok 60 not hub_route 10.20.20.0/24
must 'no address is in use' hub_says 'show ip local pool' '^ FLEX .* 11 *0 '
must 'our spoke starts again' spoked_start "$LAB_DIR/startup-config"
must 'it is active again' until_ok 60 client_is ACTIVE
must 'and has the address that it had' until_ok 5 in_ns spoke sh -c 'ip -4 addr show dev Tunnel0 | grep -q "inet 10\.250\.0\.10/32"'
must 'ping again' ping_from inside 192.168.100.10
must 'the hub ends' end hubd
must 'its devices went with it' not in_ns hub ip link show Vi1
must 'the key is in no log' not grep -q "key *$LAB_KEY" "$LAB_DIR/hubd.log"
