#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The uplink in use is lost: the session goes on from the other one. strongSwan is told by MOBIKE; nothing is negotiated anew.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up && uplink2 || exit 1
settled() { ! ip -n "$LAB-hub" addr show tentative | grep -q inet; }
must 'the addresses of the hub are settled' until_ok 20 settled
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e '/connect manual/d' -e 's/tunnel source Ethernet0\/0/tunnel source dynamic/' \
		-e 's/  client connect Tunnel0/&\n  source 1 Ethernet0\/0 track 11\n  source 2 Ethernet0\/1 track 12/'
	cat <<-C
		platform interface Ethernet0/1 device eth1
		interface Ethernet0/1
		 ip address 172.20.0.1 255.255.255.0
		ip route 0.0.0.0 0.0.0.0 172.20.0.254 10
		track 11 interface Ethernet0/0 line-protocol
		track 12 interface Ethernet0/1 line-protocol
	C
} > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'active' until_ok 30 client_is ACTIVE
must 'ping through' until_ok 5 ping_from inside 192.168.100.10
serial() { sh_run 'show crypto ikev2 sa detailed' | grep -o 'Local spi: [0-9A-F]*'; }
peer_of_hub() { hub_ctl --list-sas | grep -q "remote .*$1"; }
spi=$(serial)
must 'the SA has a SPI' test -n "$spi"
ip -n "$LAB-inet" link set s0 down
must 'the hub is told of the other uplink' until_ok 20 peer_of_hub 172.20.0.1
must 'ping over it' until_ok 10 ping_from inside 192.168.100.10
ip -n "$LAB-inet" link set s0 up; route inet 172.16.0.0/12 dev s0
must 'and of the first one again' until_ok 20 peer_of_hub 172.16.0.1
must 'ping over it' until_ok 10 ping_from inside 192.168.100.10
must 'it is the same IKE SA' test "$(serial)" = "$spi"
hub_saw_one() { [ "$(hub_log | grep -c 'is initiating an IKE_SA')" = 1 ]; }
must 'the hub saw one negotiation only' hub_saw_one
must 'a stream passes' tcp_through
