# Banners: text up to a delimiter, over several lines, typed, pasted, and in the startup-config.

== startup
hostname Here
banner motd ^C
  ***  Welcome ?
no hostname
!! not a comment
^C
banner login #one line# ignored
end

== terminal A

  ***  Welcome ?
no hostname
!! not a comment
Here#«show running-config»
Building configuration...

Current configuration : 110 bytes
!
hostname Here
banner login ^Cone line^C
banner motd ^C
  ***  Welcome ?
no hostname
!! not a comment
^C
end

Here#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Here(config)#«ban exec @»
Enter TEXT message.  End with the character '@'.
«Who are you? One of us.»
«end»
«do not stay @ the rest»
Here(config)#«banner motd XoneX»
Here(config)#«no banner login»
Here(config)#«banner»
% Incomplete command.

Here(config)#«banner motd»
% Incomplete command.

Here(config)#«banner nothing X»
                    ^
% Invalid input detected at '^' marker.

Here(config)#

== paste A
banner motd ^C
line one	with a tab
 interface Tunnel0
^C
hostname There
--
Here(config)#banner motd ^C
line one        with a tab
 interface Tunnel0
^C
Here(config)#hostname There
There(config)#

== terminal A
There(config)#«do show running-config»
Building configuration...

Current configuration : 136 bytes
!
hostname There
banner exec ^C
Who are you? One of us.
end
do not stay ^C
banner motd ^C
line one	with a tab
 interface Tunnel0
^C
end

There(config)#

== terminal B

line one	with a tab
 interface Tunnel0

Who are you? One of us.
end
do not stay 
There#«exit»

== script
configure terminal
no banner motd
banner login /
scripted
/
do show running-config | section banner
-- 0
banner exec ^C
banner login ^C

== check
hostname A
banner motd @
this never ends
interface Nothing
-- 1
FILE:4:1: % Invalid input: the text has no end

== terminal C

Who are you? One of us.
end
do not stay 
There#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
There(config)#«crypto ikev2 authorization policy pol»
There(config-ikev2-author-po)#«banner Lwelcome to the clientsL»
There(config-ikev2-author-po)#«banner login @now@»
There(config)#«crypto ikev2 authorization policy pol»
There(config-ikev2-author-po)#«banner mot@d@»
There(config-ikev2-author-po)#«banner motd @of the router@»
There(config)#«crypto ikev2 authorization policy pol»
There(config-ikev2-author-po)#«banner incoming @a call@»
There(config)#«crypto ikev2 authorization policy pol»
There(config-ikev2-author-po)#«no banner motd»
There(config)#«crypto ikev2 authorization policy pol»
There(config-ikev2-author-po)#«do show running-config | include banner|polic»
crypto ikev2 authorization policy pol
 banner mot@d@
banner exec ^C
banner incoming ^Ca call^C
banner login ^Cnow^C
There(config-ikev2-author-po)#«no banner»
There(config-ikev2-author-po)#«do show running-config | include banner|polic»
crypto ikev2 authorization policy pol
banner exec ^C
banner incoming ^Ca call^C
banner login ^Cnow^C
There(config-ikev2-author-po)#«end»
There#«exit»
