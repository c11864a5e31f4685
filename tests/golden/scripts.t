# Standard input that is no terminal, -c, and --check.

== script
show privilege
configure terminal
hostname R1
interfase Tunnel0
interface Tunnel0
 ip address 10.0.0.1 255.0.255.0
 description kept
end
show running-config
show clok
foo
-- 1
Current privilege level is 15
line 4: interfase Tunnel0
               ^
% Invalid input detected at '^' marker.

line 6:  ip address 10.0.0.1 255.0.255.0
                             ^
% Invalid input detected at '^' marker.

Building configuration...

Current configuration : 58 bytes
!
hostname R1
!
interface Tunnel0
 description kept
!
end

line 10: show clok
                 ^
% Invalid input detected at '^' marker.

line 11: foo
Translating "foo"

% Unknown command or computer name, or unable to find computer address

== script
configure terminal
hostname R2
do show running-config | include hostname
exit
exit
show running-config
-- 0
hostname R2

== commands
show privilege
show running-config | include ^hostname
-- 0
Current privilege level is 15
hostname R2

== commands
show privilege
show nothing
show run | inc ^interface
-- 1
Current privilege level is 15
show nothing
     ^
% Invalid input detected at '^' marker.

interface Tunnel0

== commands
show running-config | json
-- 0
{
  "bytes": 58,
  "lines": [
    "!",
    "hostname R2",
    "!",
    "interface Tunnel0",
    " description kept",
    "!",
    "end"
  ]
}

== commands
copy running-config startup-config
show startup-config
-- 0
Building configuration...
[OK]
Using 58 out of 268435456 bytes
!
hostname R2
!
interface Tunnel0
 description kept
!
end

== check
hostname R1
interface Tunnel0
 ip address negotiated
 tunnel sauce Ethernet0/0
!
crypto ikev2 client flexvpn flex
  peer 1 10.0.0.1
  peer
  connect sometimes
end
not read
-- 1
FILE:4:10: Invalid input at "sauce"
FILE:8:3: Incomplete command
FILE:9:11: Invalid input at "sometimes"

== check
hostname R1
interface Tunnel0
 ip address negotiated
 tunnel protection ipsec profile nowhere
end
-- 0
FILE:4:2: warning: "tunnel protection ipsec profile nowhere" refers to "nowhere", which is not there

== check
crypto ikev2 client flexvpn flex
  peer 1 10.0.0.1
  connect manual
  client connect Tunnel0
!
crypto ikev2 authorization policy flex
 subnet-acl 199
 route set interface
 route accept any 
!
crypto ikev2 keyring key
 peer dvti
  address 0.0.0.0 0.0.0.0
  pre-shared-key cisco
 !
crypto ikev2 profile prof
 match identity remote address 10.0.0.1 255.0.0.0
 authentication local pre-share
 authentication remote pre-share
 keyring key
 aaa authorization group psk list local-group-author-list flex
 config-mode set
!
crypto ipsec transform-set trans esp-aes
!
crypto ipsec profile ipsecprof
 set transform-set trans
 set pfs group2
 set ikev2-profile prof
!
interface Tunnel0
 ip address negotiated
 tunnel source Ethernet0/0
 tunnel destination dynamic
 tunnel mode ipsec ipv4
 tunnel protection ipsec-profile ipsecprof
!
interface Ethernet0/0
 ip address 172.16.0.1 255.240.0.0
 ip virtual-reassembly in
!
 ip route 0.0.0.0 0.0.0.0 2.2.2.2
access-list 199 permit ip 10.20.20.20 0.0.0.255 any
access-list 199 permit ip 10.30.30.30 0.0.0.255 any
-- 0

== check --json
hostname A
interfase Tunnel0
interface Tunnel0
 tunnel protection ipsec profile missing
-- 1
[
  {
    "file": "FILE",
    "line": 2,
    "column": 8,
    "severity": "error",
    "rule": "syntax",
    "message": "Invalid input at \"interfase\""
  },
  {
    "file": "FILE",
    "line": 4,
    "column": 2,
    "severity": "warning",
    "rule": "dangling-reference",
    "message": "\"tunnel protection ipsec profile missing\" refers to \"missing\", which is not there"
  }
]
