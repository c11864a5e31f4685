#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The guide's example against a strongSwan hub whose ESP is the kernel's, over an xfrm interface: encryption without integrity exactly as
# the example configures it, then AES-GCM, each with a rekey by either side.
set -u
. "$(dirname "$0")/../lab/lib.sh"
lab_trap
HUB_PLANE=kernel
HUB_ESP=aes128-modp1024,aes128
lab_up || exit 1
{ adapt "$LAB_TOP/examples/configs/guide-psk.cfg"; echo 'interface Loopback0'; echo ' ip address 10.99.99.1 255.255.255.255'; } > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'Loopback0 is made and has its address' in_ns spoke sh -c 'ip -4 addr show dev Loopback0 | grep -q 10.99.99.1/32'
must 'connect' connect
must 'active' until_ok 60 client_is ACTIVE
must 'the hub encrypts without integrity, as configured' in_ns hub sh -c 'ip xfrm state | grep -q "enc cbc(aes)" && ! ip xfrm state | grep -q auth'
must 'ping through' ping_from inside 192.168.100.10
child() { hub_ctl --list-sas | grep -o 'net: #[0-9]*' | tail -n 1; }
before=$(child)
must 'the hub rekeys the child' hub_ctl --rekey --child net
changed() { [ "$before" != "$(child)" ]; }
must 'another child stands' until_ok 30 changed
must 'ping after the rekey' until_ok 10 ping_from inside 192.168.100.10
must 'the hub rekeys the IKE SA' hub_ctl --rekey --ike flex
must 'ping after that' until_ok 10 ping_from inside 192.168.100.10
must 'disconnect' sh_run 'clear crypto ikev2 client flexvpn connect flex'
must 'the hub was told' until_ok 10 not hub_has_sa

HUB_ESP=aes128gcm16
hub_files
must 'the hub asks for AES-GCM' hub_load
printf 'enable\nconfigure terminal\ncrypto ipsec transform-set trans esp-gcm\nend\n' | sh_script > "$LAB_DIR/out" 2>&1
must 'the transform set is changed' not grep -q '^%' "$LAB_DIR/out"
must 'connect' connect
must 'active' until_ok 60 client_is ACTIVE
must 'the hub uses AES-GCM' in_ns hub sh -c 'ip xfrm state | grep -q "rfc4106(gcm(aes))"'
must 'ping through' ping_from inside 192.168.100.10
must 'spoked ends' spoked_stop
must 'Loopback0 went with it' not in_ns spoke ip link show Loopback0
