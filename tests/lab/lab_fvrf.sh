#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A front-door VRF on whatever kernel this is: the uplink stands in `fvrf`, the tunnel in the global table, where the default route of the guide's
# example would swallow everything. Where the kernel has no VRF devices rules stand in, and nothing of them stays.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
addr inet s0 172.31.255.254/32
{
	printf 'vrf definition fvrf\n address-family ipv4\n'
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/^interface Tunnel0$/&\n tunnel vrf fvrf/' \
		-e 's/^interface Ethernet0\/0$/&\n vrf forwarding fvrf/' -e 's/^crypto ikev2 profile prof$/&\n match fvrf fvrf/' \
		-e 's/^ ip route .*/ip route vrf fvrf 0.0.0.0 0.0.0.0 172.31.255.254\nip route 10.0.0.0 255.255.0.0 Null0/'
	printf 'track 7 ip sla 7 reachability\nip sla 7\n icmp-echo 10.0.0.1\n  vrf fvrf\n  frequency 1\nip sla schedule 7 life forever start-time now\n'
} > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'the global table leads nowhere near the hub' until_ok 10 spoke_route 10.0.0.0/16 blackhole
must 'a probe in the VRF is answered' until_ok 10 spoke_says 'show track 7' 'Reachability is Up'
must 'ping in the VRF' spoke_says 'ping vrf fvrf 10.0.0.1 repeat 2' '100 percent'
must 'show ip route vrf' spoke_says 'show ip route vrf fvrf' '^S\* *0.0.0.0/0 \[1/0\] via 172.31.255.254'
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
must 'ping through' until_ok 10 ping_from inside 192.168.100.10
must 'a TCP stream passes' until_ok 20 tcp_through
must 'both rekeys' eval 'hub_ctl --rekey --child net && hub_ctl --rekey --ike flex'
must 'ping after them' until_ok 10 ping_from inside 192.168.100.10
must 'the client names the VRF' spoke_says 'show crypto ikev2 client flexvpn flex' 'fvrf : fvrf'
must 'spoked ends' spoked_stop
must 'no rule stays' not in_ns spoke sh -c 'ip rule | grep -q 117'
must 'nor a route' test -z "$(in_ns spoke ip route show table all proto 117)"
