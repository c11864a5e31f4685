#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# NAT, split DNS and DHCP together, over a failover between two hubs that push different things. Two hosts behind the spoke, one behind
# each hub, the provider's name server and a company's at each hub. Before, during and after: split names go to the hub in use, other
# names to the provider, and none of a train of queries is lost; packets carry the address of the session; a DHCP client is told the new
# hub's domain and WINS at its renewal. Killed processes are back within 5 s, once. Line by line the kernel becomes what it was.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up && hub2_up && hub_use hub || exit 1
typed() { sh_script > "$LAB_DIR/typed" 2>&1; } # lines on stdin

# A second host, on a network of its own.
ip netns add "$LAB-inside2" && ip -n "$LAB-inside2" link set lo up && LAB_NS="$LAB_NS inside2"
wire spoke lan1 inside2 eth0; addr spoke lan1 10.40.40.1/24; addr inside2 eth0 10.40.40.40/24; route inside2 default via 10.40.40.1
# The first host gets its address from the router.
ip -n "$LAB-inside" addr flush dev eth0

name_server() { # NS ADDRESS NAME=ANSWER…: everything in and under NAME is ANSWER
	local ns=$1 at=$2 args=(); shift 2
	for a; do args+=("--address=/${a%=*}/${a#*=}"); done
	ip netns exec "$LAB-$ns" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --bind-interfaces \
		--listen-address="$at" --log-queries --log-facility="$LAB_DIR/dns-$ns.log" "${args[@]}" > "$LAB_DIR/dns-$ns.out" 2>&1 &
	started "dns-$ns" $!
	until_ok 10 in_ns "$ns" python3 "$LAB_SRC/ask.py" "$at" test.invalid
}
push() { # DNS WINS: what this hub says, of the domain corp.example
	sed -i "s/dns = 192.168.100.53/dns = $1\n28675 = corp.example\n28674 = $HUB.example\nnbns = $2/" "$LAB_DIR/$HUB/swanctl.conf" && hub_load
}
addr inet lo 198.51.100.53/32; addr corp eth0 192.168.100.53/24; addr corp2 eth0 192.168.100.54/24
must 'the provider has a name server' name_server inet 198.51.100.53 corp.example=203.0.113.1 isp.example=203.0.113.3
must 'the company has one at the first hub' name_server corp 192.168.100.53 corp.example=192.168.100.81 isp.example=192.168.100.83
must 'and one at the second' name_server corp2 192.168.100.54 corp.example=192.168.100.91 isp.example=192.168.100.93
must 'the first hub pushes it' push 192.168.100.53 192.168.100.98
hub_use hub2; must 'the second too' push 192.168.100.54 192.168.100.99; hub_use hub

cat > "$LAB_DIR/lease.sh" <<-'S'
	#!/bin/sh
	[ "$1" = bound ] || [ "$1" = renew ] || exit 0
	ip addr replace "$ip/$mask" dev "$interface" && ip route replace default via "$router"
	printf '%s\n' "ip=$ip" "domain=$domain" "wins=$wins" "dns=$dns" "event=$1" > "$LEASE.new" && mv "$LEASE.new" "$LEASE"
S
chmod +x "$LAB_DIR/lease.sh"
dhcp_client() { # runs on, and renews on SIGUSR1
	LEASE=$LAB_DIR/lease ip netns exec "$LAB-inside" udhcpc -i eth0 -f -t 5 -T 1 -O domain -O wins -O dns -s "$LAB_DIR/lease.sh" \
		> "$LAB_DIR/udhcpc.out" 2>&1 < /dev/null &
	started udhcpc $!
}
has() { grep -qx "$1" "$LAB_DIR/lease" 2> /dev/null; }
renewed() { rm -f "$LAB_DIR/lease"; kill -USR1 "$(pid_of udhcpc)"; until_ok 3 has event=renew && has "$1"; } # KEY=VALUE
ask() { in_ns "${2:-inside}" python3 "$LAB_SRC/ask.py" "${3:-10.20.20.1}" "$1"; }
answer_is() { [ "$(ask "$1" "${3:-inside}" "${4:-10.20.20.1}")" = "$2" ]; } # NAME ADDRESS [HOST SERVER]
both_say() { answer_is "$1" "$2" && answer_is "$1" "$2" inside2 10.40.40.1; }

# ---- the kernel before
plain() { adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e '/^crypto ikev2 client/,/^!/d' -e '/^interface Tunnel0/,/^!/d'; }
plain > "$LAB_DIR/startup-config"
snapshot() { # what the kernel has, without what counts or ages
	in_ns spoke sh -c 'ip -br link; ip -br addr; ip route show table all; ip -6 route show table all; ip rule; ip -6 rule; nft list ruleset' |
		sed -e 's/@[a-z0-9]*//' -e '/^[a-z0-9]* *UNKNOWN.*tun/d' -e '/fe80::\|ff00::/d' -e 's/expires [0-9]*sec//' | sort
}
must 'a spoke without services starts' spoked_start "$LAB_DIR/startup-config"
until_ok 10 spoke_route default 'via 2.2.2.2'
snapshot > "$LAB_DIR/before"

services() {
	cat <<-C
		ip sla 1
		 icmp-echo 10.0.0.1
		  frequency 1
		  timeout 500
		  threshold 500
		ip sla schedule 1 life forever start-time now
		track 1 ip sla 1 reachability
		interface Tunnel0
		 ip address negotiated
		 ip nat outside
		 tunnel source Ethernet0/0
		 tunnel destination dynamic
		 tunnel mode ipsec ipv4
		 tunnel protection ipsec-profile ipsecprof
		interface Ethernet0/0
		 ip nat outside
		interface lan0
		 ip address 10.20.20.1 255.255.255.0
		 ip nat inside
		interface lan1
		 ip address 10.40.40.1 255.255.255.0
		 ip nat inside
		 ip access-group LAN1 in
		ip access-list extended LAN1
		 deny tcp any any eq 23
		 permit ip any any
		access-list 101 permit ip 10.0.0.0 0.255.255.255 any
		route-map TUN permit 10
		 match ip address 101
		 match interface Tunnel0
		route-map NET permit 10
		 match ip address 101
		 match interface Ethernet0/0
		ip nat inside source route-map TUN interface Tunnel0 overload
		ip nat inside source route-map NET interface Ethernet0/0 overload
		ip name-server 198.51.100.53
		ip dns server
		ip dhcp excluded-address 10.20.20.1 10.20.20.99
		ip dhcp excluded-address 10.20.20.101 10.20.20.254
		ip dhcp pool LAN
		 import all
		 network 10.20.20.0 255.255.255.0
		 default-router 10.20.20.1
		 lease 0 2
		crypto ikev2 client flexvpn flex
		 peer 1 10.0.0.1 track 1
		 peer 2 10.0.2.1
		 peer reactivate
		 client connect Tunnel0
		 connect auto
	C
}
must 'the services are typed' typed <<< $'enable\nconfigure terminal\n'"$(services)"$'\nend\nwrite memory'
must 'no line is refused' not grep -q '^%' "$LAB_DIR/typed"
peer_is() { sh_run 'show crypto ikev2 client flexvpn flex' | grep -q "Peer : $1\$" && client_is ACTIVE; }
must 'the client is on the first hub' until_ok 30 peer_is 10.0.0.1

# ---- before
must 'a host behind asks for an address' dhcp_client
must 'and gets one' until_ok 20 has ip=10.20.20.100
must 'it is told what the first hub pushed' until_ok 15 renewed domain=hub.example
must 'with its WINS' has wins=192.168.100.98
must 'names of the company go to the first hub, from both hosts' until_ok 10 both_say www.corp.example 192.168.100.81
must 'others to the provider' both_say www.isp.example 203.0.113.3
tunnel_addr() { in_ns spoke ip -4 -o addr show dev Tunnel0 | awk '{ sub("/.*", "", $4); print $4 }'; }
watch_at() { # NS IF FILE FILTER
	ip netns exec "$LAB-$1" tcpdump --immediate-mode -U -n -i "$2" -w "$LAB_DIR/$3" "$4" 2> "$LAB_DIR/$3.err" &
	started "$3" $!
	until_ok 10 grep -q 'listening on' "$LAB_DIR/$3.err"
}
saw() { tcpdump -n -r "$LAB_DIR/$1" "$2" 2> /dev/null | grep -q .; } # FILE FILTER
must 'a capture at the company' watch_at corp eth0 corp.pcap icmp
must 'and one of the Internet' watch_at inet s0 inet.pcap icmp
for h in inside inside2; do
	must "$h reaches the company" until_ok 5 ping_from $h 192.168.100.10 1
	must "$h reaches the Internet" until_ok 5 ping_from $h 198.51.100.53 1
done
A=$(tunnel_addr)
end corp.pcap; end inet.pcap
must 'the company saw the negotiated address' saw corp.pcap "icmp[0] = 8 and src host $A"
must 'and no other' not saw corp.pcap "icmp[0] = 8 and not src host $A"
must 'the Internet saw the outside address' saw inet.pcap 'icmp[0] = 8 and src host 172.16.0.1 and dst host 198.51.100.53'
must 'and none of the inside' not saw inet.pcap 'net 10.20.20.0/24 or net 10.40.40.0/24'

# ---- during
in_ns inside2 python3 "$LAB_SRC/ask.py" 10.40.40.1 www.isp.example 300 0.02 > "$LAB_DIR/train" & train=$!
blackhole on 10.0.0.1
must 'the client moves to the second hub' until_ok 20 peer_is 10.0.2.1
must 'names of the company go there' until_ok 10 both_say www.corp.example 192.168.100.91
wait $train
must 'of 300 queries for others none was lost meanwhile' test "$(cat "$LAB_DIR/train")" = 300
must 'no name of the company was asked of the provider' not grep -q 'corp.example' "$LAB_DIR/dns-inet.log"

# ---- after
must 'the host that renews is told the other domain' until_ok 15 renewed domain=hub2.example
must 'with the other WINS and server' eval 'has wins=192.168.100.99 && has dns=192.168.100.54'
must 'and keeps its address' has ip=10.20.20.100
must 'a capture at the other hub' watch_at corp2 eth0 corp2.pcap icmp
for h in inside inside2; do must "$h reaches the company" until_ok 5 ping_from $h 192.168.100.10 1; done
B=$(tunnel_addr)
end corp2.pcap
must 'the address is another one' test "$A" != "$B"
must 'which the company saw' saw corp2.pcap "icmp[0] = 8 and src host $B"
must 'and no other' not saw corp2.pcap "icmp[0] = 8 and not src host $B"

# ---- kill -9 of each child
children() { local p n=0; for p in $(ip netns pids "$LAB-spoke"); do grep -qs dnsmasq "/proc/$p/comm" && n=$((n + 1)); done; echo $n; }
had=$(children)
must 'there are as many processes as services' test "$had" -ge 2
for p in $(ip netns pids "$LAB-spoke"); do
	grep -qs dnsmasq "/proc/$p/comm" || continue
	kill -KILL "$p"
	must "process $p is killed, names are answered within 5 s" until_ok 5 both_say "k$p.corp.example" 192.168.100.91
	must 'and leases given' until_ok 5 renewed domain=hub2.example
	must 'by no more processes than before' until_ok 5 eval '[ "$(children)" = "$had" ]'
done
spoked_stop KILL
must 'spoked is killed and started again' spoked_start "$LAB_DIR/startup-config"
serves() { both_say www.isp.example 203.0.113.3 && [ "$(children)" = "$had" ]; }
must 'it serves within 5 s, once' until_ok 5 serves
must 'the session comes back' until_ok 30 peer_is 10.0.2.1
must 'with the names' until_ok 10 both_say www.corp.example 192.168.100.91
must 'and the translations' until_ok 5 ping_from inside2 192.168.100.10 1
must 'there is one rule for each way out' test "$(in_ns spoke nft list chain inet spoke srcnat | grep -c jump)" = 2

# ---- line by line
as_before() { snapshot > "$LAB_DIR/after"; cmp -s "$LAB_DIR/before" "$LAB_DIR/after"; }
must 'the kernel is not as it was' not as_before
undo() {
	cat <<-C
		no crypto ikev2 client flexvpn flex
		no ip nat inside source route-map TUN interface Tunnel0 overload
		no ip nat inside source route-map NET interface Ethernet0/0 overload
		no route-map TUN
		no route-map NET
		no access-list 101
		no interface Tunnel0
		no ip dhcp pool LAN
		no ip dns server
		no ip name-server 198.51.100.53
		interface lan1
		 no ip access-group LAN1 in
		 no ip nat inside
		interface lan0
		 no ip nat inside
		interface Ethernet0/0
		 no ip nat outside
		no ip access-list extended LAN1
		no track 1
		no ip sla 1
	C
}
must 'all of it is taken back' typed <<< $'enable\nconfigure terminal\n'"$(undo)"$'\nend'
must 'no line is refused' not grep -q '^%' "$LAB_DIR/typed"
must 'no process serves any more' until_ok 10 eval '[ "$(children)" = 0 ]'
until_ok 10 as_before || diff "$LAB_DIR/before" "$LAB_DIR/after"
must 'the kernel is as it was' as_before
must 'it ends' spoked_stop
failed() { grep 'OPERATION_FAILED' "$LAB_DIR/spoked.log" | grep -qv 'dnsmasq (.*): signal 9$'; }
must 'nothing failed but what was killed' not failed
