# Every kind of mistake, in every kind of place, with the caret under it.

== terminal A
Router#«show runing-config»
               ^
% Invalid input detected at '^' marker.

Router#«show crypto ikev2 client flexvpn flex extra words»
                                             ^
% Invalid input detected at '^' marker.

Router#«show clock detial»
                     ^
% Invalid input detected at '^' marker.

Router#«  show   clokk»
                   ^
% Invalid input detected at '^' marker.

Router#«terminal length 9999»
                       ^
% Invalid input detected at '^' marker.

Router#«s»
% Incomplete command.

Router#«sh c»
% Ambiguous command:  "sh c"
Router#«show»
% Incomplete command.

Router#«xyzzy»
Translating "xyzzy"

% Unknown command or computer name, or unable to find computer address

Router#«xyzzy now»
       ^
% Invalid input detected at '^' marker.

Router#«do show clock»
        ^
% Invalid input detected at '^' marker.

Router#«crypto ikev2 client flexvpn flex»
                                   ^
% Invalid input detected at '^' marker.

Router#«configur»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«interfase Tunnel0»
                      ^
% Invalid input detected at '^' marker.

Router(config)#«interface Tunnel»
% Incomplete command.

Router(config)#«interface»
% Incomplete command.

Router(config)#«interface Tunnel 4294967296»
                         ^
% Invalid input detected at '^' marker.

Router(config)#«crypto»
% Incomplete command.

Router(config)#«crypto ikev2 client flexvpn»
% Incomplete command.

Router(config)#«crypto ikev2 client flexvpn flex»
Router(config-ikev2-flexvpn)#«configure terminal»
                                ^
% Invalid input detected at '^' marker.

Router(config-ikev2-flexvpn)#«peer»
% Incomplete command.

Router(config-ikev2-flexvpn)#«peer 0 10.0.0.1»
                                  ^
% Invalid input detected at '^' marker.

Router(config-ikev2-flexvpn)#«peer 256 10.0.0.1»
                                  ^
% Invalid input detected at '^' marker.

Router(config-ikev2-flexvpn)#«peer 1 10.0.0»
                                    ^
% Invalid input detected at '^' marker.

Router(config-ikev2-flexvpn)#«peer 1 10.0.0.1 trak»
                                                ^
% Invalid input detected at '^' marker.

Router(config-ikev2-flexvpn)#«  peer 1 10.0.0.1.5»
                                      ^
% Invalid input detected at '^' marker.

Router(config-ikev2-flexvpn)#«connect»
% Incomplete command.

Router(config-ikev2-flexvpn)#«connect sometimes»
                                     ^
% Invalid input detected at '^' marker.

Router(config-ikev2-flexvpn)#«client connect Tunnel0 extra»
                                                    ^
% Invalid input detected at '^' marker.

Router(config-ikev2-flexvpn)#«interface Tunnel0»
Router(config-if)#«ip address 10.0.0.1 255.0.255.0»
                                      ^
% Invalid input detected at '^' marker.

Router(config-if)#«ip address»
% Incomplete command.

Router(config-if)#«tunnel source»
% Incomplete command.

Router(config-if)#«tunnel mode gre»
% Incomplete command.

Router(config-if)#«no»
% Incomplete command.

Router(config-if)#«no hostnome»
                       ^
% Invalid input detected at '^' marker.

Router(config-if)#«no tunnel sauce»
                             ^
% Invalid input detected at '^' marker.

Router(config-if)#«default»
% Incomplete command.

Router(config-if)#«default tunnel sauce»
                                  ^
% Invalid input detected at '^' marker.

Router(config-if)#«hostname»
% Incomplete command.

Router(config-if)#«hostname R1 R2»
                              ^
% Invalid input detected at '^' marker.

Router(config-if)#«do»
% Incomplete command.

Router(config-if)#«do show nonsense»
                          ^
% Invalid input detected at '^' marker.

Router(config-if)#«do show c»
% Ambiguous command:  "do show c"
Router(config-if)#«do configure terminal»
% Invalid command: this terminal is in configuration mode
Router(config-if)#«end»
Router#
