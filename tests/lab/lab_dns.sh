#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Split DNS. The hub pushes domains and a server; the provider has a server that answers the same names otherwise. A host behind the spoke
# asks the router: which server answered tells which view its query took, before, during and after sessions. No query is lost when
# a session comes or goes; killed processes come back; nothing stays.
set -u
. "$(dirname "$0")/lib.sh"
lab_trap
lab_up || exit 1
typed() { sh_script > /dev/null; } # lines on stdin
name_server() { # NS ADDRESS NAME=ANSWER…: everything in and under NAME is ANSWER
	local ns=$1 at=$2 args=(); shift 2
	for a; do args+=("--address=/${a%=*}/${a#*=}"); done
	ip netns exec "$LAB-$ns" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --bind-interfaces \
		--listen-address="$at" --log-queries --log-facility="$LAB_DIR/dns-$ns.log" "${args[@]}" > "$LAB_DIR/dns-$ns.out" 2>&1 &
	started "dns-$ns" $!
	until_ok 10 in_ns "$ns" python3 "$LAB_SRC/ask.py" "$at" test.invalid
}
ask() { in_ns inside python3 "$LAB_SRC/ask.py" "${2:-10.20.20.1}" "$1"; }
answer_is() { [ "$(ask "$1" "${3:-10.20.20.1}")" = "$2" ]; } # NAME ADDRESS [SERVER]
addr corp eth0 192.168.100.53/24; addr inet lo 198.51.100.53/32
must 'the provider has a name server' name_server inet 198.51.100.53 corp.example=203.0.113.1 wh.local=203.0.113.2 isp.example=203.0.113.3
must 'the company has one' name_server corp 192.168.100.53 corp.example=192.168.100.81 wh.local=192.168.100.82 isp.example=192.168.100.83
sed -i 's/dns = 192.168.100.53/&\n28675 = corp.example, wh.local\n28674 = corp.example/' "$LAB_DIR/hub/swanctl.conf" && hub_load
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg"
	printf '%s\n' 'interface lan0' ' ip address 10.20.20.1 255.255.255.0' 'ip name-server 198.51.100.53' 'ip host printer.corp.example 10.20.20.9'
} > "$LAB_DIR/startup-config"
cp /etc/resolv.conf "$LAB_DIR/resolv.before"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'no line is refused' not grep -q 'CONFIG_LINE' "$LAB_DIR/spoked.log"
must 'without a session and a DNS server nobody answers' not ask www.isp.example
must 'connect' connect
must 'the client is active' until_ok 30 client_is ACTIVE
must 'a name of the company goes to the company' until_ok 10 answer_is www.corp.example 192.168.100.81
must 'the second domain too' answer_is a.b.wh.local 192.168.100.82
must 'upper case is no difference' answer_is WWW.CORP.EXAMPLE 192.168.100.81
must 'another name goes to the provider' answer_is www.isp.example 203.0.113.3
must 'a host of the configuration is answered here' answer_is printer.corp.example 10.20.20.9
must 'the company was never asked for the other' not grep -q 'isp.example' "$LAB_DIR/dns-corp.log"
must 'nor the provider for the company' not grep -q 'corp.example\|wh.local' "$LAB_DIR/dns-inet.log"
must 'the source of the tunnel is not served' not in_ns inet python3 "$LAB_SRC/ask.py" 172.16.0.1 www.isp.example
must 'show ip dns view has it' spoke_says 'show ip dns view' '^DNS View flex (dynamic) parameters:'
must 'show ip dns view-list says where' spoke_says 'show ip dns view-list' 'Interfaces: lan0'
must 'the running-config has no generated line' not spoke_says 'show running-config' 'ip dns view'
counted() { sh_run 'show ip dns statistics' | grep -q 'forwarded = [1-9]'; }
must 'queries are counted' until_ok 10 counted
must 'disconnect' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'the proxy is gone with the session' until_ok 10 not ask www.isp.example

must 'the DNS server is switched on' typed <<< $'configure terminal\nip dns server\nend'
must 'the provider answers' until_ok 10 answer_is www.isp.example 203.0.113.3
must 'for the company as well' answer_is www.corp.example 203.0.113.1
in_ns inside python3 "$LAB_SRC/ask.py" 10.20.20.1 isp.example 400 0.02 > "$LAB_DIR/train" & train=$!
must 'connect again' connect
must 'active again' until_ok 30 client_is ACTIVE
must 'the company answers' until_ok 10 answer_is www.corp.example 192.168.100.81
must 'the session goes' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'the provider answers for the company' until_ok 10 answer_is x.corp.example 203.0.113.1
wait $train
must 'not one of 400 queries was lost meanwhile' test "$(cat "$LAB_DIR/train")" = 400

must 'connect a third time' connect
must 'active a third time' until_ok 30 client_is ACTIVE
must 'the company answers a third time' until_ok 10 answer_is y.corp.example 192.168.100.81
must 'one process serves lan0' spoke_says 'show ip dns statistics' '^DNS server on lan0$'
proxies() { local p n=0; for p in $(ip netns pids "$LAB-spoke"); do grep -qs dnsmasq "/proc/$p/comm" && n=$((n + 1)); done; echo $n; }
had=$(proxies)
must 'there are processes' test "$had" -ge 1
for p in $(ip netns pids "$LAB-spoke"); do grep -qs dnsmasq "/proc/$p/comm" && kill -KILL "$p"; done
must 'killed processes are back within 5 s' until_ok 5 answer_is z.corp.example 192.168.100.81
must 'and no more of them than before' until_ok 5 eval '[ "$(proxies)" = "$had" ]'
must 'spoked is killed' spoked_stop KILL
must 'its processes went with it' until_ok 5 eval '[ "$(proxies)" = 0 ]'
must 'it starts again' spoked_start "$LAB_DIR/startup-config"
must 'connect after that' connect
must 'active after that' until_ok 30 client_is ACTIVE
must 'the company answers after that' until_ok 10 answer_is q.corp.example 192.168.100.81
must 'it ends' spoked_stop
must 'no process stays' until_ok 5 eval '[ "$(proxies)" = 0 ]'
must 'no file of theirs stays' test -z "$(ls -A "$LAB_DIR/state/services" 2> /dev/null)"
must "the box's resolver is as it was" cmp -s /etc/resolv.conf "$LAB_DIR/resolv.before"
