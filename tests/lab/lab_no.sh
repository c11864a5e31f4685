#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `no` of each section leaves the kernel as it was: links, addresses, routes of every table, rules, the packet filter, and what devices do with
# router advertisements are compared before a section is entered and after it is taken away again. Each section must be seen to do something.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
wire spoke eth1 inet s1
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/^ ip route .*/ip route 10.0.0.0 255.255.0.0 2.2.2.2/' > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
settled() { spoke_route 10.0.0.0/16 'via 2.2.2.2'; }
must 'the example stands' until_ok 10 settled
snapshot() { # without counters, lifetimes, and what the kernel does by itself (the first VRF brings a rule that stays)
	in_ns spoke sh -c 'ip -o -d link; ip -o addr; ip route show table all; ip -6 route show table all; ip rule; ip -6 rule
		nft list ruleset; grep -H . /proc/sys/net/ipv6/conf/*/accept_ra /proc/sys/net/ipv6/conf/*/accept_ra_defrtr' |
		sed -e 's/^[0-9]*: //' -e 's/valid_lft.*//' -e 's/expires [0-9]*sec//' -e 's/ temporary.*//' | grep -v 'fe80\|ff00::/8\|l3mdev-table' | sort > "$LAB_DIR/$1"
}
as_before() { snapshot after; cmp -s "$LAB_DIR/before" "$LAB_DIR/after"; }
typed() { { printf 'enable\nconfigure terminal\n'; cat; printf 'end\n'; } | sh_script > "$LAB_DIR/typed" && ! grep '^%' "$LAB_DIR/typed"; }
section() { # NAME LINES NO-LINES: entered, seen, taken away
	snapshot before
	must "$1 is entered" typed <<< "$2"
	must "$1 does something" until_ok 15 not as_before
	must "no $1 is entered" typed <<< "$3"
	until_ok 15 as_before || { diff "$LAB_DIR/before" "$LAB_DIR/after"; must "no $1 leaves the kernel as before" false; }
	echo "ok   no $1 leaves the kernel as before"
}
section 'a tunnel' $'interface Tunnel7\nip address 10.7.8.1 255.255.255.0\ntunnel source Ethernet0/0' 'no interface Tunnel7'
section 'addresses' $'interface eth1\nip address 10.7.1.1 255.255.255.0\nip address 10.7.2.1 255.255.255.0 secondary\nipv6 address 2001:db8:8::1/64' \
	'no interface eth1'
section 'an MTU' $'interface eth1\nmtu 1400' $'interface eth1\nno mtu'
section 'a shutdown' $'interface eth1\nshutdown' $'interface eth1\nno shutdown'
section 'autoconfiguration' $'interface eth1\nipv6 address autoconfig default' $'interface eth1\nno ipv6 address autoconfig default'
section 'segment sizes' $'interface eth1\nip tcp adjust-mss 1360\nipv6 tcp adjust-mss 1340' $'interface eth1\nno ip tcp adjust-mss\nno ipv6 tcp adjust-mss'
section 'an access group' $'access-list 107 deny tcp any any eq 25\naccess-list 107 permit ip any any\ninterface eth1\nip access-group 107 in' \
	$'interface eth1\nno ip access-group 107 in\nno access-list 107'
section 'NAT' $'access-list 7 permit any\nip nat inside source list 7 interface Ethernet0/0 overload\ninterface lan0\nip nat inside\ninterface Ethernet0/0\nip nat outside' \
	$'interface lan0\nno ip nat inside\ninterface Ethernet0/0\nno ip nat outside\nno ip nat inside source list 7 interface Ethernet0/0 overload\nno access-list 7'
section 'routes' $'ip route 10.70.0.0 255.255.0.0 2.2.2.2 9 tag 7\nip route 10.71.0.0 255.255.0.0 Null0\nipv6 route 2001:db8:70::/48 Null0' \
	$'no ip route 10.70.0.0 255.255.0.0 2.2.2.2 9 tag 7\nno ip route 10.71.0.0 255.255.0.0 Null0\nno ipv6 route 2001:db8:70::/48 Null0'
# Kinds of devices that not every kernel has: tests/vm/no.sh.
[ -z "${MORE_SECTIONS:-}" ] || . "$MORE_SECTIONS"
must 'connect' connect
must 'active' until_ok 60 client_is ACTIVE
must 'disconnect' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'spoked ends' spoked_stop
