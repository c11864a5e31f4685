#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `ip address dhcp`: the uplink's address, router and default route come from dnsmasq; the tunnel stands on them, follows to another address,
# and `no` gives everything back.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
addr inet s0 172.31.255.254/12
dhcp_server() { # FIRST: the only address that is leased
	rm -f "$LAB_DIR/leases"
	ip netns exec "$LAB-inet" dnsmasq -k -p 0 -i s0 --bind-interfaces --dhcp-range="$1,$1,255.240.0.0,2m" --dhcp-option=3,172.31.255.254 \
		--dhcp-option=15,isp.example --dhcp-leasefile="$LAB_DIR/leases" --dhcp-authoritative --no-ping --log-dhcp --log-facility=- \
		--pid-file="$LAB_DIR/dnsmasq.pid2" > "$LAB_DIR/dnsmasq.out" 2>&1 < /dev/null &
	started dnsmasq $!
	until_ok 10 grep -q 'DHCP, IP range' "$LAB_DIR/dnsmasq.out"
}
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/ip address 172.16.0.1 255.240.0.0/ip address dhcp/' \
	-e 's/^ ip route .*/ip route 10.0.0.0 255.255.0.0 dhcp 7/' > "$LAB_DIR/startup-config"
has_addr() { in_ns spoke ip -4 addr show dev eth0 | grep -q "inet $1"; }
typed() { sh_script > "$LAB_DIR/typed" && ! grep -q '^%' "$LAB_DIR/typed"; }
must 'a DHCP server' dhcp_server 172.16.7.7
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'the lease is set' until_ok 20 has_addr 172.16.7.7/12
must 'its router is the default route' until_ok 5 spoke_route default 'via 172.31.255.254 dev eth0 proto 117'
must 'ip route … dhcp goes there too' until_ok 5 spoke_route 10.0.0.0/16 'via 172.31.255.254 dev eth0 proto 117 metric 7'
must 'it is logged' grep -q '%DHCP-6-ADDRESS_ASSIGN: Interface Ethernet0/0 assigned DHCP address 172.16.7.7, mask 255.240.0.0, hostname' "$LAB_DIR/spoked.log"
must 'and shown' spoke_says 'show ip interface brief' '^Ethernet0/0 *172.16.7.7 *YES DHCP *up *up'
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
must 'ping through' until_ok 10 ping_from inside 192.168.100.10
must 'from the leased address' spoke_says 'show crypto ikev2 sa' '172.16.7.7/'

# The server hands out another one: asked to renew, it refuses the old one.
end dnsmasq
must 'another range' dhcp_server 172.16.8.8
must 'renew' sh_run 'renew dhcp Ethernet0/0'
must 'the address is another one' until_ok 30 has_addr 172.16.8.8/12
must 'the old one is gone' until_ok 5 not has_addr 172.16.7.7
must 'the session stands on it' until_ok 60 spoke_says 'show crypto ikev2 sa' '172.16.8.8/'
must 'ping again' until_ok 30 ping_from inside 192.168.100.10

must 'no ip address' typed <<< $'enable\nconfigure terminal\ninterface Ethernet0/0\nno ip address\nend'
must 'the address is gone' until_ok 10 not has_addr 172.16.8.8
must 'its routes too' until_ok 5 not spoke_route default 'proto 117'
must 'all of them' until_ok 5 not spoke_route 10.0.0.0/16 'proto 117'
must 'spoked ends' spoked_stop
