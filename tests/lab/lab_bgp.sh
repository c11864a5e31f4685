#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# BGP with the hub's FRR over the tunnel: routes appear on both sides and carry packets, survive rekeys, follow the configuration and a
# restart of either daemon, and move to another hub with the client.
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/frr.sh"
lab_trap
HUB_DPD=2 # a hub that holds on to the SA of a killed spoke sends its answers there
lab_up && hub2_up && hub_use hub || exit 1
LAB_OPTIONS=(--vtysh "$(frr_vtysh spoke)")

# Behind both hubs 192.168.200.10; behind each one a network of its own.
peer_of() { # HUB CORP OWN-NETWORK
	ip -n "$LAB-$2" addr add 192.168.200.10/32 dev lo; route "$1" 192.168.200.0/24 via 192.168.100.10; route "$1" "$3" via 192.168.100.10
	route "$1" "$HUB_POOL" dev ipsec0
	frr_start "$1" zebra bgpd && frr_tell "$1" <<-C
		router bgp 65000
		 bgp router-id $HUB_ADDR
		 no bgp ebgp-requires-policy
		 neighbor SPOKES peer-group
		 neighbor SPOKES remote-as 65001
		 neighbor SPOKES ebgp-multihop 4
		 neighbor SPOKES timers 1 3
		 bgp listen range $HUB_POOL peer-group SPOKES
		 address-family ipv4 unicast
		  network 192.168.200.0/24
		  network $3
		 exit-address-family
		exit
	C
}
must 'the first hub speaks BGP' peer_of hub corp 192.168.211.0/24
hub_use hub2
must 'the second hub speaks BGP' peer_of hub2 corp2 192.168.212.0/24
hub_use hub
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e '/connect manual/d' -e 's/peer 1 10.0.0.1/peer 1 10.0.0.1 track 1\n  peer 2 10.0.2.1\n  peer reactivate/'
	cat <<-C
		ip sla 1
		 icmp-echo 10.0.0.1
		  frequency 1
		  timeout 500
		  threshold 500
		ip sla schedule 1 life forever start-time now
		track 1 ip sla 1 reachability
		router bgp 65001
		 bgp log-neighbor-changes
		 neighbor 192.168.100.1 remote-as 65000
		 neighbor 192.168.100.1 ebgp-multihop 4
		 neighbor 192.168.100.1 update-source Tunnel0
		 neighbor 192.168.100.1 timers 1 3
		 network 10.20.20.0 mask 255.255.255.0
		 redistribute static route-map TAGGED
		route-map TAGGED permit 10
		 match tag 7
		 set metric 77
		ip route 10.97.0.0 255.255.0.0 Null0 tag 7
		ip route 10.96.0.0 255.255.0.0 Null0
		ip route 192.168.200.0 255.255.255.0 Null0 250
	C
} > "$LAB_DIR/startup-config"
logged() { grep -q "$1" "$LAB_DIR/spoked.log"; }
must 'spoked starts without FRR' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not logged 'CONFIG_LINE'
must 'the log says that FRR is missing' until_ok 10 logged '%ROUTING-3-UNAVAILABLE: Routing protocols do not run: no daemon of FRR answers'
must 'so does show' spoke_says 'show ip bgp summary' 'no daemon of FRR answers'
peer_is() { sh_run 'show crypto ikev2 client flexvpn flex' | grep -q "Peer : $1\$" && client_is ACTIVE; }
must 'the floating static route stands in' spoke_says 'show ip route' '^S  *192.168.200.0/24 is directly connected, Null0'
must 'the tunnel needs no FRR' until_ok 30 peer_is 10.0.0.1
must 'FRR starts' frr_start spoke zebra bgpd
must 'it is found' until_ok 20 logged '%ROUTING-5-AVAILABLE'
must 'and told' until_ok 10 frr_says spoke 'show running-config' 'neighbor 192.168.100.1 update-source Tunnel0'
learned() { in_ns spoke ip route show "$1" proto bgp | grep -q 'dev Tunnel0'; }
must 'what the hub announces becomes a route' until_ok 30 learned 192.168.200.0/24
must 'show ip route has it' spoke_says 'show ip route' '^B  *192.168.200.0/24 \[20/0\] via 192.168.100.1'
must 'in its columns' parses 'show ip route' CODE=B NETWORK=192.168.200.0 MASK=24 DISTANCE=20 NEXT_HOP=192.168.100.1
must 'show ip bgp summary has the session' until_ok 10 spoke_says 'show ip bgp summary' '^192.168.100.1 *4 *65000 .* 2$'
must 'a template reads it' parses 'show ip bgp summary' LOCAL_AS=65001 NEIGHBOR=192.168.100.1 AS=65000 STATE_OR_PREFIXES=2
must 'show ip bgp has the route' spoke_says 'show ip bgp' '^ \*>  192.168.200.0/24 *192.168.100.1 .* 65000 i$'
must 'and our own' spoke_says 'show ip bgp' '^ \*>  10.20.20.0/24 *0.0.0.0 .*32768 i$'
must 'the neighbor is asked anew' sh_run 'clear ip bgp 192.168.100.1 soft in'
must 'another one there is not' not sh_run 'clear ip bgp 192.168.100.9'
must 'show ip protocols has the process' spoke_says 'show ip protocols' 'Routing Protocol is "bgp 65001"'
hub_has() { ip -n "$LAB-hub" route show "$1" proto bgp | grep -q ipsec0; }
must 'the hub learns the inside network' until_ok 10 hub_has 10.20.20.0/24
must 'ping to what was learned, the floating static route notwithstanding' until_ok 10 ping_from inside 192.168.200.10
floats() { sh_run 'show ip route' | grep -q '192.168.200.0/24 is directly connected, Null0'; }
must 'which is not shown' not floats
metric_77() { frr_ask hub 'show bgp ipv4 unicast 10.97.0.0/16' | grep -q 'metric 77'; }
must 'the static route with the tag is redistributed' until_ok 10 metric_77
route spoke 10.95.0.0/16 dev lan0 # of the box, and of no concern to the router
route spoke 10.94.0.0/16 dev lan0 metric 117
must 'FRR sees the routes of the box' until_ok 10 frr_says spoke 'show ip route kernel' 10.94.0.0
only_ours() { ! frr_ask hub 'show bgp ipv4 unicast' | grep -Eq '10\.9[456]\.'; }
enter() { printf 'enable\nconfigure terminal\n%s\nend\n' "$1" | sh_script > "$LAB_DIR/out" 2>&1 && not grep -q '^%' "$LAB_DIR/out"; }
must 'another one with the tag' enter 'ip route 10.93.0.0 255.255.0.0 Null0 tag 7'
hub_heard() { frr_ask hub 'show bgp ipv4 unicast' | grep -q "$1"; }
must 'follows' until_ok 10 hub_heard 10.93.0.0
must 'no other one was' only_ours

session() { frr_ask spoke 'show bgp neighbors 192.168.100.1 json' | grep -o '"connectionsEstablished":[0-9]*'; }
before=$(session)
child() { hub_ctl --list-sas | grep -o 'net: #[0-9]*' | tail -n 1; }
was=$(child)
changed() { [ "$was" != "$(child)" ]; }
in_ns inside ping -n -q -i 0.05 -c 100 -W 2 192.168.200.10 > "$LAB_DIR/train" 2>&1 & train=$!
must 'the hub rekeys the child' hub_ctl --rekey --child net
must 'another child stands' until_ok 20 changed
must 'the hub rekeys the IKE SA' hub_ctl --rekey --ike flex
wait $train
must 'not one packet to the learned route was lost' grep -q '100 received' "$LAB_DIR/train"
must 'the session of BGP is the same' test "$before" = "$(session)"

must 'another network' enter $'router bgp 65001\nnetwork 10.30.30.0 mask 255.255.255.0\nno network 10.20.20.0 mask 255.255.255.0'
must 'the hub learns it' until_ok 10 hub_has 10.30.30.0/24
must 'and loses the other' until_ok 10 not hub_has 10.20.20.0/24
must 'the session of BGP is still the same' test "$before" = "$(session)"

spoked_stop KILL
must 'spoked is killed and starts again' spoked_start "$LAB_DIR/startup-config"
restored() { frr_says spoke 'show running-config' 'network 10.20.20.0/24' && ! frr_says spoke 'show running-config' 'network 10.30.30.0/24'; }
must 'FRR is as the startup-config has it' until_ok 20 restored
must 'active again' until_ok 60 peer_is 10.0.0.1
must 'learned again' until_ok 30 learned 192.168.200.0/24
FRR_SIGNAL=KILL frr_stop spoke bgpd
must 'bgpd is killed and starts again' frr_start spoke bgpd
must 'it is told again' until_ok 40 learned 192.168.200.0/24

must 'the first hub is in use' learned 192.168.211.0/24
blackhole on 10.0.0.1
must 'the client moves to the second hub' until_ok 20 peer_is 10.0.2.1
hub2_heard() { frr_ask hub2 'show bgp ipv4 unicast' | grep -q "$1"; }
must 'BGP moves with it' until_ok 40 learned 192.168.212.0/24
must 'and the static route' until_ok 10 hub2_heard 10.97.0.0
must 'the routes of the first are gone' until_ok 10 not learned 192.168.211.0/24
must 'ping to what was learned' until_ok 10 ping_from inside 192.168.200.10
must 'spoked ends' spoked_stop
must 'FRR has nothing of it any more' not frr_says spoke 'show running-config' 'router bgp'
