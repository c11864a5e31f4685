#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A NAT that forgets us: its rules change in mid-session, so that we come from other ports and then from another address. The hub
# (strongSwan) keeps sending to the old ones until it is told by MOBIKE; the tunnel goes on without being made anew.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1

# IPCTNL_MSG_CT_DELETE without attributes: every connection is forgotten.
forget='
import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
s.send(struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 5, 1, 0, 2, 0, 0))
assert struct.unpack("=i", s.recv(256)[16:20])[0] == 0
'
# remap ADDRESS PORTS: from now on the spoke's IKE and ESP leave the Internet as this; what was known is forgotten.
remap() {
	nat off
	in_ns inet nft -f - <<-N || return 1
		table ip labnat {
			chain post {
				type nat hook postrouting priority 100;
				oifname "h0" ip saddr 172.16.0.0/12 udp sport { 500, 4500 } snat to $1:$2
			}
		}
	N
	in_ns inet python3 -c "$forget"
}
addr inet h0 10.0.0.253/24
# The hub tells its peers of every change of its own addresses; such a message would be lost with the mapping, and it would give up.
settled() { ! ip -n "$LAB-hub" addr show tentative | grep -q inet; }
must 'the addresses of the hub are settled' until_ok 20 settled
must 'the Internet translates' remap 10.0.0.254 20000-20999
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg"
	echo 'crypto ikev2 nat keepalive 5'
	echo 'crypto ikev2 dpd 10 2 periodic'
} > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'connect' connect
must 'active' until_ok 30 client_is ACTIVE
peer_of_hub() { hub_ctl --list-sas | grep -q "remote .*$1"; }
must 'the hub sees the translated address' until_ok 10 peer_of_hub '10.0.0.254\[20'
must 'ping through' ping_from inside 192.168.100.10
serial() { sh_run 'show crypto ikev2 sa detailed' | grep -o 'Local spi: [0-9A-F]*'; }
spi=$(serial)
must 'the SA has a SPI' test -n "$spi"

must 'other ports' remap 10.0.0.254 30000-30999
must 'the hub is told' until_ok 40 peer_of_hub '10.0.0.254\[30'
must 'ping through again' until_ok 10 ping_from inside 192.168.100.10 1
must 'another address' remap 10.0.0.253 30000-30999
must 'the hub is told' until_ok 40 peer_of_hub '10.0.0.253\[30'
must 'ping through again' until_ok 10 ping_from inside 192.168.100.10 1
must 'it is the same IKE SA' test "$(serial)" = "$spi"
must 'and the client never left it' spoke_says 'show crypto ikev2 client flexvpn flex' 'Current state:ACTIVE'
must 'a stream passes' tcp_through
