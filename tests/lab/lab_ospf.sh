#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# OSPF with the hub's FRR over the tunnel, whose ends are point-to-point and without a common network: the neighbor becomes FULL, routes
# appear on both sides and carry packets, survive rekeys, and go with the session.
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/frr.sh"
lab_trap
lab_up || exit 1
LAB_OPTIONS=(--vtysh "$(frr_vtysh spoke)")
tunnel=ipsec0
if [ "${HUB_PLANE:-user}" = kernel ]; then
	tunnel=flex0 # OSPF is to find the networks of the inside
	ip -n "$LAB-hub" route del 10.20.20.0/24 dev flex0 && ip -n "$LAB-hub" route del 10.30.30.0/24 dev flex0
fi

# The hub's end of the tunnel has an address of its own; hellos to all routers leave through it.
ip -n "$LAB-hub" addr add 10.250.255.1/32 dev $tunnel
[ $tunnel = flex0 ] || route hub 10.250.0.0/24 dev $tunnel
ip -n "$LAB-corp" addr add 192.168.200.10/32 dev lo; route hub 192.168.200.0/24 via 192.168.100.10
hub_ospf() {
	frr_start hub zebra ospfd && frr_tell hub <<-C
		router ospf
		 ospf router-id 10.0.0.1
		 redistribute kernel route-map OUT
		exit
		ip prefix-list OUT seq 5 permit 192.168.200.0/24
		route-map OUT permit 10
		 match ip address prefix-list OUT
		exit
		interface $tunnel
		 ip ospf area 0
		 ip ospf network point-to-point
		 ip ospf hello-interval 1
		 ip ospf dead-interval 4
		 ip ospf mtu-ignore
		exit
	C
}
must 'the hub speaks OSPF' hub_ospf
must 'FRR runs in the spoke' frr_start spoke zebra ospfd
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e '/connect manual/d' -e 's/ tunnel source Ethernet0\/0/&\n ip ospf 1 area 0\n ip ospf network point-to-point\n ip ospf hello-interval 1\n ip ospf dead-interval 4\n ip ospf mtu-ignore/'
	cat <<-C
		interface lan0
		 ip address 10.20.20.1 255.255.255.0
		 ip ospf 1 area 0
		router ospf 1
		 router-id 10.20.20.1
		 passive-interface default
		 no passive-interface Tunnel0
		 log-adjacency-changes
	C
} > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'active' until_ok 30 client_is ACTIVE
must 'the neighbor is full' until_ok 40 spoke_says 'show ip ospf neighbor' '^10.0.0.1 .*FULL/.*Tunnel0'
must 'a template reads it' parses 'show ip ospf neighbor' NEIGHBOR=10.0.0.1 STATE='FULL/.*' INTERFACE=Tunnel0
learned() { in_ns spoke ip route show "$1" proto ospf | grep -q 'dev Tunnel0'; }
hub_has() { ip -n "$LAB-hub" route show "$1" proto ospf | grep -q "$tunnel"; }
must 'what the hub redistributes becomes a route' until_ok 20 learned 192.168.200.0/24
must 'show ip route has it' spoke_says 'show ip route' '^O E2  *192.168.200.0/24 \[110/20\] via 10.250.255.1'
must 'show ip protocols has the process' spoke_says 'show ip protocols' 'Router ID 10.20.20.1'
must 'the hub learns the inside network' until_ok 20 hub_has 10.20.20.0/24
must 'ping to what was learned' until_ok 10 ping_from inside 192.168.200.10

age() { frr_ask spoke 'show ip ospf neighbor json' | grep -o '"upTimeInMsec":[0-9]*' | grep -o '[0-9]*'; }
before=$(age)
child() { hub_ctl --list-sas | grep -o 'net: #[0-9]*' | tail -n 1; }
was=$(child)
changed() { [ "$was" != "$(child)" ]; }
in_ns inside ping -n -q -i 0.05 -c 100 -W 2 192.168.200.10 > "$LAB_DIR/train" 2>&1 & train=$!
must 'the hub rekeys the child' hub_ctl --rekey --child net
must 'another child stands' until_ok 20 changed
must 'the hub rekeys the IKE SA' hub_ctl --rekey --ike flex
wait $train
must 'not one packet to the learned route was lost' grep -q '100 received' "$LAB_DIR/train"
must 'the adjacency is the same' test "$(age)" -gt "$before"

enter() { printf 'enable\nconfigure terminal\n%s\nend\n' "$1" | sh_script > "$LAB_DIR/out" 2>&1 && not grep -q '^%' "$LAB_DIR/out"; }
must 'the inside network is taken out' enter $'interface lan0\nno ip ospf 1 area 0'
must 'the hub loses it' until_ok 20 not hub_has 10.20.20.0/24
must 'and put back' enter $'interface lan0\nip ospf 1 area 0'
must 'the hub learns it again' until_ok 20 hub_has 10.20.20.0/24
must 'the session ends' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'it comes back, and OSPF with it' until_ok 60 spoke_says 'show ip ospf neighbor' '^10.0.0.1 .*FULL/.*Tunnel0'
must 'the route too' until_ok 20 learned 192.168.200.0/24
must 'spoked ends' spoked_stop
must 'its routes of OSPF are gone' until_ok 10 not learned 192.168.200.0/24
must 'FRR has nothing of it any more' not frr_says spoke 'show running-config' 'ospf'
