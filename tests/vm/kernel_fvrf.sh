#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A front-door VRF under a kernel that has VRFs: the uplink stands in `fvrf`, tunnel and inside in `red`, nothing in the global table. IKE and
# ESP leave by fvrf's table; the hub's pushed routes go into red's. FVRF_MODE=gre: GRE with a key under transport mode instead. The VRF is taken away
# and comes back under a session, and after the end nothing stays.
set -u
. "$(dirname "$0")/../lab/lib.sh"
lab_trap
HUB_PLANE=${HUB_PLANE:-kernel}
mode=${FVRF_MODE:-ipsec}
if [ "$mode" = gre ]; then
	eval "tunnel_$(declare -f hub_files)"
	hub_files() { # transport mode for GRE between the two, bound to no interface
		tunnel_hub_files
		sed -i -e 's/local_ts = .*/local_ts = 10.0.0.1\/32[gre]/' -e 's/remote_ts = .*/remote_ts = 172.16.0.1\/32[gre]/' \
			-e 's/dpd_action = clear/mode = transport/' -e '/if_id_/d' -e '/pools = pool/d' "$LAB_DIR/$HUB/swanctl.conf"
	}
	hub_plane() {
		ip -n "$LAB-hub" link show flex0 > /dev/null 2>&1 && return
		ip -n "$LAB-hub" link add flex0 type gre local 10.0.0.1 remote 172.16.0.1 ttl 64 key 7 && ip -n "$LAB-hub" link set flex0 addrgenmode none && ip -n "$LAB-hub" link set flex0 up mtu 1400 || return 1
		route hub 10.250.0.0/24 dev flex0 && route hub 10.20.20.0/24 dev flex0 && route hub 10.30.30.0/24 dev flex0
	}
fi
lab_up || exit 1
addr inet s0 172.31.255.254/32 # the uplink's gateway; the other one is on no network of it
{
	cat <<-C
		vrf definition fvrf
		 rd 9:9
		 address-family ipv4
		 exit-address-family
		vrf definition red
		 rd 1:1
		 address-family ipv4
		 exit-address-family
		track 7 ip sla 7 reachability
		ip sla 7
		 icmp-echo 10.0.0.1
		  vrf fvrf
		  frequency 1
		ip sla schedule 7 life forever start-time now
		track 8 ip route 10.0.0.0 255.255.0.0 reachability
		 ip vrf fvrf
	C
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/^interface Tunnel0$/&\n vrf forwarding red\n tunnel vrf fvrf/' \
		-e 's/^interface Ethernet0\/0$/&\n vrf forwarding fvrf/' -e 's/^crypto ikev2 profile prof$/&\n match fvrf fvrf/' \
		-e 's/^ ip route .*/ip route vrf fvrf 10.0.0.0 255.255.0.0 172.31.255.254/' |
		if [ "$mode" = gre ]; then
			sed -e 's/tunnel mode ipsec ipv4/tunnel mode gre ip\n tunnel key 7/' -e '/^crypto ipsec transform-set/a\ mode transport' \
				-e 's/ip address negotiated/ip address 10.250.0.1 255.255.255.0/' -e 's/ config-mode set/ no config-exchange request/'
			echo 'ip route vrf red 192.168.100.0 255.255.255.0 Tunnel0'
		else
			cat
		fi
	cat <<-C
		interface lan0
		 vrf forwarding red
		 ip address 10.20.20.1 255.255.255.0
	C
} > "$LAB_DIR/startup-config"
typed() { sh_script > "$LAB_DIR/typed" && ! grep -q '^%' "$LAB_DIR/typed"; } # lines on stdin
in_vrf() { in_ns spoke ip route show vrf "vrf-$1" "$2" | grep -q "${3:-.}"; } # VRF PREFIX [TEXT]
member() { in_ns spoke ip link show master "vrf-$1" | grep -q " $2[:@]"; }
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'the uplink is in its VRF' until_ok 10 member fvrf eth0
must 'the tunnel in the other one' until_ok 10 member red Tunnel0
must 'the way to the hub is known there' until_ok 10 in_vrf fvrf 10.0.0.0/16 'via 172.31.255.254 dev eth0'
must 'and nowhere else' not in_ns spoke ip route get 10.0.0.1
must 'the probe of the VRF is answered' until_ok 10 spoke_says 'show track 7' 'Reachability is Up'
must 'the route of the VRF is seen' until_ok 10 spoke_says 'show track 8' 'Reachability is Up'
must 'ping in the VRF' spoke_says 'ping vrf fvrf 10.0.0.1 repeat 2' '100 percent'
capture "$LAB_DIR/outside.pcap"
must 'connect' connect
must 'active' until_ok 60 client_is ACTIVE
must 'the inside reaches the company' until_ok 20 ping_from inside 192.168.100.10
must 'the route is in the inner VRF' until_ok 10 in_vrf red 192.168.100.0/24 'dev Tunnel0'
must 'and not in the global table' not spoke_route 192.168.100.0/24
must 'large packets pass' in_ns inside ping -n -q -c 3 -i 0.2 -W 2 -s 3000 192.168.100.10
must 'a TCP stream passes' until_ok 30 tcp_through
must 'the session tells its VRFs' spoke_says 'show crypto ikev2 sa' 'fvrf/red'
must 'so does the client' spoke_says 'show crypto ikev2 client flexvpn flex' 'fvrf : fvrf'
child() { hub_ctl --list-sas | grep -o 'net: #[0-9]*' | tail -n 1; }
changed() { [ "$before" != "$(child)" ]; }
before=$(child)
must 'the hub rekeys the child' hub_ctl --rekey --child net
must 'another child stands' until_ok 30 changed
must 'ping after the rekey' until_ok 10 ping_from inside 192.168.100.10
must 'the hub rekeys the IKE SA' hub_ctl --rekey --ike flex
must 'ping after that' until_ok 10 ping_from inside 192.168.100.10
end capture INT
inside_seen() { tcpdump -n -r "$LAB_DIR/outside.pcap" 'net 192.168.100.0/23 or net 10.20.20.0/24 or ip proto 47' 2> /dev/null | grep -v 'ICMP .* unreachable' | grep -q .; }
must 'nothing of the inside was in the clear' not inside_seen

must 'the uplink leaves the VRF' typed <<< $'enable\nconfigure terminal\ninterface Ethernet0/0\nno vrf forwarding\nend'
must 'and the client says why it waits' until_ok 10 spoke_says 'show crypto ikev2 client flexvpn flex' 'not in the tunnel VRF'
must 'nothing passes' not ping_from inside 192.168.100.10 1
must 'it comes back' typed <<< $'enable\nconfigure terminal\ninterface Ethernet0/0\nvrf forwarding fvrf\nip address 172.16.0.1 255.240.0.0\nend'
must 'connect again' until_ok 10 connect
must 'active again' until_ok 60 client_is ACTIVE
must 'ping again' until_ok 20 ping_from inside 192.168.100.10
must 'spoked ends' spoked_stop
must 'no VRF stays' not in_ns spoke sh -c 'ip link show type vrf | grep -q .'
must 'no route of ours stays' test -z "$(in_ns spoke ip route show table all proto 117)"
must 'the kernel has no SA' in_ns spoke sh -c '! ip xfrm state | grep -q src && ! ip xfrm policy | grep -q tmpl'
