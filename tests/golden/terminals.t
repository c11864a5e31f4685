# Two terminals configure at once; log lines go to who asked for them.

== terminal A
Router#«terminal monitor»
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«interface Tunnel0»
Router(config-if)#

== terminal B
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«hostname Shared»
Shared(config)#

== terminal A
Router(config-if)#«ip address 10.9.0.1 255.255.255.0»
Shared(config-if)#«do show running-config interface Tunnel0»
Building configuration...

Current configuration : 59 bytes
!
interface Tunnel0
 ip address 10.9.0.1 255.255.255.0
end

Shared(config-if)#

== terminal B
Shared(config)#«no interface Tunnel0»
Shared(config)#

== terminal A
Shared(config-if)#«description gone»
                    ^
% Invalid input detected at '^' marker.

Shared(config)#«exit»
Shared#
*Mmm dd hh:mm:ss.mmm: %SYS-5-CONFIG_I: Configured from console by USER on vty0
Shared#

== terminal B
Shared(config)#«end»
Shared#

== terminal A
Shared#
*Mmm dd hh:mm:ss.mmm: %SYS-5-CONFIG_I: Configured from console by USER on vty1
Shared#«»
Shared#«show history»
  terminal monitor
  configure terminal
  show history
Shared#«terminal no monitor»
Shared#

== terminal B
Shared#«show running-config»
Building configuration...

Current configuration : 22 bytes
!
hostname Shared
end

Shared#«show history»
  configure terminal
  show running-config
  show history
Shared#
