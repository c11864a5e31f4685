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
Router#«ping ip ::1 repeat 1 size 200»
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
Router#«ping nowhere»
            ^
% Invalid input detected at '^' marker.

Router#

== commands
ping 127.0.0.1 repeat 2
show privilege
ping 240.0.0.1 repeat 1
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
