# What --check --strict finds: a rule a kind of mistake, each with its line; and what it does not mind.

== check --strict
hostname A
crypto ikev2 proposal P
 encryption 3des aes-cbc-256
 integrity md5 sha256
 group 5 2 19
crypto ikev2 policy PO
 proposal P
 proposal missing
crypto ikev2 keyring K
 peer a
  address 10.0.0.1
  pre-shared-key one
 peer b
  address 10.0.0.1
  pre-shared-key two
crypto ikev2 profile E
 match identity remote any
 authentication remote pre-share
 authentication remote rsa-sig
 authentication local eap mschapv2 username u password p
 identity local address 10.1.1.1
crypto ipsec transform-set esp-des esp-aes
crypto ipsec transform-set T esp-3des esp-md5-hmac
crypto ipsec profile IP
 set pfs group2
crypto ikev2 client flexvpn A
  peer 1 10.0.0.1
  peer 2 10.0.0.1
  peer 3 10.0.0.2 track 7
  peer 4 10.0.0.2
  client connect Tunnel0
crypto ikev2 client flexvpn B
  peer 1 10.0.0.1
  client connect Tunnel1
interface Tunnel0
 ip vrf forwarding red
 ip address 10.9.9.9 255.255.255.0
 ipv6 address 2001:db8::1/64
interface Tunnel1
 vrf forwarding red
 ip address 10.9.8.9 255.255.255.0
 ipv6 address 2001:db8:1::1/64
ip route 0.0.0.0 0.0.0.0 Tunnel0
ip route 0.0.0.0 0.0.0.0 Tunnel1
-- 1
FILE:8:2: warning: "proposal missing" refers to "missing", which is not there [dangling-reference]
FILE:29:3: warning: "peer 3 10.0.0.2 track 7" refers to "7", which is not there [dangling-reference]
FILE:36:2: warning: "vrf forwarding red" refers to "red", which is not there [dangling-reference]
FILE:40:2: warning: "vrf forwarding red" refers to "red", which is not there [dangling-reference]
FILE:3:2: warning: 3DES has blocks of 64 bits, which repeat within hours on a busy tunnel (Sweet32). [weak-algorithm]
FILE:4:2: warning: MD5 is broken; nothing new should rest on it. [weak-algorithm]
FILE:5:2: warning: Diffie-Hellman groups 1, 2 and 5 are within reach of precomputation. [weak-algorithm]
FILE:23:1: warning: 3DES has blocks of 64 bits, which repeat within hours on a busy tunnel (Sweet32). [weak-algorithm]
FILE:23:1: warning: MD5 is broken; nothing new should rest on it. [weak-algorithm]
FILE:25:2: warning: Diffie-Hellman groups 1, 2 and 5 are within reach of precomputation. [weak-algorithm]
FILE:22:1: warning: Encryption without integrity lets anybody on the path change the traffic. [no-integrity]
FILE:28:3: warning: An earlier peer of this client is the same gateway under no narrower condition: this one is never chosen. [shadowed-peer]
FILE:14:3: warning: An earlier peer of this keyring says the same: the key of this one is never used. [shadowed-peer]
FILE:20:2: error: If EAP is the local authentication method, the remote method must be certificate based (rsa-sig or ecdsa-sig). [eap-remote-certificate]
FILE:21:2: warning: An IP address cannot be the user name of EAP: unless the server has "authentication remote eap query-identity", the client needs another local identity. [eap-address-identity]
FILE:36:2: error: "ip vrf forwarding" cannot place a dual-stack tunnel in a VRF: use "vrf forwarding" with a "vrf definition" of both address families. [dual-stack-vrf]
FILE:44:1: error: Only one FlexVPN client can have a default route through its tunnel interface: another one has it already. [two-default-clients]

== check --strict
crypto ikev2 proposal P
 encryption aes-cbc-256
 integrity sha256
 group 19 21
crypto ikev2 keyring K
 peer a
  address 10.0.0.1
  pre-shared-key one
 peer b
  address 10.0.0.0 255.0.0.0
  pre-shared-key two
crypto ikev2 profile E
 match identity remote any
 authentication remote rsa-sig
 authentication local eap mschapv2 username u password p
 identity local email u@example.com
crypto ipsec transform-set esp-des esp-aes esp-sha256-hmac
crypto ipsec transform-set G esp-gcm
crypto ipsec profile IP
 set pfs group19
track 7 interface Tunnel0 line-protocol
vrf definition red
 address-family ipv4
 address-family ipv6
crypto ikev2 client flexvpn A
  peer 1 10.0.0.1 track 7
  peer 2 10.0.0.1
  peer 3 10.0.0.12
  client connect Tunnel0
crypto ikev2 client flexvpn B
  peer 1 10.0.0.1
  client connect Tunnel1
interface Tunnel0
 vrf forwarding red
 ip address 10.9.9.9 255.255.255.0
 ipv6 address 2001:db8::1/64
interface Tunnel1
 ip vrf forwarding red
 ip address 10.9.8.9 255.255.255.0
ip route 0.0.0.0 0.0.0.0 Tunnel0
ip route 10.0.0.0 255.0.0.0 Tunnel1
-- 0

== check --strict --json
interfase Tunnel0
crypto ikev2 profile E
 match identity remote any
 authentication remote rsa-sig
 authentication local eap
crypto ikev2 proposal P
 group 2
no crypto ikev2 proposal P
crypto ikev2 proposal P
 group 19
 group 5
-- 1
[
  {
    "file": "FILE",
    "line": 1,
    "column": 8,
    "severity": "error",
    "rule": "syntax",
    "message": "Invalid input at \"interfase\""
  },
  {
    "file": "FILE",
    "line": 11,
    "column": 2,
    "severity": "warning",
    "rule": "weak-algorithm",
    "message": "Diffie-Hellman groups 1, 2 and 5 are within reach of precomputation."
  },
  {
    "file": "FILE",
    "line": 5,
    "column": 2,
    "severity": "warning",
    "rule": "eap-address-identity",
    "message": "An IP address cannot be the user name of EAP: unless the server has \"authentication remote eap query-identity\", the client needs another local identity."
  }
]

== check
interfase Tunnel0
crypto ikev2 profile E
 match identity remote any
 authentication remote rsa-sig
 authentication local eap
crypto ikev2 proposal P
 group 2
no crypto ikev2 proposal P
crypto ikev2 proposal P
 group 19
 group 5
-- 1
FILE:1:8: Invalid input at "interfase"
