#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# IPv6 outside and IPv6 and IPv4 inside: the hub by name with an IPv6 address (`peer 1 fqdn … ipv6`), both addresses negotiated, networks of
# both families pushed by the hub and offered to it, pings of both from behind the spoke to behind the hub. Both ends are this program.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
[ "$(id -u)" = 0 ] || lab_die "network namespaces need root"
mkdir -p "$LAB_DIR/state" "$LAB_DIR/hubstate"
lab_wires || exit 1
for n in spoke inet hub corp inside; do in_ns $n sh -c 'for f in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 > $f; done; for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 0 > $f; done'; done
for n in spoke inet hub; do in_ns $n sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'; done
addr inet s0 2001:db8:16::fe/64; addr inet h0 2001:db8:10::fe/64
route hub 2001:db8:16::/64 via 2001:db8:10::fe dev eth0 onlink
addr hub corp0 2001:db8:100::1/64; addr corp eth0 2001:db8:100::10/64; route corp default via 2001:db8:100::1
addr spoke lan0 2001:db8:20::1/64; addr inside eth0 2001:db8:20::20/64; route inside default via 2001:db8:20::1
cat > "$LAB_DIR/hub.cfg" <<-C
	hostname hub
	ip local pool FLEX 10.250.0.10 10.250.0.20
	ipv6 local pool FLEX6 2001:db8:250::/48 128
	ip access-list standard CORP
	 permit 192.168.100.0 0.0.0.255
	ipv6 access-list CORP6
	 permit ipv6 2001:db8:100::/64 any
	crypto ikev2 authorization policy SPOKES
	 pool FLEX
	 ipv6 pool FLEX6
	 route set interface
	 route set access-list CORP
	 route set access-list ipv6 CORP6
	crypto ikev2 keyring KR
	 peer any
	  address ::/0
	  pre-shared-key $LAB_KEY
	crypto ikev2 profile HUB
	 match identity remote fqdn domain lab.example
	 identity local fqdn hub.lab.example
	 authentication local pre-share
	 authentication remote pre-share
	 keyring local KR
	 aaa authorization group psk list default SPOKES
	 virtual-template 1
	crypto ipsec transform-set TS esp-aes esp-sha256-hmac
	crypto ipsec profile IPS
	 set transform-set TS
	 set ikev2-profile HUB
	platform interface Ethernet0/0 device eth0
	interface Ethernet0/0
	 ipv6 address 2001:db8:10::1/64
	interface Loopback0
	 ip address 10.250.0.1 255.255.255.255
	 ipv6 address 2001:db8:250::1/128
	interface Virtual-Template1 type tunnel
	 ip unnumbered Loopback0
	 tunnel source Ethernet0/0
	 tunnel mode ipsec dual-overlay
	 tunnel protection ipsec profile IPS
C
cat > "$LAB_DIR/startup-config" <<-C
	ip host hub.lab.example 2001:db8:10::1
	ip access-list standard MINE
	 permit 10.20.20.0 0.0.0.255
	ipv6 access-list MINE6
	 permit ipv6 2001:db8:20::/64 any
	crypto ikev2 authorization policy flex
	 route set interface
	 route set access-list MINE
	 route set access-list ipv6 MINE6
	crypto ikev2 keyring KR
	 peer any
	  address ::/0
	  pre-shared-key $LAB_KEY
	crypto ikev2 profile prof
	 match identity remote fqdn hub.lab.example
	 identity local fqdn spoke1.lab.example
	 authentication local pre-share
	 authentication remote pre-share
	 keyring local KR
	 aaa authorization group psk list default flex
	crypto ipsec transform-set TS esp-aes esp-sha256-hmac
	crypto ipsec profile IPS
	 set transform-set TS
	 set ikev2-profile prof
	crypto ikev2 client flexvpn flex
	 peer 1 fqdn hub.lab.example ipv6
	 client connect Tunnel0
	platform interface Ethernet0/0 device eth0
	interface Ethernet0/0
	 ipv6 address 2001:db8:16::1/64
	interface Tunnel0
	 ip address negotiated
	 ipv6 address negotiated
	 tunnel source Ethernet0/0
	 tunnel destination dynamic
	 tunnel mode ipsec dual-overlay
	 tunnel protection ipsec profile IPS
	ipv6 route 2001:db8:10::/64 2001:db8:16::fe
C
ip netns exec "$LAB-hub" "$LAB_BIN/spoked" --config "$LAB_DIR/hub.cfg" --socket "$LAB_DIR/hub.sock" --state-dir "$LAB_DIR/hubstate" \
	--dataplane "${LAB_DATAPLANE:-auto}" --foreground > "$LAB_DIR/hubd.log" 2>&1 < /dev/null &
started hubd $!
must 'the hub answers' until_ok 20 "$LAB_BIN/spokesh" --socket "$LAB_DIR/hub.sock" -c 'show version'
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/hubd.log"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'it is active' until_ok 30 client_is ACTIVE
must 'by IPv6' spoke_says 'show crypto ikev2 client flexvpn flex' 'Peer : 2001:DB8:10::1'
must 'an IPv6 address of the pool' until_ok 5 in_ns spoke sh -c 'ip -6 addr show dev Tunnel0 | grep -q "inet6 2001:db8:250:"'
must 'an IPv4 address of the pool' until_ok 5 in_ns spoke sh -c 'ip -4 addr show dev Tunnel0 | grep -q "inet 10\.250\.0\."'
must 'an IPv6 route was pushed' until_ok 5 in_ns spoke sh -c 'ip -6 route show 2001:db8:100::/64 | grep -q "dev Tunnel0"'
must 'and an IPv4 route' until_ok 5 spoke_route 192.168.100.0/24 'dev Tunnel0'
must 'our IPv6 network became a route of the hub' until_ok 5 in_ns hub sh -c 'ip -6 route show 2001:db8:20::/64 | grep -q "dev Vi1"'
must 'ping by IPv6 from behind the spoke to behind the hub' until_ok 5 ping_from inside 2001:db8:100::10
must 'ping by IPv4' until_ok 5 ping_from inside 192.168.100.10
must 'it ends' spoked_stop
must 'no route of ours stays' test -z "$(in_ns spoke ip -6 route show proto 117)"
must 'the hub ends' end hubd
