# SPDX-License-Identifier: GPL-3.0-or-later
# Sections of tests/lab/lab_no.sh, which reads this file, about devices that not every kernel has.
section 'a loopback' $'interface Loopback7\nip address 10.7.7.7 255.255.255.255\nipv6 address 2001:db8:7::7/128' 'no interface Loopback7'
section 'a GRE tunnel' $'interface Tunnel8\ntunnel mode gre ip\ntunnel source Ethernet0/0' 'no interface Tunnel8'
section 'a VLAN' $'interface eth1.10\nencapsulation dot1Q 10\nip address 10.7.10.1 255.255.255.0' 'no interface eth1.10'
section 'a VRF' $'vrf definition red\nrd 1:1\naddress-family ipv4\nexit-address-family\nexit\nip route vrf red 10.72.0.0 255.255.0.0 Null0' \
	$'no ip route vrf red 10.72.0.0 255.255.0.0 Null0\nno vrf definition red'
section 'a VRF of an interface' $'vrf definition red\naddress-family ipv4\nexit-address-family\nexit\ninterface eth1\nvrf forwarding red\nip address 10.7.3.1 255.255.255.0' \
	$'no interface eth1\nno vrf definition red'
section 'a front-door VRF' $'vrf definition fvrf\naddress-family ipv4\nexit-address-family\nexit\ninterface Tunnel9\ntunnel source eth1\ntunnel vrf fvrf' \
	$'no interface Tunnel9\nno vrf definition fvrf'
