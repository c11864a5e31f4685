#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `tunnel mode gre ip` under transport mode: GRE and ESP of both kernels, and a rekey under a train of pings. Without an SA nothing of it is
# in the clear. strongSwan gives no addresses to a peer in transport mode, so Tunnel0 has its own.
set -u
. "$(dirname "$0")/../lab/lib.sh"
lab_trap
HUB_PLANE=kernel
eval "tunnel_$(declare -f hub_files)"
hub_files() { # transport mode for GRE between the two, bound to no interface
	tunnel_hub_files
	sed -i -e 's/local_ts = .*/local_ts = 10.0.0.1\/32[gre]/' -e 's/remote_ts = .*/remote_ts = 172.16.0.1\/32[gre]/' \
		-e 's/dpd_action = clear/mode = transport/' -e '/if_id_/d' -e '/pools = pool/d' "$LAB_DIR/$HUB/swanctl.conf"
}
hub_plane() {
	ip -n "$LAB-hub" link show flex0 > /dev/null 2>&1 && return
	ip -n "$LAB-hub" link add flex0 type gre local 10.0.0.1 remote 172.16.0.1 ttl 64 && ip -n "$LAB-hub" link set flex0 addrgenmode none && ip -n "$LAB-hub" link set flex0 up mtu 1400 || return 1
	route hub 10.250.0.0/24 dev flex0 && route hub 10.20.20.0/24 dev flex0 && route hub 10.30.30.0/24 dev flex0
}
lab_up || exit 1
adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e 's/tunnel mode ipsec ipv4/tunnel mode gre ip/' -e '/^crypto ipsec transform-set/a\ mode transport' \
	-e 's/ip address negotiated/ip address 10.250.0.1 255.255.255.0/' -e 's/ config-mode set/ no config-exchange request/' \
	-e 's/^ ip route .*/ip route 10.0.0.0 255.255.255.0 2.2.2.2\nip route 192.168.100.0 255.255.255.0 Tunnel0/' > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'Tunnel0 is GRE of the kernel' in_ns spoke sh -c 'ip -d link show dev Tunnel0 | grep -q "gre remote"'
capture "$LAB_DIR/outside.pcap"
must 'connect' connect
must 'active' until_ok 60 client_is ACTIVE
must 'the SA is of transport mode' in_ns spoke sh -c 'ip xfrm state | grep -q "mode transport"'
must 'Tunnel0 knows both ends' until_ok 10 in_ns spoke sh -c 'ip -d link show dev Tunnel0 | grep -q "gre remote 10.0.0.1 local 172.16.0.1"'
must 'ping through' until_ok 10 ping_from inside 192.168.100.10
must 'large packets pass' in_ns inside ping -n -q -c 3 -i 0.2 -W 2 -s 3000 192.168.100.10
in_ns inside ping -n -q -i 0.05 -c 100 -W 2 192.168.100.10 > "$LAB_DIR/train" 2>&1 & train=$!
child() { hub_ctl --list-sas | grep -o 'net: #[0-9]*' | tail -n 1; }
changed() { [ "$before" != "$(child)" ]; }
before=$(child)
must 'the hub rekeys the child' hub_ctl --rekey --child net
must 'another child stands' until_ok 30 changed
wait $train
must 'not one packet of the train was lost' grep -q '100 received' "$LAB_DIR/train"
must 'disconnect' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'the hub was told' until_ok 10 not hub_has_sa
must 'nothing passes now' not ping_from inside 192.168.100.10 2
end capture INT
must 'nothing was in the clear, nor in bare GRE' not in_clear "$LAB_DIR/outside.pcap"
bare_gre() { tcpdump -n -r "$1" 'ip proto 47' 2> /dev/null | grep -q .; }
must 'no bare GRE' not bare_gre "$LAB_DIR/outside.pcap"
must 'spoked ends' spoked_stop
clean() { in_ns spoke sh -c '! ip xfrm state | grep -q src && ! ip xfrm policy | grep -q tmpl && ! ip link show | grep -q Tunnel'; }
must 'nothing is left' clean
