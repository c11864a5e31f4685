# `?` where it may be asked.

== terminal A
Router#«?»
Exec commands:
  abort       Drop the candidate configuration
  archive     Manage archive files
  clear       Reset functions
  commit      Put the candidate configuration in force
  configure   Enter configuration mode
  copy        Copy from one file to another
  crypto      Encryption related commands.
  debug       Debugging functions (see also 'undebug')
  delete      Delete a file
  dir         List files on a filesystem
  disable     Turn off privileged commands
  enable      Turn on privileged commands
  erase       Erase a filesystem
  exit        Exit from the EXEC
  help        Description of the interactive help system
  ip          Global IP configuration subcommands
  key         Key management
  logout      Exit from the EXEC
  monitor     Monitoring different system events
  more        Display the contents of a file
  no          Negate a command or set its defaults
  ping        Send echo messages
  quit        Exit from the EXEC
  release     Release a resource
  reload      Halt and perform a cold restart
  renew       Renew functions
  resume      Resume an active network connection
  show        Show running system information
  terminal    Set terminal line parameters
  traceroute  Trace route to destination
  undebug     Disable debugging functions (see also 'debug')
  where       List active connections
  write       Write running configuration to memory or terminal
Router#«show ?»
  access-lists    List access lists
  aliases         Display alias commands
  archive         Archive functions
  arp             ARP table
  clock           Display the system clock
  configuration   Configuration details
  crypto          Encryption module
  debugging       State of each debugging option
  history         Display the session command history
  hosts           IP domain-name, lookup style, nameservers, and host table
  interfaces      Interface status and configuration
  inventory       Show the physical inventory
  ip              IP information
  ipv6            IPv6 information
  logging         Show the contents of logging buffers
  memory          Memory statistics
  monitor         Monitoring different system events
  platform        Platform information
  privilege       Show current privilege level
  processes       Active process statistics
  reload          Scheduled reload information
  route-map       route-map information
  running-config  Current operating configuration
  startup-config  Contents of startup configuration
  tech-support    Show system information for Tech-Support
  terminal        Display terminal configuration parameters
  track           Tracking information
  users           Display information about terminal lines
  version         System hardware and software status
  vrf             VPN Routing/Forwarding instance information
Router#show «cl?»
clock  

Router#show cl«ock ?»
  detail  Display detailed information
  |       Output modifiers
  <cr>
Router#show clock «»
*hh:mm:ss.mmm UTC Www Mmm dd yyyy
Router#«show clock | ?»
  append    Append redirected output to URL (URLs supporting append operation only)
  begin     Begin with the line that matches
  count     Count number of lines which match regexp
  exclude   Exclude lines that match
  include   Include lines that match
  json      Print as JSON
  redirect  Redirect output to URL
  section   Filter a section of output
  tee       Copy output to URL
Router#show clock | «i?»
include  

Router#show clock | i«nclude ?»
  LINE  Regular Expression
Router#show clock | include «^C»
Router#«zz?»
% Unrecognized command
Router#zz«^C»
Router#«co?»
commit     configure  copy       

Router#co«nf⇥»
Router#configure «t⇥»
Router#configure terminal «»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«crypto ikev2 client flexvpn flex»
Router(config-ikev2-flexvpn)#«?»
IKEv2 FlexVPN Client Profile commands:
  backup   Configure backup
  client   Configure the client's interfaces
  connect  When the tunnel is established
  default  Set a command to its defaults
  exit     Exit from this mode
  no       Negate a command or set its defaults
  peer     Configure the list of peers
  source   Configure the list of tunnel sources
  standby  Keep an IKE SA with the next possible peer
Router(config-ikev2-flexvpn)#«peer ?»
  <1-255>     Sequence number, the lowest is preferred
  reactivate  Return to the most preferred peer when it is possible
Router(config-ikev2-flexvpn)#peer «1 ?»
  A.B.C.D     Address of the peer
  X:X:X:X::X  Address of the peer
  fqdn        Peer by name
Router(config-ikev2-flexvpn)#peer 1 «10.0.0.1 ?»
  track  Use the peer only in a state of a tracked object
  <cr>
Router(config-ikev2-flexvpn)#peer 1 10.0.0.1 «»
Router(config-ikev2-flexvpn)#«connect ?»
  auto    As soon as the configuration is complete
  manual  On command
  track   In a state of a tracked object
Router(config-ikev2-flexvpn)#connect «auto»
Router(config-ikev2-flexvpn)#«no ?»
  backup   Configure backup
  client   Configure the client's interfaces
  connect  When the tunnel is established
  peer     Configure the list of peers
  source   Configure the list of tunnel sources
  standby  Keep an IKE SA with the next possible peer
Router(config-ikev2-flexvpn)#no «^C»
Router#«conf t»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«interface Tunnel0»
Router(config-if)#«tunnel mode ?»
  gre    generic route encapsulation protocol
  ipsec  IPSec tunnel encapsulation
Router(config-if)#tunnel mode «^C»
Router#«conf t»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«interface tunnel?»
Tunnel  

Router(config)#interface tunnel« ?»
  <0-2147483647>  Tunnel interface number
Router(config)#interface tunnel «0»
Router(config-if)#«do show pri?»
privilege  

Router(config-if)#do show pri«vilege»
Current privilege level is 15
Router(config-if)#«do show clock | c?»
count  

Router(config-if)#do show clock | c«^C»
Router#
