# The EAP example of the guide, and what mistyping it says.

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«crypto ikev2 profile profile1»
IKEv2 profile MUST have:
   1. A local and a remote authentication method.
   2. A match identity or a match certificate or match any statement.
Router(config-ikev2-profile)#« authentication remote rsa-sig»
Router(config-ikev2-profile)#« authentication local eap»
Router(config-ikev2-profile)#«authentication local eapp»
                                                     ^
% Invalid input detected at '^' marker.

Router(config-ikev2-profile)#«authentication remot»
% Incomplete command.

Router(config-ikev2-profile)#«authenticate local eap»
                                        ^
% Invalid input detected at '^' marker.

Router(config-ikev2-profile)#«authentication lokal eap»
                                              ^
% Invalid input detected at '^' marker.

Router(config-ikev2-profile)#«auth rem rsa»
Router(config-ikev2-profile)#«match identity remote address 10.0.0.300»
                                                           ^
% Invalid input detected at '^' marker.

Router(config-ikev2-profile)#«crypto ikev2 profil»
% Incomplete command.

Router(config-ikev2-profile)#«crypto ikev2 profile»
% Incomplete command.

Router(config-ikev2-profile)#«end»
Router#«show running-config | section profile»
crypto ikev2 profile profile1
 authentication remote rsa-sig
 authentication local eap
Router#«conf t»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«no crypto ikev2 profile profile1»
Router(config)#«do show running-config | include profile1»
Router(config)#
