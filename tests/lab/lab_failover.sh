#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two hubs, two uplinks. A probe finds the first hub dead and the client moves to the second within the probe's period; `peer reactivate` brings it
# back; a lost uplink moves the source; `connect track` makes a primary and a backup tunnel of one object.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up && uplink2 && hub2_up && hub_use hub || exit 1
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e '/connect manual/d' -e 's/peer 1 10.0.0.1/peer 1 10.0.0.1 track 1\n  peer 2 10.0.2.1\n  peer reactivate/' \
		-e 's/tunnel source Ethernet0\/0/tunnel source dynamic/' -e 's/  client connect Tunnel0/&\n  source 1 Ethernet0\/0 track 11\n  source 2 Ethernet0\/1 track 12/'
	cat <<-C
		platform interface Ethernet0/1 device eth1
		interface Ethernet0/1
		 ip address 172.20.0.1 255.255.255.0
		ip route 0.0.0.0 0.0.0.0 172.20.0.254 10
		ip sla 1
		 icmp-echo 10.0.0.1
		  frequency 1
		  timeout 500
		  threshold 500
		ip sla schedule 1 life forever start-time now
		track 1 ip sla 1 reachability
		track 11 interface Ethernet0/0 line-protocol
		track 12 interface Ethernet0/1 line-protocol
	C
} > "$LAB_DIR/startup-config"
peer_is() { sh_run 'show crypto ikev2 client flexvpn flex' | grep -q "Peer : $1\$" && client_is ACTIVE; }
source_is() { sh_run 'show crypto ikev2 client flexvpn flex' | grep -q "Source : $1\$" && client_is ACTIVE; }
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'the probe answers' until_ok 10 spoke_says 'show track 1' 'Reachability is Up'
must 'the client is on the first hub' until_ok 20 peer_is 10.0.0.1
must 'ping through it' ping_from inside 192.168.100.10
blackhole on 10.0.0.1
must 'the probe finds it dead' until_ok 10 spoke_says 'show track 1' 'Reachability is Down'
must 'the client moves to the second hub' until_ok 10 peer_is 10.0.2.1
must 'ping through it' until_ok 5 ping_from inside 192.168.100.10
must 'show says why' spoke_says 'show crypto ikev2 client flexvpn flex detail' 'track object not in the configured state'
must 'the change was logged' grep -q '%TRACK-6-STATE: 1 ip sla 1 reachability Up -> Down' "$LAB_DIR/spoked.log"
blackhole off
must 'the better hub is back in use' until_ok 20 peer_is 10.0.0.1
must 'ping through it' until_ok 5 ping_from inside 192.168.100.10
ip -n "$LAB-inet" link set s0 down
must 'a lost uplink moves the source' until_ok 20 source_is Ethernet0/1
must 'ping over the second uplink' until_ok 10 ping_from inside 192.168.100.10
ip -n "$LAB-inet" link set s0 up; route inet 172.16.0.0/12 dev s0
must 'the first uplink back moves it again' until_ok 20 source_is Ethernet0/0
must 'ping once more' until_ok 10 ping_from inside 192.168.100.10
must 'show ip sla summary' spoke_says 'show ip sla summary' '^\*1 *icmp-echo *10.0.0.1 *RTT='
must 'it ends' spoked_stop
must 'no route of ours stays' test -z "$(in_ns spoke ip route show proto 117)"
