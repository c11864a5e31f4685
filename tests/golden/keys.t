# Keys and their certificates: made, shown, imported, exported, removed.

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«crypto key generate rsa label K2»
The name for the keys will be: K2
Choose the size of the key modulus in the range of 1024 to 4096 for your
  General Purpose Keys. Choosing a key modulus greater than 512 may take
  a few minutes.

How many bits in the modulus [2048]: «512»
% A decimal number between 1024 and 4096.
How many bits in the modulus [2048]: «1024»
% The key modulus size is 1024 bits
% Generating 1024 bit RSA keys, keys will be non-exportable...
[OK] (elapsed time was n seconds)

Router(config)#«crypto key generate ec keysize 256 label K1 exportable»
The name for the keys will be: K1

[OK] (elapsed time was n seconds)

Router(config)#«crypto key generate ec keysize 384 label K1»
% You already have EC keys defined named K1.
% Do you really want to replace them? [yes/no]: «no»
Router(config)#«end»
Router#«show crypto key mypubkey all | include Key [ntsi]|Usage»
Key name: K2
Key type: RSA KEYS
 Key size: 1024
 Usage: General Purpose Key
 Key is not exportable.
Key name: K1
Key type: EC KEYS
 Key size: 256
 Usage: General Purpose Key
 Key is exportable.
Router#«crypto pki import SPOKE pem terminal exportable password correct horse»
% Enter PEM-formatted CA certificate.
% End with a blank line or "quit" on a line by itself.
«-----BEGIN CERTIFICATE-----»
«MIIBpjCCAU2gAwIBAgIUBwbJ39CR9xOfKnGJX9aD5BVS3kwwCgYIKoZIzj0EAwIw»
«KTEQMA4GA1UECgwHRXhhbXBsZTEVMBMGA1UEAwwMRXhhbXBsZSBSb290MB4XDTI2»
«MTEyNDIwMjEyMloXDTM2MTEyMTIwMjEyMlowKTEQMA4GA1UECgwHRXhhbXBsZTEV»
«MBMGA1UEAwwMRXhhbXBsZSBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE»
«jqsfMPvHFYHzrtkIoAdRRmXlTaaIeRRl0IefKL/sLWnQ/tr8S5MzwsfxYdxv+tRf»
«somadi1qGSIbM/rzNpsuSaNTMFEwHQYDVR0OBBYEFJM/2sYt8YmiZ2jKFPeWcghG»
«u10nMB8GA1UdIwQYMBaAFJM/2sYt8YmiZ2jKFPeWcghGu10nMA8GA1UdEwEB/wQF»
«MAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgGjHKwIBmALP8Fdmg/rqBeGB+8WMNLZDm»
«Bma0xdKxkxsCICgV5OBUdk6e7wHi/mIBTNDl+VVFOAaxj0iXBBSXuvvV»
«-----END CERTIFICATE-----»
«quit»
% Enter PEM-formatted encrypted private General Purpose key.
% End with "quit" on a line by itself.
«-----BEGIN ENCRYPTED PRIVATE KEY-----»
«MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhIDwGI+2lidwICCAAw»
«DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAN5a8tu0R6JFT2hTC/RmkkEgZCC»
«FY/yEkf3/fcxQR6KBBQgz5t2HSyLEb49CohP1tZxLKszPkkKPq48nJF1uEBtQ6Mf»
«6iHNB44fouDZNKePdIcrBt5tFoniKy4HZYN2MRmWG0Jk3I99AN95OeDMEmyRsy/8»
«LObxFPjNa9wsckHnlGMHV18M2BniQD74v3XjhfR8Tq+NjbcZVLWE6Ls4/gmt0+4=»
«-----END ENCRYPTED PRIVATE KEY-----»
«quit»
% Enter PEM-formatted General Purpose certificate.
% End with a blank line or "quit" on a line by itself.
«-----BEGIN CERTIFICATE-----»
«MIIBQTCB6QIUFCD1G1YCNFX+lq+f87F5piAI17AwCgYIKoZIzj0EAwIwKTEQMA4G»
«A1UECgwHRXhhbXBsZTEVMBMGA1UEAwwMRXhhbXBsZSBSb290MB4XDTI2MTEyNDIw»
«MjEyMloXDTM2MTEyMTIwMjEyMlowHzEQMA4GA1UECgwHRXhhbXBsZTELMAkGA1UE»
«AwwCcjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASPCVuaood6b+yGgDfMfRxx»
«lYFjXJOOqP0wIAFPsZq7wOMG2mb6QjsHQOei31+CE+hq2TxcEiTyFdjjigarY8P1»
«MAoGCCqGSM49BAMCA0cAMEQCICQOiSKAbugLT8NrzxAjayXWIa27cVmn1TRjhy/o»
«hD/dAiAg3FXxAlpow00bK7Rtl3LBDYECDJXbCvXC5FSBx73g/A==»
«-----END CERTIFICATE-----»
«quit»
% PEM files import succeeded.
Router#«show crypto pki trustpoints status»
Trustpoint SPOKE:
  Issuing CA certificate configured:
    Subject Name:
    cn=Example Root
    o=Example
    Fingerprint MD5: B3FED18C 24734C25 33321C2C DDAAF810 
    Fingerprint SHA1: 4C0E2F75 6D886D40 C3C07EEB 262B8176 71274E24 
  State:
    Keys generated ............. Yes (General Purpose, exportable)
    Issuing CA authenticated ....... Yes
    Certificate request(s) ..... Yes


Router#«show running-config | section crypto pki»
crypto pki trustpoint SPOKE
 enrollment pkcs12
crypto pki certificate chain SPOKE
 certificate ca 0706C9DFD091F7139F2A71895FD683E41552DE4C
  308201A6 3082014D A0030201 02021407 06C9DFD0 91F7139F 2A71895F D683E415
  52DE4C30 0A06082A 8648CE3D 04030230 29311030 0E060355 040A0C07 4578616D
  706C6531 15301306 03550403 0C0C4578 616D706C 6520526F 6F74301E 170D3236
  31313234 32303231 32325A17 0D333631 31323132 30323132 325A3029 3110300E
  06035504 0A0C0745 78616D70 6C653115 30130603 5504030C 0C457861 6D706C65
  20526F6F 74305930 1306072A 8648CE3D 02010608 2A8648CE 3D030107 03420004
  8EAB1F30 FBC71581 F3AED908 A0075146 65E54DA6 88791465 D0879F28 BFEC2D69
  D0FEDAFC 4B9333C2 C7F161DC 6FFAD45F B2899A76 2D6A1922 1B33FAF3 369B2E49
  A3533051 301D0603 551D0E04 16041493 3FDAC62D F189A267 68CA14F7 96720846
  BB5D2730 1F060355 1D230418 30168014 933FDAC6 2DF189A2 6768CA14 F7967208
  46BB5D27 300F0603 551D1301 01FF0405 30030101 FF300A06 082A8648 CE3D0403
  02034700 30440220 1A31CAC0 806600B3 FC15D9A0 FEBA8178 607EF163 0D2D90E6
  0666B4C5 D2B1931B 02202815 E4E05476 4E9EEF01 E2FE6201 4CD0E5F9 55453806
  B18F4897 041497BA FBD5
 quit
 certificate 1420F51B56023455FE96AF9FF3B179A62008D7B0
  30820141 3081E902 141420F5 1B560234 55FE96AF 9FF3B179 A62008D7 B0300A06
  082A8648 CE3D0403 02302931 10300E06 0355040A 0C074578 616D706C 65311530
  13060355 04030C0C 4578616D 706C6520 526F6F74 301E170D 32363131 32343230
  32313232 5A170D33 36313132 31323032 3132325A 301F3110 300E0603 55040A0C
  07457861 6D706C65 310B3009 06035504 030C0272 31305930 1306072A 8648CE3D
  02010608 2A8648CE 3D030107 03420004 8F095B9A A2877A6F EC868037 CC7D1C71
  9581635C 938EA8FD 3020014F B19ABBC0 E306DA66 FA423B07 40E7A2DF 5F8213E8
  6AD93C5C 1224F215 D8E38A06 AB63C3F5 300A0608 2A8648CE 3D040302 03470030
  44022024 0E892280 6EE80B4F C36BCF10 236B25D6 21ADBB71 59A7D534 63872FE8
  843FDD02 2020DC55 F1025A68 C34D1B2B B46D9772 C10D8102 0C95DB0A F5C2E454
  81C7BDE0 FC
 quit
Router#«crypto pki export SPOKE pem terminal aes short»
% Error: the passphrase has less than 8 characters.
Router#«crypto pki export SPOKE pem url flash:spoke 3des password correct horse»
% PEM files export succeeded: flash:spoke.ca, flash:spoke.prv, flash:spoke.crt
Router#«crypto pki export SPOKE pkcs12 flash:spoke.p12 password correct horse»
CRYPTO_PKI: Exported PKCS12 file successfully.
Router#«crypto pki export SPOKE pkcs12 ../spoke.p12 password correct horse»
% Error: Invalid file name.
Router#«crypto pki export NONE pkcs12 terminal password correct horse»
% Trustpoint NONE is not configured
Router#«more flash:spoke.ca | count CERT»
Number of lines which match regexp = 2
Router#«more flash:spoke.prv | include PRIVATE|Proc»
-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
-----END EC PRIVATE KEY-----
Router#«crypto pki import AGAIN pem url flash:spoke password correct horse»
% PEM files import succeeded.
Router#«crypto pki import BAD pem url flash:spoke password wrong horse»
% PEM files import failed: the private key cannot be read with this passphrase
Router#«crypto pki export AGAIN pem terminal aes correct horse | exclude ^[A-Za-z0-9/+=]+$»
                                                              ^
% Invalid input detected at '^' marker.

Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«crypto key zeroize ec SPOKE»
% Keys to be removed are named 'SPOKE'.
% All router certs issued using these keys will also be removed.
Do you really want to remove these keys? [yes/no]: «no»
Router(config)#«crypto key zeroize ec SPOKE»
% Keys to be removed are named 'SPOKE'.
% All router certs issued using these keys will also be removed.
Do you really want to remove these keys? [yes/no]: «yes»
Router(config)#«crypto key zeroize ec SPOKE»
% No keys found with that label
Router(config)#«end»
Router#«show crypto pki certificates SPOKE | include Certificate»
CA Certificate
  Certificate Serial Number (hex): 0706C9DFD091F7139F2A71895FD683E41552DE4C
  Certificate Usage: General Purpose
Router#
