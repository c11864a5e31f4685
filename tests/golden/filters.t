# Output filters, and JSON.

== script
configure terminal
hostname R1
interface Tunnel0
 description one
 ip address negotiated
interface Tunnel1
 description two
end
-- 0

== terminal A
R1#«show running-config | include interface»
interface Tunnel0
interface Tunnel1
R1#«sh ru | i ^ desc»
 description one
 description two
R1#«show running-config | exclude ^ »
Building configuration...

Current configuration : 117 bytes
!
hostname R1
!
interface Tunnel0
!
interface Tunnel1
!
end

R1#«show running-config | begin Tunnel1»
interface Tunnel1
 description two
!
end

R1#«show running-config | section Tunnel0»
interface Tunnel0
 description one
 ip address negotiated
R1#«show running-config | section exclude Tunnel»
Building configuration...

Current configuration : 117 bytes
!
hostname R1
!
!
!
end

R1#«show running-config | count Tunnel»
Number of lines which match regexp = 2
R1#«show running-config section Tunnel1»
interface Tunnel1
 description two
R1#«show running-config | include one|two»
 description one
 description two
R1#«show running-config | include»
% Incomplete command.

R1#«show running-config |»
% Incomplete command.

R1#«show running-config | include (»
% Invalid regular expression
R1#«show privilege | json»
{
  "privilege": 15
}
R1#«show running-config | json»
{
  "bytes": 117,
  "lines": [
    "!",
    "hostname R1",
    "!",
    "interface Tunnel0",
    " description one",
    " ip address negotiated",
    "!",
    "interface Tunnel1",
    " description two",
    "!",
    "end"
  ]
}
R1#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«do show running-config | include hostname»
hostname R1
R1(config)#«end»
R1#«clear logging | include x»
                 ^
% Invalid input detected at '^' marker.

R1#
