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
