#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What interfaces do with packets: segment sizes of connections through the tunnel, addresses by router advertisements, and where the kernel has
# VLANs (VLANS=yes) a sub-interface that only speaks with its own.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
wire spoke eth1 inet s1
in_ns inet sh -c 'echo 1 > /proc/sys/net/ipv6/conf/s1/forwarding'
ip -n "$LAB-inet" addr add 2001:db8:1::1/64 dev s1 nodad
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" > "$LAB_DIR/startup-config"
typed() { { printf 'enable\nconfigure terminal\n'; cat; printf 'end\n'; } | sh_script > "$LAB_DIR/typed" && ! grep '^%' "$LAB_DIR/typed"; }
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
must 'ping through' until_ok 10 ping_from inside 192.168.100.10

# The connection's own word: TCP_MAXSEG as the accepting side has it.
segment() { # prints the segment size that corp may send to inside
	in_ns corp timeout 10 python3 -c 'import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", 5002)); s.listen()
c, _ = s.accept(); print(c.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))' > "$LAB_DIR/mss" & local p=$!
	until_ok 5 in_ns inside python3 -c 'import socket; socket.create_connection(("192.168.100.10", 5002), 3)'
	wait $p
}
segment_at_most() { segment && [ "$(cat "$LAB_DIR/mss")" -le "$1" ]; }
must 'segments are large at first' not segment_at_most 900
must 'adjust-mss' typed <<< $'interface Tunnel0\nip tcp adjust-mss 900'
must 'segments are cut' segment_at_most 900
must 'a TCP stream passes' until_ok 20 tcp_through
must 'no adjust-mss' typed <<< $'interface Tunnel0\nno ip tcp adjust-mss'
must 'segments are large again' not segment_at_most 900

advertise() {
	ip netns exec "$LAB-inet" dnsmasq -k -p 0 -i s1 --bind-interfaces --enable-ra --dhcp-range=::,constructor:s1,ra-only,64,600 --ra-param=s1,4,600 \
		--dhcp-leasefile="$LAB_DIR/leases" --log-facility=- --pid-file="$LAB_DIR/ra.pid2" > "$LAB_DIR/ra.out" 2>&1 < /dev/null &
	started ra $!
	until_ok 10 grep -q 'router advertisement' "$LAB_DIR/ra.out"
}
has_global() { in_ns spoke ip -6 addr show dev eth1 | grep -q 'inet6 2001:db8:1:'; }
must 'a router that advertises' advertise
must 'IPv6 forwarding is on, as on a router' in_ns spoke sh -c 'echo 1 > /proc/sys/net/ipv6/conf/eth1/forwarding'
must 'autoconfig' typed <<< $'interface eth1\nipv6 address autoconfig default'
must 'an address is made' until_ok 20 has_global
must 'a default route too' until_ok 10 in_ns spoke sh -c 'ip -6 route show default | grep -q "dev eth1 proto ra"'
must 'show ipv6 interface brief has it' spoke_says 'show ipv6 interface brief' '2001:DB8:1:'
must 'no autoconfig' typed <<< $'interface eth1\nno ipv6 address autoconfig default'
must 'advertisements are heard no more' in_ns spoke sh -c '[ "$(cat /proc/sys/net/ipv6/conf/eth1/accept_ra)" = 1 ]'

if [ "${VLANS:-}" = yes ]; then
	ip -n "$LAB-inet" link add link s1 name s1.10 type vlan id 10 && ip -n "$LAB-inet" link set s1.10 up && addr inet s1.10 10.7.10.2/24
	must 'a sub-interface' typed <<< $'platform interface GigabitEthernet0/1 device eth1\ninterface GigabitEthernet0/1\nno shutdown\ninterface GigabitEthernet0/1.10\nencapsulation dot1Q 10\nip address 10.7.10.1 255.255.255.0'
	must 'it speaks with its VLAN' until_ok 10 ping_from spoke 10.7.10.2
	must 'and is shown' spoke_says 'show ip interface brief' '^GigabitEthernet0/1.10 *10.7.10.1 *YES manual *up *up'
	must 'another VLAN' typed <<< $'interface GigabitEthernet0/1.10\nencapsulation dot1Q 11'
	must 'it speaks no more' until_ok 10 not ping_from spoke 10.7.10.2 1
	must 'the parent goes down' typed <<< $'interface GigabitEthernet0/1\nshutdown\ninterface GigabitEthernet0/1.10\nencapsulation dot1Q 10'
	must 'and comes up' typed <<< $'interface GigabitEthernet0/1\nno shutdown'
	must 'the VLAN with it' until_ok 10 ping_from spoke 10.7.10.2
fi
must 'spoked ends' spoked_stop
must 'no VLAN stays' not in_ns spoke ip link show dev eth1.10
