# Keys of the configuration under a master key: given, kept out of it, changed, taken away.

== startup
crypto ikev2 keyring K
 peer hub
  address 10.0.0.1
  pre-shared-key cisco
 peer other
  address 10.0.0.2
  pre-shared-key local one two
  pre-shared-key remote 6 fe_a`iJYE\DZYJhDhTP[`MYaTgRH_MAAB
crypto ikev2 profile P
 match identity remote any
 authentication remote pre-share key secret
 authentication local pre-share

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«password encryption aes»
Router(config)#«do show running-config | include password enc|pre-share»
password encryption aes
  pre-shared-key cisco
  pre-shared-key local one two
  pre-shared-key remote 6 SEALED
 authentication remote pre-share key secret
 authentication local pre-share
Router(config)#«key config-key password-encrypt short»
% The key must have at least 8 characters
Router(config)#«key config-key password-encrypt»
New key: «~Cisco123»
Confirm key: «~Cisco124»
% The keys do not match
Router(config)#«key config-key password-encrypt»
New key: «~Cisco123»
Confirm key: «~Cisco123»
Router(config)#«do show running-config | include password enc|pre-share»
password encryption aes
  pre-shared-key 6 SEALED
  pre-shared-key local 6 SEALED
  pre-shared-key remote 6 SEALED
 authentication remote pre-share key 6 SEALED
 authentication local pre-share
Router(config)#«crypto ikev2 keyring K»
Router(config-ikev2-keyring)#«peer third»
Router(config-ikev2-keyring-)#«pre-shared-key in clear»
Router(config-ikev2-keyring-)#«end»
Router#«show running-config | include config-key|in clear|pre-share»
  pre-shared-key 6 SEALED
  pre-shared-key local 6 SEALED
  pre-shared-key remote 6 SEALED
  pre-shared-key 6 SEALED
 authentication remote pre-share key 6 SEALED
 authentication local pre-share
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«key config-key password-encrypt»
Old key: «~wrong»
% The old key is another one
Router(config)#«key config-key password-encrypt»
Old key: «~Cisco123»
New key: «~Another123»
Confirm key: «~Another123»
Router(config)#«no key config-key password-encrypt»
WARNING: All type 6 encrypted keys will become unusable
Continue with master key deletion ? [yes/no]: «no»
Router(config)#«no key config-key password-encrypt»
WARNING: All type 6 encrypted keys will become unusable
Continue with master key deletion ? [yes/no]: «yes»
Router(config)#«crypto ikev2 keyring K»
Router(config-ikev2-keyring)#«peer third»
Router(config-ikev2-keyring-)#«pre-shared-key in clear»
Router(config-ikev2-keyring-)#«end»
Router#«show running-config | include in clear»
  pre-shared-key in clear
Router#
