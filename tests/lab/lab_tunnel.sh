#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The guide's example against a strongSwan hub, from load to removal: address, pushed routes, ping both ways, counters, the networks
# offered, DPD-less steady state, rekeys that lose nothing, and nothing left behind.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" > "$LAB_DIR/startup-config"
LAB_OPTIONS=(--metrics 9101)
metric() { # SAMPLE: its value
	in_ns spoke python3 -c 'import sys, urllib.request
for line in urllib.request.urlopen("http://127.0.0.1:9101/metrics", timeout=5).read().decode().splitlines():
    if line.startswith(sys.argv[1] + " "): print(line.rsplit(" ", 1)[1])' "$1"
}
must 'spoked starts with the example as its startup-config' spoked_start "$LAB_DIR/startup-config"
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'connect manual waits for the command' client_is CONNECT_REQUIRED
capture "$LAB_DIR/outside.pcap"
must 'connect' connect
must 'the client is active' until_ok 30 client_is ACTIVE
must 'the hub has the SA' until_ok 10 hub_has_sa
must 'the negotiated address stands on Tunnel0' until_ok 5 in_ns spoke sh -c 'ip -4 addr show dev Tunnel0 | grep -q "inet 10\.250\.0\."'
must 'INTERNAL_IP4_SUBNET became a route' until_ok 5 spoke_route 192.168.100.0/24 'dev Tunnel0'
must 'Unity split-include became a route' until_ok 5 spoke_route 192.168.101.0/24 'dev Tunnel0'
must 'the route of the configuration is there' spoke_route default 'via 2.2.2.2'
must 'the line protocol is up' spoke_says 'show ip interface brief' '^Tunnel0 .*up *up'
must 'CONNECTION_UP was logged' grep -q '%FLEXVPN-6-FLEXVPN_CONNECTION_UP: FlexVPN(flex)' "$LAB_DIR/spoked.log"
must 'LINEPROTO was logged' grep -q '%LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel0, changed state to up' "$LAB_DIR/spoked.log"
must 'ping from the inside network to a pushed subnet' ping_from inside 192.168.100.10
must 'ping to the split-include network' ping_from inside 192.168.101.10
must 'ping from behind the hub to the tunnel address' ping_from corp "$(in_ns spoke ip -4 -o addr show dev Tunnel0 | awk '{ sub("/.*", "", $4); print $4 }')"
must 'large packets pass' in_ns inside ping -n -q -c 3 -i 0.2 -W 2 -s 3000 192.168.100.10
must 'a TCP stream passes' until_ok 20 tcp_through
must 'show crypto ikev2 sa has it' spoke_says 'show crypto ikev2 sa' '172.16.0.1/4\?500 *10.0.0.1/4\?500 .*READY'
must 'packets were counted' spoke_says 'show crypto ipsec sa' '#pkts encaps: [1-9]'
must 'and are metrics' test "$(metric 'spoke_client_receive_bytes_total{client="flex"}')" -gt 10000
must 'both are read by templates' parses 'show crypto ikev2 sa' STATUS=READY REMOTE='10.0.0.1/(4)?500' AUTH_SIGN=PSK AUTH_VERIFY=PSK
must 'the details too' parses 'show crypto ikev2 sa detailed' STATUS=READY INITIATOR=Yes ADDRESS='10[.]250[.]0[.].*' REMOTE_SUBNETS='192.168.100.0 255.255.255.0'
must 'the SAs' parses 'show crypto ipsec sa' INTERFACE=Tunnel0 TAG=Tunnel0-head-0 PEER=10.0.0.1 ENCAPS='[1-9].*' STATUS=ACTIVE SPI='0x.*'
must 'the SAs in detail' parses 'show crypto ipsec sa detail' INTERFACE=Tunnel0 DECAPS='[1-9].*' SETTINGS='Tunnel.*'
must 'the session' parses 'show crypto session' INTERFACE=Tunnel0 STATUS=UP-ACTIVE IKE_STATUS=Active ACTIVE_SAS=2
must 'the session in detail' parses 'show crypto session detail' STATUS=UP-ACTIVE UPTIME='[0-9:]+' PHASE1_ID='10.0.0.1' IN_PACKETS='[1-9].*' LIFETIME='[0-9:]+'
must 'the neighbours' parses 'show arp' ADDRESS=2.2.2.2 TYPE=ARPA INTERFACE=Ethernet0/0
must 'the tunnel' parses 'show interfaces Tunnel0' PROTOCOL=up TUNNEL_SOURCE=172.16.0.1 TUNNEL_DESTINATION=10.0.0.1 OUT_PACKETS='[1-9].*'
must 'the routes' parses 'show ip route' CODE=S NETWORK=192.168.100.0 MASK=24 INTERFACE=Tunnel0
must 'connections of the engine' spoke_says 'show crypto engine connections active' '^ *[12]  IPsec   AES.* [1-9][0-9]* .*172.16.0.1$'
must 'the data plane' spoke_says 'show platform dataplane' '^  decrypted  *[1-9][0-9]* '
must 'messages by exchange' spoke_says 'show crypto ikev2 stats exchange' '^IKE_AUTH  *[1-9]'
must 'the next hop is a neighbour' spoke_says 'show arp' '^Internet  2.2.2.2  *[0-9]*   [0-9a-f.]*  ARPA   Ethernet0/0$'
must 'the routes show as static' spoke_says 'show ip route' '^S .*192.168.100.0'

ping_train() { in_ns inside ping -n -q -i 0.05 -c 200 -W 2 192.168.100.10 > "$LAB_DIR/train" 2>&1; }
ping_train & train=$!
before=$(hub_ctl --list-sas | grep -o 'net: #[0-9]*')
must 'the hub rekeys the child' hub_ctl --rekey --child net
child_changed() { [ "$(hub_ctl --list-sas | grep -o 'net: #[0-9]*' | sort -u | wc -l)" = 1 ] && ! hub_ctl --list-sas | grep -q "$before,"; }
must 'one new child stands' until_ok 20 child_changed
before=$(hub_ctl --list-sas | grep -o '^flex: #[0-9]*')
must 'the hub rekeys the IKE SA' hub_ctl --rekey --ike flex
ike_changed() { [ "$(hub_ctl --list-sas | grep -c '^flex: #')" = 1 ] && ! hub_ctl --list-sas | grep -q "$before,"; }
must 'one new IKE SA stands' until_ok 20 ike_changed
wait $train
must 'not one packet of the train was lost' grep -q '200 received' "$LAB_DIR/train"
must 'still active' client_is ACTIVE
must 'both rekeys are metrics' test "$(metric 'spoke_client_ike_rekeys_total{client="flex"}')$(metric 'spoke_client_ipsec_rekeys_total{client="flex"}')" = 11

must 'clear … connect takes it down' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'the pushed routes are gone' until_ok 10 not spoke_route 192.168.100.0/24
must 'the address is gone' until_ok 10 not in_ns spoke sh -c 'ip -4 addr show dev Tunnel0 | grep -q inet'
must 'the hub was told' until_ok 10 not hub_has_sa
must 'manual means manual' client_is CONNECT_REQUIRED
must 'CONNECTION_DOWN was logged' grep -q '%FLEXVPN-6-FLEXVPN_CONNECTION_DOWN: FlexVPN(flex)' "$LAB_DIR/spoked.log"
end capture INT
must 'nothing of the inside went in the clear' not in_clear "$LAB_DIR/outside.pcap"
must 'it connects a second time' sh_run 'crypto ikev2 client flexvpn connect flex'
must 'and is active' until_ok 30 client_is ACTIVE
must 'and pings' ping_from inside 192.168.100.10
must 'spoked ends' spoked_stop
must 'the device went with it' not in_ns spoke ip link show Tunnel0
must 'its routes went with it' not spoke_route default 2.2.2.2
must 'the key is in no log' not grep -rq "$LAB_KEY" "$LAB_DIR/spoked.log"
