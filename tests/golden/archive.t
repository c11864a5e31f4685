# Whole configurations: files, replacing, comparing, archives, changes that wait for their confirmation, the lock.

== terminal A
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«hostname R1»
R1(config)#«interface Tunnel0»
R1(config-if)#«ip address negotiated»
R1(config-if)#«end»
R1#«copy running-config flash:one»
Destination filename [one]? «»
63 bytes copied in N secs (N bytes/sec)
R1#«copy run flash:one»
Destination filename [one]? «»
%Warning:There is a file already existing with this name
Do you want to over write? [confirm]«'n»
R1#«more flash:one»
!
hostname R1
!
interface Tunnel0
 ip address negotiated
!
end
R1#«more flash:one | include Tunnel»
interface Tunnel0
R1#«more flash:../sock»
%Error opening flash: (Invalid file name)
R1#«more flash:two»
%Error opening flash:two (No such file or directory)
R1#«copy flash:one flash:/etc/passwd»
%Error: only files of flash: and the configurations can be copied
R1#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«hostname R2»
R2(config)#«interface Tunnel0»
R2(config-if)#«description changed»
R2(config-if)#«interface Loopback1»
R2(config-if)#«ip address 10.0.0.1 255.255.255.255»
R2(config-if)#«end»
R2#«show archive config differences flash:one»
!Contextual Config Diffs:
-hostname R1
+hostname R2
+interface Loopback1
 +ip address 10.0.0.1 255.255.255.255
interface Tunnel0
 +description changed
R2#«show archive config differences system:running-config flash:one»
!Contextual Config Diffs:
-hostname R2
+hostname R1
-interface Loopback1
 -ip address 10.0.0.1 255.255.255.255
interface Tunnel0
 -description changed
R2#«show archive config incremental-diffs flash:one»
!List of Commands:
hostname R1
end
R2#«configure replace flash:one dry-run»
!List of Commands:
no interface Loopback1
hostname R1
interface Tunnel0
 no description changed
end
!Sessions that would end:
!4 commands; nothing was changed
R2#«configure replace flash:one»
This will apply all necessary additions and deletions
to replace the current running configuration with the
contents of the specified configuration file, which is
assumed to be a complete configuration, not a partial
configuration. Enter Y if you are sure you want to proceed. ? [no]: «»
R2#«configure replace flash:one list»
This will apply all necessary additions and deletions
to replace the current running configuration with the
contents of the specified configuration file, which is
assumed to be a complete configuration, not a partial
configuration. Enter Y if you are sure you want to proceed. ? [no]: «y»
!Pass 1
!List of Commands:
no interface Loopback1
hostname R1
interface Tunnel0
 no description changed
end


Total number of passes: 1
Rollback Done

R1#«configure replace flash:one force»

Total number of passes: 0
Rollback Done

R1#«show running-config»
Building configuration...

Current configuration : 63 bytes
!
hostname R1
!
interface Tunnel0
 ip address negotiated
!
end

R1#«configure replace flash:none force»
%Error opening flash:none (No such file or directory)
% The input is not a valid config file.
R1#«show archive»
 Archive feature not enabled
R1#«archive config»
%Error archiving the configuration (the archive has no path)
R1#«conf t»
Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«archive»
R1(config-archive)#«path flash:$h-kept»
R1(config-archive)#«maximum 2»
R1(config-archive)#«write-memory»
R1(config-archive)#«log config»
R1(config-archive-log-cfg)#«logging enable»
R1(config-archive-log-cfg)#«hidekeys»
R1(config-archive-log-cfg)#«exit»
R1(config-archive)#«exit»
R1(config)#«enable secret 0 shown-to-nobody»
R1(config)#«no enable secret»
R1(config)#«end»
R1#«show archive log config all»
 idx   sess           user@line      Logged command
    1      0 USER@vty0      |hidekeys
    2      0 USER@vty0      |enable secret <hidden>
    3      0 USER@vty0      |no enable secret
R1#«show running-config | section archive»
archive
 path flash:$h-kept
 maximum 2
 write-memory
 log config
  logging enable
  hidekeys
R1#«archive config»
R1#«archive config»
R1#«write memory»
Building configuration...
[OK]
R1#«show archive»
The maximum archive configurations allowed is 2.
There are currently 2 archive configurations saved.
The next archive file will be named flash:R1-kept-<timestamp>-3
 Archive #  Name
   1        flash:R1-kept-Mmm-dd-hh-mm-ss.mmm-1
   2        flash:R1-kept-Mmm-dd-hh-mm-ss.mmm-2 <- Most Recent
R1#«show archive config rollback timer»
%No Rollback Confirmed Change pending
R1#«configure confirm»
%No Rollback Confirmed Change pending
R1#«configure revert now»
%No Rollback Confirmed Change pending
R1#«configure terminal revert timer 5»
Rollback Confirmed Change: Backing up current running config to flash:R1-kept-Mmm-dd-hh-mm-ss.mmm-3

Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«hostname R3»
R3(config)#«end»
R3#«show archive config rollback timer | include value»
Timer value: 5 minutes
R3#«configure revert now»

Total number of passes: 1
Rollback Done

R1#«configure terminal revert timer idle 3»
Rollback Confirmed Change: Backing up current running config to flash:R1-kept-Mmm-dd-hh-mm-ss.mmm-4

Enter configuration commands, one per line.  End with CNTL/Z.
R1(config)#«hostname R4»
R4(config)#«end»
R4#«configure confirm»
R4#«configure confirm»
%No Rollback Confirmed Change pending
R4#«configure terminal lock»
Enter configuration commands, one per line.  End with CNTL/Z.
R4(config)#

== terminal B
R4#«configure terminal»
% Configuration mode is locked by USER on vty0
R4#«configure replace flash:one force»
% Configuration mode is locked by USER on vty0
R4#«show configuration lock»
Parser Configure Lock
---------------------
Owner PID         : 0
User              : USER
TTY               : 0
Type              : EXCLUSIVE
State             : LOCKED
Class             : EXPOSED
Count             : 1
Pending Requests  : 0
User debug info   : configure terminal lock
R4#

== terminal A
R4(config)#«end»
R4#«show configuration lock»
Parser Configure Lock
---------------------
Owner PID         : -1
User              : unknown
TTY               : -1
Type              : NO LOCK
State             : FREE
Class             : unknown
Count             : 0
Pending Requests  : 0
User debug info   : 
R4#«conf t»
Enter configuration commands, one per line.  End with CNTL/Z.
R4(config)#«file prompt quiet»
R4(config)#«end»
R4#«copy running-config flash:one»
176 bytes copied in N secs (N bytes/sec)
R4#«copy flash:one startup-config»
[OK]
R4#«delete flash:one»
R4#«dir flash:one»
Directory of flash:/one

%Error opening flash:/one (No such file or directory)

N bytes total (N bytes free)
R4#
