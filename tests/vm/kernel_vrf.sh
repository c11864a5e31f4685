#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# VRFs under a kernel that has them: the tunnel and the inside stand in one, the uplink in none. What the hub pushes goes into the VRF's table,
# hosts of it reach the company and nothing else, the global table knows nothing of it; after `no` and after a kill nothing stays.
set -u
. "$(dirname "$0")/../lab/lib.sh"
lab_trap
lab_up || exit 1
{
	cat <<-C
		vrf definition red
		 rd 1:1
		 address-family ipv4
		 exit-address-family
		ip vrf blue
	C
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/^interface Tunnel0$/&\n vrf forwarding red/'
	cat <<-C
		interface lan0
		 vrf forwarding red
		 ip address 10.20.20.1 255.255.255.0
		ip route vrf red 10.77.0.0 255.255.0.0 10.20.20.20
		ip route vrf red 10.78.0.0 255.255.0.0 Null0
	C
} > "$LAB_DIR/startup-config"
typed() { sh_script > /dev/null; } # lines on stdin
in_red() { in_ns spoke ip route show vrf vrf-red "$1" | grep -q "${2:-.}"; } # PREFIX [TEXT]
member() { in_ns spoke ip link show master vrf-red | grep -q " $1[:@]"; }
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'the VRF is a device' until_ok 10 in_ns spoke ip link show dev vrf-red type vrf
must 'so is the other one' until_ok 10 in_ns spoke ip link show dev vrf-blue type vrf
must 'the inside is in it' until_ok 10 member lan0
must 'Tunnel0 as well' until_ok 10 member Tunnel0
must 'the uplink is not' not member eth0
must 'a static route stands in its table' until_ok 10 in_red 10.77.0.0/16 'via 10.20.20.20 dev lan0'
must 'a blackhole too' until_ok 10 in_red 10.78.0.0/16 blackhole
must 'and not in the global one' not spoke_route 10.77.0.0/16
must 'connect' connect
must 'active' until_ok 60 client_is ACTIVE
must 'the pushed route is in the VRF' until_ok 10 in_red 192.168.100.0/24 'dev Tunnel0'
must 'and not in the global table' not spoke_route 192.168.100.0/24
must 'ping through' until_ok 10 ping_from inside 192.168.100.10
must 'a TCP stream passes' until_ok 20 tcp_through
must 'the VRF leads nowhere else' not ping_from inside 2.2.2.2 1
must 'show vrf' spoke_says 'show vrf' '^  red  *1:1  *ipv4  *'
must 'show ip vrf' spoke_says 'show ip vrf' '^  blue '
must 'show ip route vrf has it' spoke_says 'show ip route vrf red' '^S .*192.168.100.0/24 is directly connected, Tunnel0'
must 'show ip route has not' not spoke_says 'show ip route' '192.168.100.0'
must 'spoked is killed' spoked_stop KILL
must 'it starts again' spoked_start "$LAB_DIR/startup-config"
must 'connect again' connect
must 'active again' until_ok 60 client_is ACTIVE
must 'ping again' until_ok 10 ping_from inside 192.168.100.10
must 'the other VRF goes' typed <<< $'configure terminal\nno ip vrf blue\nend'
must 'and its device' until_ok 10 not in_ns spoke ip link show dev vrf-blue
must 'the inside leaves the VRF' typed <<< $'configure terminal\ninterface lan0\nno vrf forwarding\nend'
must 'and is global' until_ok 10 not member lan0
must 'it ends' spoked_stop
must 'no VRF stays' not in_ns spoke ip link show dev vrf-red
must 'no route of ours stays' test -z "$(in_ns spoke ip route show table all proto 117)"
must 'nor a rule' not in_ns spoke sh -c 'ip rule | grep -q 117'
