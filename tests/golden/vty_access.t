# Who may connect is sshd's to say: the lines about it are kept, warned of, and one of the two lists has each.

== terminal A
Router#«terminal monitor»
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«access-list 10 permit 192.0.2.0 0.0.0.255»
Router(config)#«line vty 0 4»
Router(config-line)#«access-class 10 in»
*Mmm dd hh:mm:ss.mmm: %PARSER-4-RECORDED: "access-class 10 in" is recorded without effect in this release
Note: this line is kept but not acted on yet (sshd telling where a terminal comes from)
Router(config-line)#«transport input ssh»
*Mmm dd hh:mm:ss.mmm: %PARSER-4-RECORDED: "transport input ssh" is recorded without effect in this release
Router(config-line)#«do show running-config | section line vty»
line vty 0 4
 transport input ssh
 access-class 10 in
Router(config-line)#«do show configuration unsupported»
line vty 0 4: access-class 10 in   (waits for: sshd telling where a terminal comes from)
Router(config-line)#«do show configuration recorded»
line vty 0 4: transport input ssh
Router(config-line)#«no access-class 10 in»
Router(config-line)#«no transport input ssh»
Router(config-line)#«do show configuration unsupported»
Router(config-line)#«do show configuration recorded»
Router(config-line)#
