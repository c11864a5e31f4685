# In and out of configuration: exit, end, ^Z, ^C, do, no, and lines of an outer level.

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«hostname R1»
R1(config)#«! remarks and empty lines change nothing»
R1(config)#«»
R1(config)#«interface Tunnel0»
R1(config-if)#«description first»
R1(config-if)#«exit»
R1(config)#«interface Tunnel0»
R1(config-if)#«do show running-config interface Tunnel0»
Building configuration...

Current configuration : 43 bytes
!
interface Tunnel0
 description first
end

R1(config-if)#«no description»
R1(config-if)#«do show running-config interface Tunnel0»
Building configuration...

Current configuration : 24 bytes
!
interface Tunnel0
end

R1(config-if)#«crypto ikev2 keyring k»
R1(config-ikev2-keyring)#«peer a»
R1(config-ikev2-keyring-peer)#«peer b»
R1(config-ikev2-keyring-peer)#«interface Tunnel0»
R1(config-if)#«exit»
R1(config)#«exit»
R1#«exit»

== terminal B
R1#«disable»
R1>«show running-config»
         ^
% Invalid input detected at '^' marker.

R1>«configure terminal»
   ^
% Invalid input detected at '^' marker.

R1>«enable»
R1#«configure»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«interface Loopback0»
R1(config-if)#«ip address 10.1.1.1 255.255.255.255^Z»
R1#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«interface Loopback0»
R1(config-if)#«no ip address^C»
R1#«show running-config interface Loopback0»
Building configuration...

Current configuration : 63 bytes
!
interface Loopback0
 ip address 10.1.1.1 255.255.255.255
end

R1#«conf t»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«interface Loopback0»
R1(config-if)#«end»
R1#«end»
Translating "end"

% Unknown command or computer name, or unable to find computer address

R1#«exit»

== terminal C
R1#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«router bgp 65001»
R1(config-router)#«neighbor 10.0.0.1 remote-as 65000»
R1(config-router)#«neighbor 10.0.0.1 description hub»
R1(config-router)#«neighbor 10.0.0.1 timers 5 15»
R1(config-router)#«neighbor 10.0.0.2 remote-as 65000»
R1(config-router)#«no neighbor 10.0.0.1 nonsense»
                                        ^
% Invalid input detected at '^' marker.

R1(config-router)#«no neighbor 10.0.0.1 timers»
R1(config-router)#«do show running-config | section router»
router bgp 65001
 neighbor 10.0.0.1 remote-as 65000
 neighbor 10.0.0.2 remote-as 65000
 neighbor 10.0.0.1 description hub
R1(config-router)#«no neighbor 10.0.0.1»
R1(config-router)#«do show running-config | section router»
router bgp 65001
 neighbor 10.0.0.2 remote-as 65000
R1(config-router)#«no neighbor»
% Incomplete command.

R1(config-router)#«end»
R1#«exit»

== terminal D
R1#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«object-group service WEB»
Note: this line is kept but not acted on yet (object groups)
R1(config-service-group)#«tcp eq 80»
R1(config-service-group)#«ip»
R1(config-service-group)#«ip domain name example.com»
R1(config)#«do show running-config | include object|WEB|^ ip|tcp|domain name»
ip domain name example.com
object-group service WEB
 tcp eq 80
 ip
 ip address 10.1.1.1 255.255.255.255
R1(config)#«end»
R1#«exit»
