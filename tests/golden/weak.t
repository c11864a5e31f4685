# Weak algorithms are accepted, and a terminal with `terminal monitor` sees a warning: once for each thing that names one.

== terminal A
Router#«terminal monitor»
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«crypto ikev2 proposal P»
IKEv2 proposal MUST either have a set of an encryption algorithm other than aes-gcm, an integrity algorithm and a DH group configured or 
 encryption algorithm aes-gcm, a prf algorithm and a DH group configured
Router(config-ikev2-proposal)#«encryption aes-cbc-256»
Router(config-ikev2-proposal)#«integrity sha256»
Router(config-ikev2-proposal)#«group 19»
Router(config-ikev2-proposal)#«encryption des»
*Mmm dd hh:mm:ss.mmm: %PARSER-4-RECORDED: "encryption des" is recorded without effect in this release
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IKEv2 proposal P uses DES, which offers no adequate protection
Note: this line is kept but not acted on yet (DES)
Router(config-ikev2-proposal)#«encryption 3des aes-cbc-256»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IKEv2 proposal P uses 3DES, which offers no adequate protection
Router(config-ikev2-proposal)#«encryption aes-cbc-256 3des»
Router(config-ikev2-proposal)#«encryption aes-cbc-256»
Router(config-ikev2-proposal)#«integrity md5 sha256»
*Mmm dd hh:mm:ss.mmm: %PARSER-4-RECORDED: "integrity md5 sha256" is recorded without effect in this release
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IKEv2 proposal P uses MD5, which offers no adequate protection
Note: this line is kept but not acted on yet (MD5)
Router(config-ikev2-proposal)#«integrity sha256»
Router(config-ikev2-proposal)#«prf md5 sha256»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IKEv2 proposal P uses MD5, which offers no adequate protection
Router(config-ikev2-proposal)#«prf sha256»
Router(config-ikev2-proposal)#«group 1 19»
*Mmm dd hh:mm:ss.mmm: %PARSER-4-RECORDED: "group 1 19" is recorded without effect in this release
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IKEv2 proposal P uses DH group 1, which offers no adequate protection
Note: this line is kept but not acted on yet (DH group 1)
Router(config-ikev2-proposal)#«group 2 19»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IKEv2 proposal P uses DH group 2, which offers no adequate protection
Router(config-ikev2-proposal)#«group 5 2»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IKEv2 proposal P uses DH group 5, which offers no adequate protection
Router(config-ikev2-proposal)#«group 19 14»
Router(config-ikev2-proposal)#«exit»
Router(config)#«crypto ipsec transform-set D esp-des esp-sha-hmac»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: transform set D uses DES, which offers no adequate protection
Router(cfg-crypto-trans)#«crypto ipsec transform-set T esp-3des esp-sha-hmac»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: transform set T uses 3DES, which offers no adequate protection
Router(cfg-crypto-trans)#«crypto ipsec transform-set M esp-aes esp-md5-hmac»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: transform set M uses MD5, which offers no adequate protection
Router(cfg-crypto-trans)#«crypto ipsec transform-set A ah-md5-hmac»
*Mmm dd hh:mm:ss.mmm: %PARSER-4-RECORDED: "crypto ipsec transform-set A ah-md5-hmac" is recorded without effect in this release
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: transform set A uses MD5, which offers no adequate protection
Note: this line is kept but not acted on yet (AH)
Router(cfg-crypto-trans)#«crypto ipsec transform-set N esp-null esp-sha-hmac»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: transform set N uses no encryption, which offers no adequate protection
Router(cfg-crypto-trans)#«crypto ipsec transform-set G esp-gcm 256»
Router(cfg-crypto-trans)#«crypto ipsec profile I»
Router(ipsec-profile)#«set pfs group1»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IPsec profile I uses DH group 1, which offers no adequate protection
Router(ipsec-profile)#«set pfs group2»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IPsec profile I uses DH group 2, which offers no adequate protection
Router(ipsec-profile)#«set pfs group5»
*Mmm dd hh:mm:ss.mmm: %CRYPTO-4-WEAK_ALGORITHM: IPsec profile I uses DH group 5, which offers no adequate protection
Router(ipsec-profile)#«set pfs group19»
Router(ipsec-profile)#«exit»
Router(config)#«crypto engine compliance shield disable»
Router(config)#«crypto ipsec transform-set X esp-3des esp-sha-hmac»
Router(cfg-crypto-trans)#«end»
Router#
*Mmm dd hh:mm:ss.mmm: %SYS-5-CONFIG_I: Configured from console by USER on vty0
Router#
