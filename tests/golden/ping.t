# ping: to this host itself, to an address that answers nothing, stopped.

== terminal A
Router#«ping 127.0.0.1»
Type escape sequence to abort.
Sending 5, 100-byte ICMP Echos to 127.0.0.1, timeout is 2 seconds:
!!!!!
Success rate is 100 percent (5/5), round-trip min/avg/max = N/N/N ms
Router#«ping 127.0.0.1 repeat 72 timeout 1»
Type escape sequence to abort.
Sending 72, 100-byte ICMP Echos to 127.0.0.1, timeout is 1 seconds:
!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!
!!
Success rate is 100 percent (72/72), round-trip min/avg/max = N/N/N ms
Router#«ping ipv6 ::1 repeat 1 size 200»
Type escape sequence to abort.
Sending 1, 200-byte ICMP Echos to ::1, timeout is 2 seconds:
!
Success rate is 100 percent (1/1), round-trip min/avg/max = N/N/N ms
Router#«ping 127.0.0.1 source Tunnel7»
% Invalid source interface - no such interface
Router#«ping 127.0.0.1 source ::1»
% Invalid source: the address is of another family
Router#«ping 240.0.0.1 repeat 2»
Type escape sequence to abort.
Sending 2, 100-byte ICMP Echos to 240.0.0.1, timeout is 2 seconds:
UU
Success rate is 0 percent (0/2)
Router#«ping 1.2.3.4.5»
% Unrecognized host or address, or protocol not running.

Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«ip host me 127.0.0.1»
Router(config)#«ip host me6 ::1»
Router(config)#«no ip domain lookup»
Router(config)#«interface Loopback3»
Router(config-if)#«end»
Router#«ping me df-bit data 12AB repeat 2 tos 184»
Type escape sequence to abort.
Sending 2, 100-byte ICMP Echos to 127.0.0.1, timeout is 2 seconds:
Packet sent with the DF bit set
Packet has data pattern 0x12AB
!!
Success rate is 100 percent (2/2), round-trip min/avg/max = N/N/N ms
Router#«ping me6 repeat 1»
Type escape sequence to abort.
Sending 1, 100-byte ICMP Echos to ::1, timeout is 2 seconds:
!
Success rate is 100 percent (1/1), round-trip min/avg/max = N/N/N ms
Router#«ping ipv6 me»
% Unrecognized host or address, or protocol not running.

Router#«ping nowhere»
% Unrecognized host or address, or protocol not running.

Router#«ping me source lo3»
% Invalid source interface - interface has no address
Router#«ping»
Protocol [ip]: «ipx»
% Unknown protocol - "ip" or "ipv6" may be pinged
Protocol [ip]: «»
Target IP address: «me»
Repeat count [5]: «0»
% Invalid number: it is out of range
Repeat count [5]: «2»
Datagram size [100]: «»
Timeout in seconds [2]: «»
Extended commands [n]: «y»
Source address or interface: «loopback 9»
Type of service [0]: «»
Set DF bit in IP header? [no]: «maybe»
% Please answer 'yes' or 'no'.
Set DF bit in IP header? [no]: «yes»
Data pattern [0x0000ABCD]: «xyz»
% Invalid pattern: four hex digits are wanted
Data pattern [0x0000ABCD]: «0xFFFF»
Sweep range of sizes [n]: «y»
Sweep min size [36]: «40»
Sweep max size [18024]: «42»
Sweep interval [1]: «»
% Invalid source interface - no such interface
Router#«ping»
Protocol [ip]: «»
Target IP address: «127.0.0.1»
Repeat count [5]: «1»
Datagram size [100]: «»
Timeout in seconds [2]: «»
Extended commands [n]: «y»
Source address or interface: «127.0.0.1»
Type of service [0]: «»
Set DF bit in IP header? [no]: «y»
Data pattern [0x0000ABCD]: «0xFFFF»
Sweep range of sizes [n]: «y»
Sweep min size [36]: «40»
Sweep max size [18024]: «42»
Sweep interval [1]: «»
Type escape sequence to abort.
Sending 3, [40..42]-byte ICMP Echos to 127.0.0.1, timeout is 2 seconds:
Packet sent with a source address of 127.0.0.1 
Packet sent with the DF bit set
Packet has data pattern 0xFFFF
!!!
Success rate is 100 percent (3/3), round-trip min/avg/max = N/N/N ms
Router#«ping»
Protocol [ip]: «»
Target IP address: «»
% Bad IP address or host name
Router#«ping»
Protocol [ip]: «^C»
Router#«traceroute me»
Type escape sequence to abort.
Tracing the route to me (127.0.0.1)
VRF info: (vrf in name/id, vrf out name/id)
  1 me (127.0.0.1) N msec N msec N msec
Router#«traceroute 127.0.0.1 numeric probe 1 ttl 2 1»
% Invalid time to live: the maximum is below the minimum
Router#«traceroute me6 probe 2 port 40000 source ::1»
Type escape sequence to abort.
Tracing the route to me6 (::1)
VRF info: (vrf in name/id, vrf out name/id)
  1 me6 (::1) N msec N msec
Router#«traceroute»
Protocol [ip]: «»
Target IP address: «me»
Source address or interface: «»
Numeric display [n]: «y»
Timeout in seconds [3]: «1»
Probe count [3]: «2»
Minimum Time to Live [1]: «»
Maximum Time to Live [30]: «»
Port Number [33434]: «»
Type escape sequence to abort.
Tracing the route to me (127.0.0.1)
VRF info: (vrf in name/id, vrf out name/id)
  1 127.0.0.1 N msec N msec
Router#

== commands
ping 127.0.0.1 repeat 2
show privilege
ping 240.0.0.1 repeat 1
ping 127.0.0.1 source ::1
-- 1
Type escape sequence to abort.
Sending 2, 100-byte ICMP Echos to 127.0.0.1, timeout is 2 seconds:
!!
Success rate is 100 percent (2/2), round-trip min/avg/max = N/N/N ms
Current privilege level is 15
Type escape sequence to abort.
Sending 1, 100-byte ICMP Echos to 240.0.0.1, timeout is 2 seconds:
U
Success rate is 0 percent (0/1)
% Invalid source: the address is of another family
