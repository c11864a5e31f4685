# A candidate configuration: nothing acts before `commit`; `show configuration impact` says what would.

== startup
hostname R1
crypto ikev2 keyring K
 peer hub
  address 192.0.2.1
  pre-shared-key k
crypto ikev2 profile PR
 match identity remote address 192.0.2.1 255.255.255.255
 authentication local pre-share
 authentication remote pre-share
 keyring local K
crypto ikev2 client flexvpn flex
 peer 1 192.0.2.1
 connect auto
 client connect Tunnel0
crypto ipsec profile IP
 set ikev2-profile PR
interface Tunnel0
 ip address negotiated
 tunnel source 127.0.0.1
 tunnel destination dynamic
 tunnel protection ipsec profile IP
end

== terminal A
R1#«show configuration impact»
% There is no candidate configuration: configure terminal candidate begins one
R1#«commit»
% There is no candidate configuration: configure terminal candidate begins one
R1#«abort»
% There is no candidate configuration: configure terminal candidate begins one
R1#«configure terminal candidate»
Enter configuration commands, one per line.  End with CNTL/Z.
Nothing changes until commit; abort drops what was entered.
R1(config)#«do configure terminal candidate»
% Invalid command: this terminal is in configuration mode
R1(config)#«show configuration impact»
!List of Commands:
end
!Sessions that would end:
!0 commands; nothing was changed
R1(config)#«hostname R2»
R1(config)#«interface Tunnel0»
R1(config-if)#«description new»
R1(config-if)#«interfase Loopback1»
               ^
% Invalid input detected at '^' marker.

R1(config-if)#«crypto key generate rsa»
                                  ^
% Invalid input detected at '^' marker.

R1(config-if)#«do show configuration impact»
!List of Commands:
hostname R2
interface Tunnel0
 description new
end
!Sessions that would end:
!3 commands; nothing was changed
R1(config-if)#«do show configuration impact | json»
{
  "candidate": true,
  "commands": [
    "hostname R2",
    "interface Tunnel0",
    "description new"
  ],
  "sessions": []
}
R1(config-if)#«do show running-config | include hostname|description»
hostname R1
R1(config-if)#«end»
Uncommitted changes: commit them before leaving? [yes/no/cancel]: «maybe»
% Please answer 'yes', 'no' or 'cancel'.
Uncommitted changes: commit them before leaving? [yes/no/cancel]: «»
R1(config-if)#«^Z»
Uncommitted changes: commit them before leaving? [yes/no/cancel]: «cancel»
R1(config-if)#«^C»
Uncommitted changes: commit them before leaving? [yes/no/cancel]: «^C»
R1(config-if)#«do exit»
Uncommitted changes: commit them before leaving? [yes/no/cancel]: «c»
R1(config-if)#

== terminal B
R1#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«interface Loopback7»
R1(config-if)#«end»
R1#

== terminal A
R1(config-if)#«commit»
% The running configuration has changed meanwhile: show configuration impact says what commit would do now
R1(config-if)#«show configuration impact»
!List of Commands:
no interface Loopback7
hostname R2
interface Tunnel0
 description new
end
!Sessions that would end:
!4 commands; nothing was changed
R1(config-if)#«interface Loopback7»
R1(config-if)#«interface Tunnel0»
R1(config-if)#«show configuration impact»
!List of Commands:
hostname R2
interface Tunnel0
 description new
end
!Sessions that would end:
!3 commands; nothing was changed
R1(config-if)#«commit»
R2(config-if)#«do show running-config | include hostname|description|Loopback»
hostname R2
interface Loopback7
 description new
R2(config-if)#«commit»
R2(config-if)#«no description»
R2(config-if)#«description new»
R2(config-if)#«end»
R2#«configure terminal candidate»
Enter configuration commands, one per line.  End with CNTL/Z.
Nothing changes until commit; abort drops what was entered.
R2(config)#«hostname R3»
R2(config)#«abort»
R2#«show running-config | include hostname»
hostname R2
R2#«configure terminal candidate»
Enter configuration commands, one per line.  End with CNTL/Z.
Nothing changes until commit; abort drops what was entered.
R2(config)#«hostname R3»
R2(config)#«exit»
Uncommitted changes: commit them before leaving? [yes/no/cancel]: «n»
R2#«configure terminal candidate»
Enter configuration commands, one per line.  End with CNTL/Z.
Nothing changes until commit; abort drops what was entered.
R2(config)#«hostname R4»
R2(config)#«exit»
Uncommitted changes: commit them before leaving? [yes/no/cancel]: «y»
R4#«show running-config | include hostname»
hostname R4
R4#

== terminal A
R4#«configure terminal candidate»
Enter configuration commands, one per line.  End with CNTL/Z.
Nothing changes until commit; abort drops what was entered.
R4(config)#«no crypto ikev2 client flexvpn flex»
R4(config)#«show configuration impact»
!List of Commands:
no crypto ikev2 client flexvpn flex
end
!Sessions that would end:
flex: the client is removed
!1 command; nothing was changed
R4(config)#«show configuration impact | json»
            ^
% Invalid input detected at '^' marker.

R4(config)#«do show configuration impact | json»
{
  "candidate": true,
  "commands": [
    "no crypto ikev2 client flexvpn flex"
  ],
  "sessions": [
    {
      "client": "flex",
      "reason": "the client is removed"
    }
  ]
}
R4(config)#«abort»
R4#«show crypto ikev2 client flexvpn | include state»
  Current state:NEGOTIATING
R4#

== script
configure terminal candidate
hostname R5
end
no
configure terminal candidate
hostname R6
show configuration impact
commit
end
show running-config | include hostname
configure terminal candidate
hostname R7
-- 0
!List of Commands:
hostname R6
end
!Sessions that would end:
!1 command; nothing was changed
hostname R6

== commands
show running-config | include hostname
-- 0
hostname R6
