# Access lists: named ones, with and without numbers; numbered anew; counters.

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«ip access-list extended LAN»
Router(config-ext-nacl)#«permit tcp any any established»
Router(config-ext-nacl)#«permit udp any any eq domain»
Router(config-ext-nacl)#«15 deny ip host 10.1.1.1 any log»
Router(config-ext-nacl)#«remark the end»
Router(config-ext-nacl)#«ip access-list resequence LAN 100 5»
Router(config-ext-nacl)#«do show access-lists LAN»
Extended IP access list LAN
    100 permit tcp any any established
    105 deny   ip host 10.1.1.1 any log
    110 permit udp any any eq domain
Router(config-ext-nacl)#«ip access-list resequence NONE 10 10»
% Access list NONE is no named list
Router(config-ext-nacl)#«ip access-list resequence LAN 2147483647 1»
% Sequence numbers would exceed 2147483647
Router(config-ext-nacl)#«permit tcp any any time-range NIGHT»
                                                ^
% Invalid input detected at '^' marker.

Router(config-ext-nacl)#«end»
Router#«show running-config | section access-list»
ip access-list extended LAN
 remark the end
 100 permit tcp any any established
 105 deny   ip host 10.1.1.1 any log
 110 permit udp any any eq domain
Router#«clear access-list counters»
Router#«show ip access-lists»
Extended IP access list LAN
    100 permit tcp any any established
    105 deny   ip host 10.1.1.1 any log
    110 permit udp any any eq domain
Router#
