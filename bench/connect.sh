#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench/connect.sh [ROUNDS]   what one PSK tunnel costs from "connect" to the installed child SA: CPU time of spoked against CPU time of strongSwan's
# charon as the initiator, same lab, same hub, same algorithms, by turns. The scheduler's nanosecond counters of all threads are read before and after
# each connect; what it costs to ask (spokesh, swanctl) is not counted.
set -u
. "$(dirname "$0")/../tests/lab/lib.sh"
rounds=${1:-30}
lab_trap
lab_up || exit 1

cpu_of() { cat /proc/"$1"/task/*/schedstat 2> /dev/null | awk '{ s += $1 } END { print s + 0 }'; } # nanoseconds

peer_files() {
	mkdir -p "$LAB_DIR/peer"
	cat > "$LAB_DIR/peer/strongswan.conf" <<-C
		charon {
			load = random nonce openssl hmac kdf kernel-libipsec kernel-netlink socket-default vici
			install_virtual_ip = no
			filelog { l {
				path = $LAB_DIR/peer/log
				default = 0
			} }
			plugins {
				vici { socket = unix://$LAB_DIR/peer/vici }
				kernel-libipsec { allow_peer_ts = yes
					fwmark = !0x42 }
				kernel-netlink { fwmark = !0x42 }
				socket-default { fwmark = 0x42 }
			}
		}
	C
	cat > "$LAB_DIR/peer/swanctl.conf" <<-C
		connections { flex {
			version = 2
			local_addrs = 172.16.0.1
			remote_addrs = 10.0.0.1
			proposals = aes256-sha512-ecp256
			vips = 0.0.0.0
			local { auth = psk
				id = 172.16.0.1 }
			remote { auth = psk
				id = 10.0.0.1 }
			children { net {
				local_ts = 0.0.0.0/0
				remote_ts = 0.0.0.0/0
				esp_proposals = aes128-sha256
			} }
		} }
		secrets { ike-hub { secret = "$LAB_KEY" } }
	C
}
peer_ctl() {
	SWANCTL_DIR=$LAB_DIR/peer STRONGSWAN_CONF=$LAB_DIR/peer/strongswan.conf \
		ip netns exec "$LAB-spoke" swanctl "$@" --uri "unix://$LAB_DIR/peer/vici" > /dev/null 2>&1
}
peer_start() {
	local p; p=$(hub_program)
	peer_files
	addr spoke eth0 172.16.0.1/12; route spoke default via 2.2.2.2
	STRONGSWAN_CONF=$LAB_DIR/peer/strongswan.conf ip netns exec "$LAB-spoke" "$p" > "$LAB_DIR/peer/out" 2>&1 < /dev/null &
	started peer $!
	until_ok 20 peer_ctl --stats && peer_ctl --load-all --noprompt
}
peer_stop() { end peer; ip -n "$LAB-spoke" addr del 172.16.0.1/12 dev eth0; ip -n "$LAB-spoke" route del default 2> /dev/null; }

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

adapt "$LAB_TOP/examples/configs/guide-psk.cfg" > "$LAB_DIR/startup-config"
spoked_start "$LAB_DIR/startup-config" || exit 1
pid=$(pid_of spoked)
for ((i = 0; i < rounds; i++)); do
	before=$(cpu_of "$pid")
	connect > /dev/null && until_ok 10 hub_has_sa || exit 1
	echo $(($(cpu_of "$pid") - before))
	sh_run 'clear crypto ikev2 client flexvpn connect flex' > /dev/null
	until_ok 10 not hub_has_sa || exit 1
done > "$LAB_DIR/ours"
spoked_stop
peer_start || { echo 'the peer does not start' >&2; exit 1; }
pid=$(pid_of peer)
for ((i = 0; i < rounds; i++)); do
	before=$(cpu_of "$pid")
	peer_ctl --initiate --child net && until_ok 10 hub_has_sa || exit 1
	echo $(($(cpu_of "$pid") - before))
	peer_ctl --terminate --ike flex
	until_ok 10 not hub_has_sa || exit 1
done > "$LAB_DIR/theirs"
peer_stop
ours=$(median < "$LAB_DIR/ours") theirs=$(median < "$LAB_DIR/theirs")
awk -v a="$ours" -v b="$theirs" -v n="$rounds" 'BEGIN {
	printf "connect: spoked %.2f ms, charon %.2f ms of CPU (median of %d): ratio %.2f (to reach: 1.00 or less)\n", a / 1e6, b / 1e6, n, a / b
}'
