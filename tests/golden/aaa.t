# AAA: login by lists, what follows when a method cannot be asked, enable by a list, privilege by authorization, commands moved to other levels.

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«enable secret s3cret-e»
Router(config)#«username viewer privilege 7 password 0 s3cret-v»
Router(config)#«aaa new-model»
Router(config)#«aaa authentication login default local»
Router(config)#«aaa authentication login LINES group radius line none»
Note: this line is kept but not acted on yet (RADIUS for logins at terminals; EAP asks it)
Router(config)#«aaa authentication login NOBODY group radius»
Router(config)#«aaa authentication attempts login 2»
Router(config)#«privilege exec level 7 show running-config»
Router(config)#«privilege exec all level 7 clear crypto»
Router(config)#«privilege exec level 7 configure terminal»
Router(config)#«privilege exec level 15 ping»
Router(config)#«line vty 2»
Router(config-line)#«login authentication LINES»
Router(config-line)#«privilege level 3»
Router(config-line)#«password s3cret-l»
Router(config-line)#«line vty 3»
Router(config-line)#«login authentication NOBODY»
Router(config-line)#«end»
Router#

== terminal B

User Access Verification

Username: «viewer»
Password: «~wrong»
% Authentication failed

Username: «viewer»
Password: «~s3cret-v»
Router>«show privilege»
Current privilege level is 1
Router>«enable 7»
% Error in authentication: no password set for this level
Router>«enable»
Password: «~s3cret-e»
Router#«disable 7»
Router#«show running-config | include ^hostname|^aaa»
aaa new-model
aaa authentication login LINES group radius line none
aaa authentication login NOBODY group radius
aaa authentication login default local
aaa authentication attempts login 2
Router#«clear crypto sa»
Router#«clear logging»
             ^
% Invalid input detected at '^' marker.

Router#«ping 127.0.0.1»
       ^
% Invalid input detected at '^' marker.

Router#«cl?»
clear  

Router#cl«ear ?»
  crypto  Encryption subsystem
Router#clear «crypto sa counters»
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«hostname evil»
               ^
% Invalid input detected at '^' marker.

Router(config)#«do show privilege»
Current privilege level is 7
Router(config)#«end»
Router#

== terminal C

User Access Verification

Password: «~wrong»
% Authentication failed

Password: «~s3cret-l»
Router#«show privilege»
Current privilege level is 3
Router#

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«aaa authorization exec default local»
Router(config)#«aaa authentication enable default line»
Router(config)#«aaa authentication username-prompt Name:»
Router(config)#«aaa authentication password-prompt Word:»
Router(config)#«no privilege exec level 15 ping»
Router(config)#«line vty 3»
Router(config-line)#«no login authentication»
Router(config-line)#«end»
Router#

== terminal E

User Access Verification

Name:«viewer»
Word:«~s3cret-v»
Router#«show privilege»
Current privilege level is 7
Router#«enable»
% Error in authentication: no password set for this level
Router#«exit»

== terminal C
Router#«enable»
Password: «~s3cret-l»
Router#«show privilege»
Current privilege level is 15
Router#«show running-config | include ^privilege|^aaa|authentication|^line»
aaa new-model
aaa authentication login LINES group radius line none
aaa authentication login NOBODY group radius
aaa authentication login default local
aaa authentication enable default line
aaa authentication attempts login 2
aaa authentication username-prompt Name:
aaa authentication password-prompt Word:
aaa authorization exec default local
privilege exec level 7 show running-config
privilege exec all level 7 clear crypto
privilege exec level 7 configure terminal
line vty 2
 login authentication LINES
line vty 3
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«no aaa new-model»
Router(config)#«no privilege exec»
Router(config)#«no privilege exec all»
Router(config)#«end»
Router#«disable 7»
Router#«show running-config»
             ^
% Invalid input detected at '^' marker.

Router#«clear crypto sa»
       ^
% Invalid input detected at '^' marker.

Router#
