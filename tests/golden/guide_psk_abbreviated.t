# The same example in abbreviations, without remarks: the running-config is the same.

== terminal A
Router#«en»
Router#«conf t»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«cr ik cli f flex»
Router(config-ikev2-flexvpn)#«pee 1 10.0.0.1»
Router(config-ikev2-flexvpn)#«con m»
Router(config-ikev2-flexvpn)#«cl c tu0»
Router(config-ikev2-flexvpn)#«cr ik a p flex»
Router(config-ikev2-author-p)#«su 199»
Router(config-ikev2-author-p)#«ro s i»
Router(config-ikev2-author-p)#«ro a a»
Router(config-ikev2-author-p)#«cr ik keyr key»
Router(config-ikev2-keyring)#«pe dvti»
Router(config-ikev2-keyring-)#«ad 0.0.0.0 0.0.0.0»
Router(config-ikev2-keyring-)#«pr cisco»
Router(config-ikev2-keyring-)#«cr ik prof prof»
IKEv2 profile MUST have:
   1. A local and a remote authentication method.
   2. A match identity or a match certificate or match any statement.
Router(config-ikev2-profile)#«ma id re ad 10.0.0.1 255.0.0.0»
Router(config-ikev2-profile)#«au l pre»
Router(config-ikev2-profile)#«au r pre»
Router(config-ikev2-profile)#«key key»
Router(config-ikev2-profile)#«aa autho g ps l local-group-author-list flex»
Router(config-ikev2-profile)#«config-m s»
Router(config-ikev2-profile)#«cr ips t trans esp-aes»
Router(cfg-crypto-trans)#«cr ips pro ipsecprof»
Router(ipsec-profile)#«se t trans»
Router(ipsec-profile)#«se pf group2»
Router(ipsec-profile)#«se ik prof»
Router(ipsec-profile)#«int tu 0»
Router(config-if)#«ip ad n»
Router(config-if)#«tu so e0/0»
Router(config-if)#«tu d d»
Router(config-if)#«tu mo ips ipv4»
Router(config-if)#«tu prot ipsec prof ipsecprof»
Router(config-if)#«int eth 0/0»
Router(config-if)#«ip addr 172.16.0.1 255.240.0.0»
Router(config-if)#«ip virtual-r i»
Router(config-if)#«ip route 0.0.0.0 0.0.0.0 2.2.2.2»
Router(config)#«access-l 199 pe ip 10.20.20.20 0.0.0.255 a»
Router(config)#«ACCESS-L 199 PE IP 10.30.30.30 0.0.0.255 A»
Router(config)#«end»
Router#«sh ru»
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

Router#
