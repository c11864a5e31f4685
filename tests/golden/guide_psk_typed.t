# The pre-shared key example of the FlexVPN client guide, typed line by line; saved; there after a restart.

== terminal A
Router#«enable»
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«crypto ikev2 client flexvpn flex»
Router(config-ikev2-flexvpn)#«  peer 1 10.0.0.1»
Router(config-ikev2-flexvpn)#«  connect manual»
Router(config-ikev2-flexvpn)#«  client connect Tunnel0»
Router(config-ikev2-flexvpn)#«!»
Router(config-ikev2-flexvpn)#«crypto ikev2 authorization policy flex»
Router(config-ikev2-author-p)#« subnet-acl 199»
Router(config-ikev2-author-p)#« route set interface»
Router(config-ikev2-author-p)#« route accept any »
Router(config-ikev2-author-p)#«!»
Router(config-ikev2-author-p)#«crypto ikev2 keyring key»
Router(config-ikev2-keyring)#« peer dvti»
Router(config-ikev2-keyring-)#«  address 0.0.0.0 0.0.0.0»
Router(config-ikev2-keyring-)#«  pre-shared-key cisco»
Router(config-ikev2-keyring-)#« !»
Router(config-ikev2-keyring-)#«crypto ikev2 profile prof»
IKEv2 profile MUST have:
   1. A local and a remote authentication method.
   2. A match identity or a match certificate or match any statement.
Router(config-ikev2-profile)#« match identity remote address 10.0.0.1 255.0.0.0»
Router(config-ikev2-profile)#« authentication local pre-share»
Router(config-ikev2-profile)#« authentication remote pre-share»
Router(config-ikev2-profile)#« keyring key»
Router(config-ikev2-profile)#« aaa authorization group psk list local-group-author-list flex»
Router(config-ikev2-profile)#« config-mode set»
Router(config-ikev2-profile)#«!»
Router(config-ikev2-profile)#«crypto ipsec transform-set trans esp-aes»
Router(cfg-crypto-trans)#«!»
Router(cfg-crypto-trans)#«crypto ipsec profile ipsecprof»
Router(ipsec-profile)#« set transform-set trans»
Router(ipsec-profile)#« set pfs group2»
Router(ipsec-profile)#« set ikev2-profile prof»
Router(ipsec-profile)#«!»
Router(ipsec-profile)#«interface Tunnel0»
Router(config-if)#« ip address negotiated»
Router(config-if)#« tunnel source Ethernet0/0»
Router(config-if)#« tunnel destination dynamic»
Router(config-if)#« tunnel mode ipsec ipv4»
Router(config-if)#« tunnel protection ipsec-profile ipsecprof»
Router(config-if)#«!»
Router(config-if)#«interface Ethernet0/0»
Router(config-if)#« ip address 172.16.0.1 255.240.0.0»
Router(config-if)#« ip virtual-reassembly in»
Router(config-if)#«!»
Router(config-if)#« ip route 0.0.0.0 0.0.0.0 2.2.2.2»
Router(config)#«access-list 199 permit ip 10.20.20.20 0.0.0.255 any»
Router(config)#«access-list 199 permit ip 10.30.30.30 0.0.0.255 any»
Router(config)#«end»
Router#«show running-config»
Building configuration...

Current configuration : 1066 bytes
!
crypto ikev2 authorization policy flex
 subnet-acl 199
 route set interface
 route accept any
!
crypto ikev2 keyring key
 peer dvti
  address 0.0.0.0 0.0.0.0
  pre-shared-key cisco
 !
!
crypto ikev2 profile prof
 match identity remote address 10.0.0.1 255.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local key
 aaa authorization group psk list local-group-author-list flex
 config-exchange set send
!
crypto ikev2 client flexvpn flex
  peer 1 10.0.0.1
  connect manual
  client connect Tunnel0
!
crypto ipsec transform-set trans esp-aes
!
crypto ipsec profile ipsecprof
 set transform-set trans
 set pfs group2
 set ikev2-profile prof
!
interface Tunnel0
 ip address negotiated
 tunnel source Ethernet0/0
 tunnel mode ipsec ipv4
 tunnel destination dynamic
 tunnel protection ipsec profile ipsecprof
!
interface Ethernet0/0
 ip address 172.16.0.1 255.240.0.0
 ip virtual-reassembly in
!
ip route 0.0.0.0 0.0.0.0 2.2.2.2
access-list 199 permit ip 10.20.20.20 0.0.0.255 any
access-list 199 permit ip 10.30.30.30 0.0.0.255 any
end

Router#«write memory»
Building configuration...
[OK]
Router#

== restart

== terminal A
Router#«show running-config»
Building configuration...

Current configuration : 1066 bytes
!
crypto ikev2 authorization policy flex
 subnet-acl 199
 route set interface
 route accept any
!
crypto ikev2 keyring key
 peer dvti
  address 0.0.0.0 0.0.0.0
  pre-shared-key cisco
 !
!
crypto ikev2 profile prof
 match identity remote address 10.0.0.1 255.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local key
 aaa authorization group psk list local-group-author-list flex
 config-exchange set send
!
crypto ikev2 client flexvpn flex
  peer 1 10.0.0.1
  connect manual
  client connect Tunnel0
!
crypto ipsec transform-set trans esp-aes
!
crypto ipsec profile ipsecprof
 set transform-set trans
 set pfs group2
 set ikev2-profile prof
!
interface Tunnel0
 ip address negotiated
 tunnel source Ethernet0/0
 tunnel mode ipsec ipv4
 tunnel destination dynamic
 tunnel protection ipsec profile ipsecprof
!
interface Ethernet0/0
 ip address 172.16.0.1 255.240.0.0
 ip virtual-reassembly in
!
ip route 0.0.0.0 0.0.0.0 2.2.2.2
access-list 199 permit ip 10.20.20.20 0.0.0.255 any
access-list 199 permit ip 10.30.30.30 0.0.0.255 any
end

Router#«show startup-config | count .»
Number of lines which match regexp = 48
Router#«show crypto ikev2 client flexvpn»
  Profile : flex
  Current state:CONNECT_REQUIRED
  Peer : not set
  Source : not set
  ivrf : IP DEFAULT
  fvrf : IP DEFAULT
  Backup group: None
  Tunnel interface : Tunnel0

Router#«show configuration recorded»
interface Ethernet0/0: ip virtual-reassembly in
Router#«show configuration unsupported»
Router#
