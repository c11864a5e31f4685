#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The DHCP server. A client of the inside gets an address of the pool, and with it what the hub pushed (domain, DNS, WINS); what it is told
# follows the sessions while its lease lives on. A reserved address, exclusions, clearing, killed processes.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
typed() { sh_script > /dev/null; } # lines on stdin
ip -n "$LAB-inside" addr flush dev eth0
mac=$(in_ns inside cat /sys/class/net/eth0/address)
cat > "$LAB_DIR/lease.sh" <<-'S'
	#!/bin/sh
	[ "$1" = bound ] || [ "$1" = renew ] || exit 0
	printf '%s\n' "ip=$ip" "mask=$mask" "router=$router" "dns=$dns" "domain=$domain" "wins=$wins" "lease=$lease" > "$LEASE"
S
chmod +x "$LAB_DIR/lease.sh"
lease() { # asks for one and writes what it got
	rm -f "$LAB_DIR/lease"
	LEASE=$LAB_DIR/lease in_ns inside udhcpc -i eth0 -f -n -q -t 5 -T 1 -O domain -O wins -O dns -O router -O lease \
		-s "$LAB_DIR/lease.sh" > "$LAB_DIR/udhcpc.out" 2>&1 && [ -s "$LAB_DIR/lease" ]
}
told() { lease && grep -qx "$1" "$LAB_DIR/lease"; } # KEY=VALUE
has() { grep -qx "$1" "$LAB_DIR/lease"; }
push() { # DOMAIN WINS: what the hub says from now on
	sed -i -e '/^28674 =/d; /^nbns =/d' -e "s/dns = 192.168.100.53/&\n28674 = $1\nnbns = $2/" "$LAB_DIR/hub/swanctl.conf" && hub_load
}
push corp.example 192.168.100.99
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg"
	cat <<-C
		interface lan0
		 ip address 10.20.20.1 255.255.255.0
		ip dhcp excluded-address 10.20.20.1 10.20.20.99
		ip dhcp excluded-address 10.20.20.101 10.20.20.254
		ip dhcp pool LAN
		 import all
		 network 10.20.20.0 255.255.255.0
		 default-router 10.20.20.1
		 lease 0 2
	C
} > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'a client gets the address that is free' until_ok 20 told ip=10.20.20.100
must 'its router' has router=10.20.20.1
must 'its lease' has lease=7200
must 'no server is named without a session' has dns=
must 'the binding is shown' spoke_says 'show ip dhcp binding' '^10.20.20.100  .*Automatic'
must 'a template reads it' parses 'show ip dhcp binding' ADDRESS=10.20.20.100 TYPE=Automatic EXPIRES='... .*[AP]M'
must 'the pool counts it' spoke_says 'show ip dhcp pool' 'Leased addresses               : 1'
must 'packets are counted' spoke_says 'show ip dhcp server statistics' '^DHCPACK              [1-9]'
must 'connect' connect
must 'the client is active' until_ok 30 client_is ACTIVE
must 'the pushed domain reaches the client' until_ok 10 told domain=corp.example
must 'with the DNS server' has dns=192.168.100.53
must 'and WINS' has wins=192.168.100.99
must 'the address is the same' has ip=10.20.20.100
must 'show ip dhcp import has it' spoke_says 'show ip dhcp import' '^Domain Name : corp.example'
must 'the running-config has not' not spoke_says 'show running-config' 'domain-name corp'
must 'the hub changes its mind' push new.example 192.168.100.98
must 'the session ends' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'the client is told nothing more' until_ok 10 told domain=
must 'connect again' connect
must 'active again' until_ok 30 client_is ACTIVE
must 'the new domain reaches the client' until_ok 10 told domain=new.example
must 'with the new WINS' has wins=192.168.100.98
must 'what is typed wins' typed <<< $'configure terminal\nip dhcp pool LAN\n domain-name lan.example\nend'
must 'and is told' until_ok 10 told domain=lan.example
must 'with what was pushed beside' has wins=192.168.100.98
must 'a binding is cleared' sh_run 'clear ip dhcp binding 10.20.20.100'
must 'and gone' until_ok 10 not spoke_says 'show ip dhcp binding' '^10.20.20.100 '
must 'another one is no binding' not sh_run 'clear ip dhcp binding 10.20.20.77'
must 'an address is reserved' typed <<< $"configure terminal
ip dhcp pool HOST
 host 10.20.20.50 255.255.255.0
 hardware-address ${mac//:/.}
 default-router 10.20.20.1
end"
must 'the client gets it' until_ok 20 told ip=10.20.20.50
must 'as a manual binding' spoke_says 'show ip dhcp binding' '^10.20.20.50  .*Manual'
servers() { local p n=0; for p in $(ip netns pids "$LAB-spoke"); do grep -qs dnsmasq "/proc/$p/comm" && n=$((n + 1)); done; echo $n; }
for p in $(ip netns pids "$LAB-spoke"); do tr '\0' ' ' < "/proc/$p/cmdline" | grep -q dhcp.conf && kill -KILL "$p"; done
must 'a killed server is back within 5 s' until_ok 5 told ip=10.20.20.50
must 'spoked is killed' spoked_stop KILL
must 'its server went with it' until_ok 5 eval '[ "$(servers)" = 0 ]'
must 'it starts again' spoked_start "$LAB_DIR/startup-config"
must 'leases live on' spoke_says 'show ip dhcp binding' '^10.20.20.50 '
must 'no pool, no server' typed <<< $'configure terminal\nno ip dhcp pool LAN\nend'
must 'nobody answers' until_ok 10 eval '[ "$(servers)" = 0 ] && ! lease'
must 'it ends' spoked_stop
must 'no process stays' until_ok 5 eval '[ "$(servers)" = 0 ]'
must 'no file but the leases' test -z "$(ls -A "$LAB_DIR/state/services" 2> /dev/null)"
