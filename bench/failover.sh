#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench/failover.sh [ROUNDS]   how long traffic stands still when a hub is lost, by a ping train of 5 ms from behind the spoke to a host behind both hubs:
#   track     a track object goes down: the client moves to the second hub, which it has to connect first
#   standby   the same with `standby`: the second hub's IKE SA is there
#   silent    the first hub falls silent, `dpd msec 100 50 periodic fast`
#   charon    the same with strongSwan's charon as the client and its fastest settings; what is counted is only the time until it gives the
#             hub up, since it goes to no other one by itself
# The path is as short as namespaces are; DELAY=10ms gives it a length where the kernel has netem.
set -u
. "$(dirname "$0")/../tests/lab/lib.sh"
rounds=${1:-5}
lab_trap
lab_up && hub2_up && hub_use hub || exit 1
if [ -n "${DELAY:-}" ]; then
	for d in s0 h0 h2; do tc -n "$LAB-inet" qdisc add dev $d root netem delay "$DELAY" || exit 1; done
fi

config() { # MORE-OF-THE-CLIENT DPD
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed -e '/connect manual/d' \
		-e "s/peer 1 10.0.0.1/peer 1 10.0.0.1 track 5\n  peer 2 10.0.2.1\n  peer reactivate\n  $1/" -e "s/^ config-mode set/&\n $2/"
	printf 'track 5 stub-object\n default-state up\n'
}
peer_is() { sh_run 'show crypto ikev2 client flexvpn flex' | grep -q "Peer : $1\$" && client_is ACTIVE; }
standby_is() { sh_run 'show crypto ikev2 client flexvpn flex' | grep -q "Standby : $1 (ready)"; }
track() { printf 'configure terminal\ntrack 5 stub-object\ndefault-state %s\n' "$1" | sh_script > /dev/null; }
answers() { in_ns inside ping -n -q -c 2 -i 0.01 -W 1 192.168.100.10 > /dev/null; }

# The train runs while COMMAND… happens and until the second hub answers; the longest gap between two answers, in milliseconds.
gap_of() {
	local train
	ip netns exec "$LAB-inside" ping -n -D -i 0.005 192.168.100.10 > "$LAB_DIR/train" 2>&1 &
	train=$!
	started train $train
	until_ok 5 enough 40
	"$@"
	until_ok 20 peer_is 10.0.2.1 && until_ok 5 answers
	enough_more 40
	kill -INT $train; wait $train 2> /dev/null; rm -f "$LAB_DIR/train.pid"
	sed -n 's/^\[\([0-9.]*\)\].*bytes from.*/\1/p' "$LAB_DIR/train" |
		awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { printf "%.1f\n", gap * 1000 }'
}
enough() { [ "$(wc -l < "$LAB_DIR/train")" -ge "$1" ]; }
enough_more() { local n; n=$(wc -l < "$LAB_DIR/train"); until_ok 5 enough $((n + $1)); }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

ours() { # WHAT MORE DPD COMMAND…
	local what=$1 more=$2 dpd=$3; shift 3
	config "$more" "$dpd" > "$LAB_DIR/startup-config"
	spoked_start "$LAB_DIR/startup-config" || exit 1
	for ((i = 0; i < rounds; i++)); do
		until_ok 30 peer_is 10.0.0.1 && until_ok 10 answers || exit 1
		[ -z "$more" ] || until_ok 20 standby_is 10.0.2.1 || exit 1
		gap_of "$@"
		blackhole off
		track down; track up # the better hub is tried again at once
	done > "$LAB_DIR/gap.$what"
	spoked_stop
}

ours track '' '' track down
rtt=$(in_ns inet ping -n -q -c 20 -i 0.01 10.0.0.1 | sed -n 's,.*= [0-9.]*/\([0-9.]*\)/.*,\1,p')
ours standby standby '' track down
ours silent '' 'dpd msec 100 50 periodic fast' blackhole on 10.0.0.1
ours both standby 'dpd msec 100 50 periodic fast' blackhole on 10.0.0.1

# charon: a check after one second of silence (its clock counts whole seconds), one repetition after 0.1 s.
mkdir -p "$LAB_DIR/peer"
cat > "$LAB_DIR/peer/strongswan.conf" <<-C
	charon {
		load = random nonce openssl hmac kdf kernel-libipsec kernel-netlink socket-default vici
		install_virtual_ip = no
		retransmit_timeout = 0.1
		retransmit_base = 1
		retransmit_tries = 1
		filelog { l {
			path = $LAB_DIR/peer/log
			default = 1
			flush_line = yes
			time_format = %s
			time_add_ms = yes
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
		dpd_delay = 1s
		local { auth = psk
			id = 172.16.0.1 }
		remote { auth = psk
			id = 10.0.0.1 }
		children { net {
			local_ts = 0.0.0.0/0
			remote_ts = 0.0.0.0/0
			esp_proposals = aes128-sha256
			dpd_action = clear
		} }
	} }
	secrets { ike-hub { secret = "$LAB_KEY" } }
C
peer_ctl() {
	SWANCTL_DIR=$LAB_DIR/peer STRONGSWAN_CONF=$LAB_DIR/peer/strongswan.conf \
		ip netns exec "$LAB-spoke" swanctl "$@" --uri "unix://$LAB_DIR/peer/vici" > /dev/null 2>&1
}
given_up() { grep -q 'giving up after' "$LAB_DIR/peer/log"; }
addr spoke eth0 172.16.0.1/12; route spoke default via 2.2.2.2
STRONGSWAN_CONF=$LAB_DIR/peer/strongswan.conf ip netns exec "$LAB-spoke" "$(hub_program)" > "$LAB_DIR/peer/out" 2>&1 < /dev/null &
started peer $!
until_ok 20 peer_ctl --stats && peer_ctl --load-all --noprompt || { echo 'the peer does not start' >&2; exit 1; }
for ((i = 0; i < rounds; i++)); do
	: > "$LAB_DIR/peer/log"
	peer_ctl --initiate --child net && until_ok 10 hub_has_sa || exit 1
	blackhole on 10.0.0.1
	then=$(date +%s.%N)
	until_ok 30 given_up || exit 1
	sed -n 's/^\([0-9]*\)\.\([0-9]*\) .*giving up after.*/\1.\2/p;s/^\([0-9]*\),\([0-9]*\) .*giving up after.*/\1.\2/p' "$LAB_DIR/peer/log" |
		awk -v t="$then" '{ printf "%.1f\n", ($1 - t) * 1000; exit }'
	blackhole off
	hub_ctl --terminate --ike flex > /dev/null; until_ok 20 not hub_has_sa
done > "$LAB_DIR/gap.charon"
end peer

for w in track standby silent both charon; do eval "$w=\$(median < \"$LAB_DIR/gap.$w\")"; done
# shellcheck disable=SC2154
awk -v rtt="$rtt" -v track="$track" -v standby="$standby" -v silent="$silent" -v both="$both" -v charon="$charon" -v n="$rounds" 'BEGIN {
	printf "failover: round trip spoke to hub %.2f ms, median of %d\n", rtt, n
	printf "  track down       %7.1f ms without traffic: %.2f of 3 round trips + 50 ms (to reach: 1.00 or less)\n", track, track / (3 * rtt + 50)
	printf "  ... standby      %7.1f ms\n", standby
	printf "  silent hub       %7.1f ms; charon gives up after %.1f ms: %.1f x faster (to reach: 3.0)\n", silent, charon, charon / silent
	printf "  ... standby      %7.1f ms: %.1f x faster\n", both, charon / both
}'
