#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two clients at once, as the guide has them: dual tunnels that share inside and outside interfaces, each with the networks of its hub, of which only
# one has the default route; a backup group; and dial backup, with a FlexVPN primary and with one that is none.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
HUB_NETS=192.168.100.0/24,0.0.0.0/0
lab_up || exit 1
HUB_NETS=192.168.102.0/24,0.0.0.0/0
hub2_up || exit 1
addr corp2 lo 192.168.102.10/32; route hub2 192.168.102.0/24 via 192.168.100.10
hub_use hub
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed 's/connect manual/connect auto/; s/  client connect Tunnel0/&\n  client inside Ethernet0\/7/'
	cat <<-C
		platform interface Ethernet0/7 device lan0
		interface Ethernet0/7
		interface Tunnel1
		 ip address negotiated
		 tunnel source Ethernet0/0
		 tunnel destination dynamic
		 tunnel mode ipsec ipv4
		 tunnel protection ipsec profile ipsecprof
		crypto ikev2 client flexvpn two
		  peer 1 10.0.2.1
		  connect manual
		  client inside Ethernet0/7
		  client connect Tunnel1
		ip sla 1
		 icmp-echo 10.0.0.1 source-interface Ethernet0/0
		  frequency 1
		  timeout 500
		  threshold 500
		ip sla schedule 1 life forever start-time now
		track 1 ip sla 1 reachability
	C
} > "$LAB_DIR/startup-config"
default_by() { test "$(in_ns spoke ip route show default proto 117 | grep -c "dev Tunnel")" = 1 && in_ns spoke ip route show default proto 117 | grep -q "dev $1 "; }
peer_is() { sh_run "show crypto ikev2 client flexvpn $1" | grep -q "Peer : $2\$" && client_is ACTIVE "$1"; }
edit() { printf 'configure terminal\n%s\nend\n' "$1" | sh_script; }
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"

# Dual tunnels.
must 'the first client is up' until_ok 20 client_is ACTIVE
must 'it has the default route' until_ok 5 default_by Tunnel0
connect two
must 'the second is up' until_ok 20 client_is ACTIVE two
must 'its default route is refused' until_ok 5 grep -q 'FlexVPN(two) route 0.0.0.0/0 refused: another FlexVPN connection has the default route' "$LAB_DIR/spoked.log"
must 'the first one is kept' default_by Tunnel0
must 'each hub has its networks' spoke_route 192.168.100.0/24 'dev Tunnel0'
must 'and its own tunnel' spoke_route 192.168.102.0/24 'dev Tunnel1'
must 'traffic through the first' until_ok 10 ping_from inside 192.168.100.10
must 'traffic through the second' until_ok 10 ping_from inside 192.168.102.10
must 'the second is cleared' sh_run 'clear crypto ikev2 client flexvpn connect two'
must 'the second is gone' until_ok 10 not client_is ACTIVE two
must 'the first goes on' ping_from inside 192.168.100.10

# A backup group: what a mate uses is passed over.
edit 'crypto ikev2 client flexvpn flex
backup group 1
crypto ikev2 client flexvpn two
backup group 1
peer 1 10.0.0.1
peer 2 10.0.2.1
connect auto'
must 'the mates are on two hubs' until_ok 30 eval 'client_is ACTIVE && client_is ACTIVE two'
first=$(sh_run 'show crypto ikev2 client flexvpn flex' | sed -n 's/.*Peer : //p') second=$(sh_run 'show crypto ikev2 client flexvpn two' | sed -n 's/.*Peer : //p')
must 'and never on one' test "$first" != "$second"
must 'show says why' spoke_says 'show crypto ikev2 client flexvpn two detail' 'in use by another client of the backup group'

# Dial backup, both FlexVPN: one object, one tunnel at a time.
edit 'crypto ikev2 client flexvpn flex
no backup group
connect track 1 up
crypto ikev2 client flexvpn two
no backup group
no peer 1
connect track 1 down'
must 'the object is up: the primary alone' until_ok 20 eval 'peer_is flex 10.0.0.1 && client_is WAIT_TRACK two'
blackhole on 10.0.0.1
must 'it goes down: the backup alone' until_ok 20 eval 'peer_is two 10.0.2.1 && client_is WAIT_TRACK'
must 'traffic through the backup' until_ok 10 ping_from inside 192.168.102.10
blackhole off
must 'and back' until_ok 20 eval 'peer_is flex 10.0.0.1 && client_is WAIT_TRACK two'

# Dial backup of a connection that is not FlexVPN: the object asks whether its peer is reached by the primary interface.
edit 'no crypto ikev2 client flexvpn flex
interface Tunnel0
shutdown'
must 'the backup waits while the primary is reached' client_is WAIT_TRACK two
blackhole on 10.0.0.1
must 'the primary is lost: the FlexVPN backup connects' until_ok 20 client_is ACTIVE two
must 'with the default route, which is free now' until_ok 5 default_by Tunnel1
blackhole off
must 'and waits again' until_ok 20 client_is WAIT_TRACK two
must 'it ends' spoked_stop
must 'no route of ours stays' test -z "$(in_ns spoke ip route show proto 117)"
