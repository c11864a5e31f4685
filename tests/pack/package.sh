#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The Debian package: lintian has nothing to say; installed in a fresh Debian whose systemd runs it, it serves, is confined, survives `kill -9`
# and `reload`; an upgrade keeps what the user wrote; removing keeps the configuration, purging leaves nothing. Needs root.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${SPOKE_BIN:-$here/../../build/release}
work=$(mktemp -d "${TMPDIR:-/tmp}/spoke-pack.XXXXXX")
box=$work/box
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C

down() {
	if [ -e "$work/pid" ]; then
		kill -KILL "$(cat "$work/pid")" 2> /dev/null # its child, process 1 of the box, goes with it, and with that all
		wait 2> /dev/null
		local n=0 cgroup
		cgroup=$(cat "$work/pid.cgroup")
		until find "$cgroup" -depth -type d -exec rmdir {} + 2> /dev/null || [ $((++n)) = 50 ]; do sleep 0.1; done
	fi
	rm -rf "$work"
}
trap 'down' EXIT
trap 'exit 130' INT TERM
must() {
	local text=$1
	shift
	if "$@" > "$work/out" 2>&1; then
		echo "ok   $text"
	else
		echo "FAIL $text"
		cat "$work/out"
		[ ! -e "$work/pid" ] || in_box journalctl --no-pager -u spoked -n 30 -o cat
		exit 1
	fi
}
not() { ! "$@"; }
until_ok() {
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { "$@"; return 1; }
		sleep 0.1
	done
}
init_pid() { pgrep -P "$(cat "$work/pid")"; }
in_box() { nsenter -t "$(init_pid)" -a "$@"; }
says() { in_box spokesh -c "$1" | tee "$work/said" | grep -q -- "$2"; } # COMMAND TEXT
property() { in_box systemctl show -P "$2" spoked.service | grep -qx -- "$1"; } # VALUE NAME
main_pid() { in_box systemctl show -P MainPID spoked.service; }
status_is() { in_box grep -q -- "$1" "/proc/$(main_pid)/status"; }
inventory() { (cd "$box" && find etc lib usr/bin usr/sbin usr/lib usr/share var/lib -not -path 'var/lib/dpkg/*' -not -path 'var/lib/systemd/*' | sort) > "$1"; }

# ---- as files ----------------------------------------------------------------------------------------------------------------------

must 'it is built' cmake -E chdir "$build" cpack -G DEB -B "$work/made"
deb=$(echo "$work"/made/*.deb)
lint() { [ -z "$(lintian --allow-root --tag-display-limit 0 "$1" 2>&1)" ] || { lintian --allow-root --tag-display-limit 0 --info "$1"; false; }; }
must 'lintian has nothing to say' lint "$deb"
newer() { # the same content as the next release
	dpkg-deb -R "$deb" "$work/next" && sed -i 's/^Version: .*/Version: 9.0-1/' "$work/next/DEBIAN/control" &&
		sed -i '1i # Read by the service.' "$work/next/etc/default/spoke" && rm "$work/next/DEBIAN/md5sums" &&
		dpkg-deb --root-owner-group -b "$work/next" "$work/made/next.deb"
}
must 'the next release' newer

# ---- in a box ----------------------------------------------------------------------------------------------------------------------

must 'a fresh Debian' "$here/box" "$box"
inventory "$work/before"
cp "$work"/made/*.deb "$box/root/"
"$here/box" --boot "$box" "$work/pid" &
up() { in_box systemctl is-system-running | grep -Eq 'running|degraded'; }
must 'it boots' until_ok 30 up
must 'installed' in_box dpkg -i "/root/$(basename "$deb")"
must 'enabled' in_box systemctl is-enabled spoked.service
must 'the service runs' until_ok 15 in_box systemctl is-active spoked.service
must 'exposure is 2.0 at most' in_box systemd-analyze security --no-pager --threshold=20 spoked.service
must 'a terminal is served' says 'show version' 'uptime is'
must 'as its own user' in_box pgrep -u spoke -x spoked
must 'no right but three' status_is '^CapBnd:.0000000000003400'
must 'nothing can give it more' status_is '^NoNewPrivs:.1'
must 'it is confined by itself' not in_box sh -c 'journalctl -u spoked -o cat | grep UNCONFINED'
must 'manual pages' in_box sh -c 'man -w spoked && man -w spokesh && man spoked | grep -q startup-config'
must 'completion' test -e "$box/usr/share/bash-completion/completions/spoked"

configure() {
	in_box ip link add eth0 type veth peer name peer0 && in_box ip link set eth0 up && in_box ip link set peer0 up &&
		in_box spokesh <<-'C'
			configure terminal
			hostname Boxed
			platform interface GigabitEthernet0/0 device eth0
			interface GigabitEthernet0/0
			 ip address 10.9.9.1 255.255.255.0
			 no shutdown
			interface Tunnel0
			 ip address 10.8.8.1 255.255.255.252
			 tunnel source GigabitEthernet0/0
			 tunnel destination 10.9.9.2
			ip dhcp pool P
			 network 10.9.9.0 255.255.255.0
			 default-router 10.9.9.1
			end
			write memory
		C
}
must 'configured' configure
must 'a device of its own' in_box ip link show Tunnel0
must 'an address on the box' until_ok 10 in_box sh -c 'ip addr show eth0 | grep -q 10.9.9.1/24'
must 'a child serves DHCP' until_ok 10 in_box pgrep -P "$(main_pid)" -x dnsmasq
must 'the kernel was set up through /proc' in_box sh -c '[ "$(cat /proc/sys/net/ipv6/conf/Tunnel0/addr_gen_mode)" = 1 ]'
must 'reload' in_box spokesh -c reload
must 'it comes back' until_ok 15 says 'show version' 'Boxed uptime'
must 'under the same service' property running SubState
must 'that was no restart' property 0 NRestarts
in_box kill -KILL "$(main_pid)"
must 'killed, it is started again' until_ok 15 property 1 NRestarts
must 'with its configuration' until_ok 15 says 'show version' 'Boxed uptime'
must 'and its child' until_ok 10 in_box pgrep -P "$(main_pid)" -x dnsmasq

in_box sed -i 's/SPOKED_OPTIONS=.*/SPOKED_OPTIONS="--dataplane user"/' /etc/default/spoke
must 'upgraded' in_box dpkg -i --force-confold /root/next.deb
must 'what the user wrote stays' grep -q 'dataplane user' "$box/etc/default/spoke"
must 'the new one runs with it' until_ok 15 says 'show crypto engine brief' 'asked for\|ESP in user space'
must 'and with the configuration' says 'show version' 'Boxed uptime'
must 'removed' in_box dpkg -r spoke
must 'no process stays' not in_box pgrep -u spoke
must 'no device stays' not in_box ip link show Tunnel0
must 'the configuration stays' grep -q 'hostname Boxed' "$box/etc/spoke/startup-config"
must 'the conffile stays' test -e "$box/etc/default/spoke"
must 'purged' in_box dpkg -P spoke
inventory "$work/after"
left() { diff "$work/before" "$work/after" | grep '^[<>]' | grep -vE ' (etc/(passwd|group|shadow|gshadow|subuid|subgid|machine-id|adjtime|resolv.conf|mtab)-?|var/lib/(private|machines|dbus|portables).*|etc/.*\.wants)$'; }
must 'nothing is left' not left
