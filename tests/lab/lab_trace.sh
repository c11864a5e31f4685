#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ping and traceroute by name over routers: names of `ip host` and of `ip name-server`, hops with their names, a link with a small MTU,
# what a router refuses, what nobody answers.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
mkdir -p "$LAB_DIR/state"
lab_wires || exit 1
said() { SAID=$(sh_run "$1"); true; } # COMMAND
has() { grep -q -- "$1" <<< "$SAID" || { lab_say "$SAID"; return 1; }; }
resolves() { sh_run 'ping hub repeat 1' | grep -q 'rate is 100'; }

addr inet lo 198.51.100.53/32
ip netns exec "$LAB-inet" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --bind-interfaces \
	--listen-address=198.51.100.53 --host-record=hub.example.com,10.0.0.1 --host-record=gw.example.com,2.2.2.2 > "$LAB_DIR/dns.out" 2>&1 &
started dns $!
in_ns inet sh -c "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit"
route inet 192.168.100.0/24 via 10.0.0.1
in_ns inet nft 'add table ip refuse; add chain ip refuse f { type filter hook forward priority 0; }
	add rule ip refuse f ip daddr 10.7.0.0/16 reject with icmp type admin-prohibited
	add rule ip refuse f ip daddr 10.8.0.0/16 reject with icmp type host-unreachable
	add rule ip refuse f ip daddr 10.9.0.0/16 drop'
route inet 10.0.0.0/8 via 10.0.0.1
ip -n "$LAB-inet" link set h0 mtu 1000; ip -n "$LAB-hub" link set eth0 mtu 1000
printf '%s\n' 'platform interface Ethernet0/0 device eth0' 'interface Ethernet0/0' ' ip address 172.16.0.1 255.240.0.0' \
	'ip route 0.0.0.0 0.0.0.0 2.2.2.2' 'ip name-server 198.51.100.53' 'ip domain name example.com' 'ip host host1.corp 192.168.100.10' \
	> "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'the name server answers' until_ok 10 resolves

said 'ping hub'
must 'the name is completed and translated' has '^Translating "hub"...domain server (198.51.100.53) \[OK\]$'
must 'its address is pinged' has '^Sending 5, 100-byte ICMP Echos to 10.0.0.1, timeout is 2 seconds:$'
must 'all answer' has '^Success rate is 100 percent (5/5)'
said 'ping host1.corp'
must 'a name of ip host needs no question' not has Translating
must 'and is pinged' has 'Echos to 192.168.100.10,'
said 'ping nosuch'
must 'an unknown name' has '^% Unrecognized host or address, or protocol not running.$'
said 'ping 10.0.0.1 size 1400 df-bit repeat 3 timeout 1'
must 'too long and not to be fragmented' has '^MMM$'
said 'ping 10.0.0.1 size 1400 repeat 3'
must 'fragmented it arrives' has '^!!!$'
said 'ping 10.0.0.1 source eth0'
must 'from an interface' has '^% Invalid source interface'
said 'ping 10.0.0.1 source Ethernet 0/0'
must 'from an interface of the router' has '^Packet sent with a source address of 172.16.0.1'
must 'which is answered' has '^!!!!!$'

said 'traceroute host1.corp'
must 'the head names both' has '^Tracing the route to host1.corp (192.168.100.10)$'
must 'the first hop has the name that the server knows' has '^  1 gw.example.com (2.2.2.2) [0-9]* msec [0-9]* msec [0-9]* msec$'
must 'so has the second' has '^  2 hub.example.com (10.0.0.1) [0-9]* msec'
must 'the third is the target' has '^  3 host1.corp (192.168.100.10) [0-9]* msec'
must 'behind which there is nothing' not has '^  4'
said 'traceroute 192.168.100.10 numeric probe 1 ttl 2 3 source Ethernet0/0'
must 'numbers only, from the second hop' has '^  2 10.0.0.1 [0-9]* msec$'
must 'to the third' has '^  3 192.168.100.10 [0-9]* msec$'
must 'without the first' not has '^  1'
said 'traceroute 10.7.0.1 numeric probe 1'
must 'prohibited' has '^  2 2.2.2.2 !A $'
said 'traceroute 10.8.0.1 numeric probe 1'
must 'unreachable' has '^  2 2.2.2.2 !H $'
said 'traceroute 10.9.0.1 numeric probe 2 timeout 1 ttl 1 2'
must 'the router on the way answers, behind it nobody does' has '^  2  \*  \* $'
said 'ping 10.8.0.1 repeat 2 timeout 1'
must 'a router says that there is no way' has '^UU$'

must 'lookups are switched off' sh_script <<< $'configure terminal\nno ip domain lookup\nend'
said 'ping hub'
must 'nobody is asked' not has Translating
must 'the name is unknown' has '^% Unrecognized host or address'
