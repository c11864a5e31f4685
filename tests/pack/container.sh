#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The container image: built by buildah as packaging/Containerfile says, on a Debian that debootstrap made; run with two rights, no more, and
# a /proc/sys that cannot be written, it serves terminals, has a tunnel device, and its child serves DHCP. Needs root.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/spoke-image.XXXXXX")
ns=spoke-image$$
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C
img() { local c=$1; shift; buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs "$c" "$@"; }
down() {
	[ ! -e "$work/pid" ] || { kill "$(cat "$work/pid")" 2> /dev/null; wait 2> /dev/null; }
	ip netns del "$ns" 2> /dev/null
	rm -rf "$work"
}
trap down EXIT
trap 'exit 130' INT TERM
must() {
	local text=$1
	shift
	if "$@" > "$work/out" 2>&1; then
		echo "ok   $text"
	else
		echo "FAIL $text"
		tail -n 40 "$work/out" "$work/log" 2> /dev/null
		exit 1
	fi
}
until_ok() {
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { "$@"; return 1; }
		sleep 0.1
	done
}
base() { # what the registry would give
	local c
	"$here/box" "$work/debian" && tar -C "$work/debian" -cf "$work/debian.tar" . && rm -rf "$work/debian" && c=$(img from scratch) &&
		img add -q "$c" "$work/debian.tar" / && rm "$work/debian.tar" &&
		img commit -q --rm "$c" docker.io/library/debian:bookworm-slim
}
must 'a base image' base
must 'the image is built' img bud --isolation chroot --pull-never -t spoke -f "$top/packaging/Containerfile" "$top"
c=$(img from --pull-never spoke) && root=$(img mount "$c")
must 'it has a root' test -x "$root/usr/sbin/spoked"

must 'a network' ip netns add "$ns"
ip -n "$ns" link set lo up && ip -n "$ns" link add eth0 type veth peer name peer0 && ip -n "$ns" link set eth0 up && ip -n "$ns" link set peer0 up
sysctls='net.ipv4.ip_unprivileged_port_start=0 net.ipv4.ip_forward=1 net.ipv6.conf.default.addr_gen_mode=1'
ip netns exec "$ns" sysctl -qw $sysctls
# shellcheck disable=SC2016
run='mount --bind "$1" "$1" && cd "$1" && mount -t proc proc proc && mount --bind proc/sys proc/sys && mount -o remount,ro,bind proc/sys &&
	mount -t tmpfs dev dev && mkdir dev/net && for d in null zero random urandom net/tun; do : > dev/$d; mount --bind /dev/$d dev/$d; done &&
	exec chroot . setpriv --reuid spoke --regid spoke --clear-groups --bounding-set -all,+net_admin,+net_raw --inh-caps -all \
		/usr/sbin/spoked --foreground --dataplane user'
ip netns exec "$ns" unshare -m bash -c "$run" run "$root" > "$work/log" 2>&1 &
echo $! > "$work/pid"
sh() { nsenter -t "$(cat "$work/pid")" -m -n chroot "$root" setpriv --reuid spoke --regid spoke --clear-groups spokesh "$@"; }
says() { sh -c "$1" | grep -q -- "$2"; }
must 'a terminal is served' until_ok 15 says 'show version' 'uptime is'
status_is() { grep -q -- "$1" "/proc/$(cat "$work/pid")/status"; }
must 'it is no root' status_is "^Uid:.$(awk -F: '$1 == "spoke" { print $3 }' "$root/etc/passwd")"
must 'with two rights' status_is '^CapBnd:.0000000000003000'
must 'which its children get' status_is '^CapAmb:.0000000000003000'
configure() {
	sh <<-'C'
		configure terminal
		hostname Boxed
		platform interface GigabitEthernet0/0 device eth0
		interface GigabitEthernet0/0
		 ip address 10.9.9.1 255.255.255.0
		interface Tunnel0
		 ip address 10.8.8.1 255.255.255.252
		 tunnel source GigabitEthernet0/0
		 tunnel destination 10.9.9.2
		ip dhcp pool P
		 network 10.9.9.0 255.255.255.0
		end
		write memory
	C
}
must 'configured' configure
must 'a device of its own' until_ok 10 ip -n "$ns" link show Tunnel0
must 'an address' until_ok 10 says 'show ip interface brief' '^GigabitEthernet0/0 *10.9.9.1 .*up *up'
must 'a child serves DHCP' until_ok 10 pgrep -P "$(cat "$work/pid")" -x dnsmasq
must 'nothing failed' eval '! grep -q OPERATION_FAILED "$work/log"'
must 'the configuration is kept' grep -q 'hostname Boxed' "$root/etc/spoke/startup-config"
