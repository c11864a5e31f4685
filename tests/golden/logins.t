# Users, passwords in their forms, logins, privilege levels. Whoever runs the tests is no user of the configuration.

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«username admin privilege 15 secret 0 s3cret-a»
Router(config)#«username viewer password 0 s3cret-v»
Router(config)#«enable password s3cret-e»
Router(config)#«do show running-config | include viewer|enable»
enable password s3cret-e
username viewer password 0 s3cret-v
Router(config)#«service password-encryption»
Router(config)#«username none nopassword»
Router(config)#«line con 0»
Router(config-line)#«line vty 0 4»
Router(config-line)#«password in-clear»
Router(config-line)#«login local»
Router(config-line)#«exec-timeout 5 30»
Router(config-line)#«banner login /Members only/»
Router(config)#«end»
Router#«show history»
  configure terminal
  show history
Router#

== commands
show running-config | include s3cret|in-clear
show logging | include s3cret|in-clear
show running-config | include ^username (admin|none)|^username viewer password 7 |^enable password 7 |^ password 7 |^ exec-timeout
-- 0
enable password 7 HIDDEN
username admin privilege 15 secret 9 HIDDEN
username none nopassword
username viewer password 7 HIDDEN
 exec-timeout 5 30
 password 7 HIDDEN

== terminal B
Members only

User Access Verification

Username: «admin»
Password: «~wrong»
% Login invalid

Username: «^C»
Username: «admin»
Password: «~s3cret-a»
Router#«show privilege»
Current privilege level is 15
Router#«exit»

== terminal C
Members only

User Access Verification

Username: «viewer»
Password: «~s3cret-v»
Router>«show privilege»
Current privilege level is 1
Router>«enable»
Password: «~bad»
Password: «~s3cret-e»
Router#«disable 7»
Router#«show privilege»
Current privilege level is 7
Router#«show users»
    Line       User       Host(s)              Idle       Location
   0 vty 0      USER idle hh:mm:ss
*  1 vty 1      viewer     idle hh:mm:ss
Router#

== terminal D
Members only

User Access Verification

Username: «nobody»
Password: «~s3cret-v»
% Login invalid

Username: «none»
Password: «~»
Router>«configure terminal»
       ^
% Invalid input detected at '^' marker.

Router>«enable»
Password: «~x»
Password: «~y»
Password: «~z»
% Bad secrets

Router>

== script
configure terminal
line vty 0 4
login
-- 0

== terminal E
Members only

User Access Verification

Password: «~1»
% Bad passwords

Password: «~in-clear»
Router>
