# The guide's prompt for EAP credentials, and an authority that is pasted.

== startup
crypto pki trustpoint LAB
 enrollment terminal
 revocation-check none
crypto ikev2 profile profile1
 match identity remote any
 authentication remote rsa-sig
 authentication local eap
crypto ikev2 profile psk
 match identity remote any
 authentication remote pre-share
 authentication local pre-share

== terminal A
Router#«crypto eap credentials profile1»
Enter the Username for profile profile1: «cisco»
Enter the password for username cisco«~secret»
Router#«crypto eap credentials psk»
% IKEv2 profile psk does not use EAP as local authentication method
Router#«crypto eap credentials nobody»
% IKEv2 profile nobody is not configured
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«crypto pki authenticate LAB»

Enter the base 64 encoded CA certificate.
End with a blank line or the word "quit" on a line by itself

«-----BEGIN CERTIFICATE-----»
«MIIBpzCCAU2gAwIBAgIUf24Y7v5yvtjKBJL/N7EKsK6MEm8wCgYIKoZIzj0EAwIw»
«KTEQMA4GA1UECgwHRXhhbXBsZTEVMBMGA1UEAwwMRXhhbXBsZSBSb290MB4XDTI2»
«MTEyNDE1NTIyMVoXDTM2MTEyMTE1NTIyMVowKTEQMA4GA1UECgwHRXhhbXBsZTEV»
«MBMGA1UEAwwMRXhhbXBsZSBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE»
«sONpK11x7lz4ec5thXD24kzU5sG3UMQRfE7ngSrMQzsfGTf64bx++aT0uxTrZ0R1»
«qmk46SFGZmts4ikm5AxrraNTMFEwHQYDVR0OBBYEFLBETfpFhzNOZh6fAp+d9RxY»
«RkBCMB8GA1UdIwQYMBaAFLBETfpFhzNOZh6fAp+d9RxYRkBCMA8GA1UdEwEB/wQF»
«MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgAI7zt/LIloO9faKLXYxLe1/+fcwfGkUJ»
«P4lFyBRYDa4CIQD8UPwwn2bkyw3CqKIMkpEp+8ThTuP5/0qZFH8MaeLl1Q==»
«-----END CERTIFICATE-----»
«quit»
Certificate has the following attributes:
       Fingerprint MD5: 82B44D91 68C4790C 0767DF49 910044F9 
      Fingerprint SHA1: 2D6DA470 B8B207D7 58AA3C12 72A588E9 BF2AECB0 

% Do you accept this certificate? [yes/no]: «no»
% Certificate is not accepted
Router(config)#«do crypto pki authenticate LAB»

Enter the base 64 encoded CA certificate.
End with a blank line or the word "quit" on a line by itself

«this is no certificate»
«quit»
% Error in receiving Certificate Authority certificate: it cannot be read
Router(config)#«end»
Router#«show crypto pki trustpoints»
Trustpoint LAB:
    Trustpoint not authenticated


Router#«crypto key generate ec keysize 256 label K1»
The name for the keys will be: K1

[OK] (elapsed time was n seconds)

Router#«show crypto pki certificates»
Router#
