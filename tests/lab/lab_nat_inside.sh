#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# NAT of the networks behind the spoke, both cases of the guide. A network list from the server: enterprise traffic carries the
# negotiated address, Internet traffic that of the outside interface. A default route from the server: all of it the negotiated one.
# The address is followed as it changes; without rules for the tunnel nothing is translated there; access groups; nothing stays behind.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
SERVER=203.0.113.10 # a host of the Internet
ip -n "$LAB-inet" addr add $SERVER/32 dev lo
route hub $SERVER via 10.0.0.254
route inet 10.250.0.0/15 via 10.0.0.1
configure() { printf '%s\n' 'configure terminal' "$@" end | sh_script > /dev/null; }
tunnel_addr() { in_ns spoke ip -4 -o addr show dev Tunnel0 | awk '{ sub("/.*", "", $4); print $4 }'; }
watch_at() { # NS IF FILE: a capture of its own
	ip netns exec "$LAB-$1" tcpdump --immediate-mode -U -n -i "$2" -w "$LAB_DIR/$3" icmp or tcp 2> "$LAB_DIR/$3.err" &
	started "$3" $!
	until_ok 10 grep -q 'listening on' "$LAB_DIR/$3.err"
}
saw() { tcpdump -n -r "$LAB_DIR/$1" "$2" 2> /dev/null | grep -q .; } # FILE FILTER
table_there() { in_ns spoke nft list table inet spoke > /dev/null 2>&1; }
tcp_to_internet() { # one line to the server and its answer
	in_ns inet python3 "$LAB_SRC/stream.py" receive 5002 "$LAB_DIR/received2" & local r=$!
	in_ns inside python3 "$LAB_SRC/stream.py" send $SERVER 5002 "$LAB_TOP/CONTRIBUTING.md" || { kill $r 2> /dev/null; wait $r; return 1; }
	wait $r && cmp -s "$LAB_TOP/CONTRIBUTING.md" "$LAB_DIR/received2"
}

adapt "$LAB_TOP/examples/configs/guide-psk.cfg" > "$LAB_DIR/plain-config"
cat "$LAB_DIR/plain-config" - > "$LAB_DIR/startup-config" <<-'C'
	interface lan0
	 ip nat inside
	interface Ethernet0/0
	 ip nat outside
	interface Tunnel0
	 ip nat outside
	access-list 101 permit ip 10.20.20.0 0.0.0.255 any
	route-map TUN permit 10
	 match ip address 101
	 match interface Tunnel0
	route-map NET permit 10
	 match ip address 101
	 match interface Ethernet0/0
	ip nat inside source route-map TUN interface Tunnel0 overload
	ip nat inside source route-map NET interface Ethernet0/0 overload
	ip nat translation udp-timeout 120
C
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line of it is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'no line of NAT waits for anything' not spoke_says 'show configuration unsupported' 'nat\|route-map'
must 'the Internet is reached before the tunnel is up' until_ok 10 ping_from inside $SERVER 1
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
must 'the pushed network is a route' until_ok 5 spoke_route 192.168.100.0/24 'dev Tunnel0'

# ---- a network list from the server
A=$(tunnel_addr)
watch_at corp eth0 corp.pcap && watch_at inet s0 inet.pcap
must 'ping to the enterprise' ping_from inside 192.168.100.10
must 'a TCP stream to the enterprise' until_ok 20 tcp_through
must 'ping to the Internet' ping_from inside $SERVER
must 'a TCP stream to the Internet' until_ok 20 tcp_to_internet
must 'the translations are shown' spoke_says 'show ip nat translations' "^tcp  $A:.*10\.20\.20\.20:.*192\.168\.100\.10:5001"
must 'and those of the Internet' spoke_says 'show ip nat translations' "^tcp  172\.16\.0\.1:.*10\.20\.20\.20:.*$SERVER:5002"
must 'a template reads them' parses 'show ip nat translations' PROTOCOL=tcp INSIDE_GLOBAL='172[.]16[.]0[.]1:.*' INSIDE_LOCAL='10[.]20[.]20[.]20:.*' OUTSIDE_GLOBAL="$SERVER:5002"
must 'statistics count' spoke_says 'show ip nat statistics' 'Hits: [1-9][0-9]*  Misses: [1-9]'
must 'the list counts' spoke_says 'show access-lists 101' 'permit ip 10.20.20.0 0.0.0.255 any ([1-9][0-9]* match'
end corp.pcap INT; end inet.pcap INT
must 'the enterprise saw the negotiated address' saw corp.pcap "tcp and src host $A"
must 'and in pings too' saw corp.pcap "icmp and src host $A"
must 'and none of the inside' not saw corp.pcap 'src net 10.20.20.0/24'
must 'the Internet saw the outside address' saw inet.pcap "tcp and src host 172.16.0.1 and dst host $SERVER"
must 'and none of the inside' not saw inet.pcap 'net 10.20.20.0/24'
must 'clear' sh_run 'clear ip nat translation *'
must 'no translation stands' spoke_says 'show ip nat translations' '^Total number of translations: 0'

# ---- the address changes
must 'disconnect' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'the hub was told' until_ok 10 not hub_has_sa
sed -i 's/\baddrs = .*/addrs = 10.251.0.0\/24/' "$LAB_DIR/hub/swanctl.conf"
must 'the hub has other addresses now' until_ok 10 hub_load
must 'the address went' until_ok 10 not in_ns spoke sh -c 'ip -4 addr show dev Tunnel0 | grep -q inet'
must 'no rule has it any more' not in_ns spoke sh -c "nft list table inet spoke | grep -q '$A'"
must 'the Internet is reached all the same' ping_from inside $SERVER 1
must 'connect again' connect
must 'active again' until_ok 30 client_is ACTIVE
must 'another address' until_ok 5 in_ns spoke sh -c 'ip -4 addr show dev Tunnel0 | grep -q "inet 10\.251\.0\."'
A=$(tunnel_addr)
watch_at corp eth0 corp2.pcap
must 'ping to the enterprise' until_ok 10 ping_from inside 192.168.100.10
end corp2.pcap INT
must 'the new address is seen there' saw corp2.pcap "icmp and src host $A"
must 'and no other' not saw corp2.pcap "icmp[0] = 8 and not src host $A"

# ---- no rules for the tunnel, no translation
must 'the rule goes' configure 'no ip nat inside source route-map TUN interface Tunnel0 overload'
watch_at corp eth0 corp3.pcap
must 'ping to the enterprise' until_ok 10 ping_from inside 192.168.100.10
end corp3.pcap INT
must 'with the inside address' saw corp3.pcap 'icmp and src host 10.20.20.20'
must 'the rule comes back' configure 'ip nat inside source route-map TUN interface Tunnel0 overload'

# ---- access groups
must 'a list on the inside' configure 'ip access-list extended NOPING' 'deny icmp any host 192.168.100.10' 'permit ip any any' \
	'interface lan0' 'ip access-group NOPING in'
must 'what it denies does not pass' not ping_from inside 192.168.100.10 1
must 'what it permits does' until_ok 20 tcp_through
must 'and is counted' spoke_says 'show access-lists NOPING' '10 deny   icmp any host 192.168.100.10 ([1-9][0-9]* match'
must 'without the list all passes' configure 'interface lan0' 'no ip access-group NOPING in'
must 'ping again' ping_from inside 192.168.100.10 1

# ---- kill -9
must 'saved' sh_run 'write memory'
spoked_stop KILL
must 'the table outlives the process' table_there
must 'a new spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
must 'ping to the enterprise' until_ok 10 ping_from inside 192.168.100.10
must 'ping to the Internet' ping_from inside $SERVER
must 'disconnect' sh_run 'clear crypto ikev2 client flexvpn connect flex'
spoked_stop KILL
must 'one without NAT starts' spoked_start "$LAB_DIR/plain-config"
must 'what the killed one left is gone' not table_there
must 'it ends' spoked_stop

# ---- a default route from the server
sed -i 's/subnet = .*/subnet = 0.0.0.0\/0/; /split_include/d; s/\baddrs = .*/addrs = 10.250.0.0\/24/' "$LAB_DIR/hub/swanctl.conf"
must 'the hub was told' until_ok 10 not hub_has_sa
must 'the hub pushes a default route' until_ok 10 hub_load
grep -v '^ *ip route' "$LAB_DIR/startup-config" > "$LAB_DIR/default-config"
sed -i '/^end/d' "$LAB_DIR/default-config"
echo 'ip route 10.0.0.0 255.255.255.0 2.2.2.2' >> "$LAB_DIR/default-config"
must 'spoked starts' spoked_start "$LAB_DIR/default-config"
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
must 'the default route is the tunnel' until_ok 5 spoke_route default 'dev Tunnel0'
A=$(tunnel_addr)
watch_at corp eth0 corp4.pcap && watch_at inet h0 inet4.pcap
must 'ping to the enterprise' until_ok 10 ping_from inside 192.168.100.10
must 'ping to the Internet' until_ok 10 ping_from inside $SERVER
must 'a TCP stream to the enterprise' until_ok 20 tcp_through
must 'a TCP stream to the Internet' until_ok 20 tcp_to_internet
end corp4.pcap INT; end inet4.pcap INT
must 'the enterprise saw the negotiated address' saw corp4.pcap "tcp and src host $A"
must 'so did the Internet' saw inet4.pcap "tcp and src host $A and dst host $SERVER"
must 'and none of the inside' not saw inet4.pcap 'net 10.20.20.0/24'
must 'spoked ends' spoked_stop
must 'its table went with it' not table_there
must 'nothing of it failed' not grep -q 'OPERATION_FAILED' "$LAB_DIR/spoked.log"
