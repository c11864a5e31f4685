# The startup-config: bad lines, saving, merging, erasing, reloading.

== startup
hostname Kept
this is no command
interface Tunnel0
 ip address negotiated
 ip adress negotiated
end
hostname Behind

== terminal A
Kept#«show running-config»
Building configuration...

Current configuration : 65 bytes
!
hostname Kept
!
interface Tunnel0
 ip address negotiated
!
end

Kept#«show startup-config»
Using 65 out of 268435456 bytes
!
hostname Kept
!
interface Tunnel0
 ip address negotiated
!
end

Kept#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Kept(config)#«hostname Changed»
Changed(config)#«no interface Tunnel0»
Changed(config)#«end»
Changed#«copy startup-config running-config»
Destination filename [running-config]? «»
65 bytes copied in N secs (N bytes/sec)
Kept#«show running-config | include ^hostname|^interface»
hostname Kept
interface Tunnel0
Kept#«copy running-config startup-config»
Destination filename [startup-config]? «»
Building configuration...
[OK]
Kept#

== restart

== terminal A
Kept#«show running-config»
Building configuration...

Current configuration : 65 bytes
!
hostname Kept
!
interface Tunnel0
 ip address negotiated
!
end

Kept#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Kept(config)#«hostname Unsaved»
Unsaved(config)#«end»
Unsaved#

== restart

== terminal A
Kept#«show running-config | include hostname»
hostname Kept
Kept#«write erase»
Erasing the nvram filesystem will remove the startup-config! Continue? [confirm]«'n»
Kept#«show startup-config | include hostname»
hostname Kept
Kept#«erase startup-config»
Erasing the nvram filesystem will remove the startup-config! Continue? [confirm]«»
[OK]
Erase of nvram: complete
Kept#«show startup-config»
startup-config is not present
Kept#

== restart

== terminal A
Router#«show running-config»
Building configuration...

Current configuration : 6 bytes
!
end

Router#
