# Short names, help in general, what is typed before, and the terminal's settings.

== terminal A
Router#«show aliases»
Exec mode aliases:
  h                     help
  lo                    logout
  p                     ping
  r                     resume
  s                     show
  u                     undebug
  un                    undebug
  w                     where

Router#«help»
A question mark '?' asks for help wherever it is typed; no Enter is needed.
If nothing is listed, nothing fits there: go back until something is.
There are two kinds of help:
1. Full help, behind a blank or on an empty line (e.g. 'show ?'), lists
   what may follow, with a description of each.
2. Partial help, behind the beginning of a word (e.g. 'show pr?'), lists
   the words that begin so.

Router#«h»
A question mark '?' asks for help wherever it is typed; no Enter is needed.
If nothing is listed, nothing fits there: go back until something is.
There are two kinds of help:
1. Full help, behind a blank or on an empty line (e.g. 'show ?'), lists
   what may follow, with a description of each.
2. Partial help, behind the beginning of a word (e.g. 'show pr?'), lists
   the words that begin so.

Router#«s privilege»
Current privilege level is 15
Router#«w»
% No connections open
Router#«r 1»
% No connections open
Router#«s?»
*s="show"  show  

Router#s«how privilege»
Current privilege level is 15
Router#«s ver?»
version  

Router#s ver«^C»
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«alias exec srb show running-config | begin»
Router(config)#«alias exec s show clock»
Router(config)#«alias configure rt ip route»
Router(config)#«alias interface d description»
Router(config)#«alias exec cy show crypto»
Router(config)#«rt 10.0.0.0 255.0.0.0 Null0»
Router(config)#«rt 10.0.0.0 nonsense»
                           ^
% Invalid input detected at '^' marker.

Router(config)#«interface Tunnel0»
Router(config-if)#«d through an alias»
Router(config-if)#«do srb ^alias»
alias configure rt ip route
alias exec cy show crypto
alias exec s show clock
alias exec srb show running-config | begin
alias interface d description
end

Router(config-if)#«help»
A question mark '?' asks for help wherever it is typed; no Enter is needed.
If nothing is listed, nothing fits there: go back until something is.
There are two kinds of help:
1. Full help, behind a blank or on an empty line (e.g. 'show ?'), lists
   what may follow, with a description of each.
2. Partial help, behind the beginning of a word (e.g. 'show pr?'), lists
   the words that begin so.

Router(config-if)#«end»
Router#«cy nonsense»
          ^
% Invalid input detected at '^' marker.

Router#«cy ikev2 ?»
  authorization  Author policy
  client         Shows ikev2 client
  diagnose       Shows ikev2 diagnostic
  policy         Shows ikev2 policies
  profile        Shows ikev2 profiles
  proposal       Shows ikev2 proposals
  sa             Shows ikev2 SAs
  session        Shows ikev2 active session
  stats          Shows ikev2 sa stats
Router#cy ikev2 «^C»
Router#«show aliases exec»
Exec mode aliases:
  cy                    show crypto
  h                     help
  lo                    logout
  p                     ping
  r                     resume
  s                     show clock
  srb                   show running-config | begin
  u                     undebug
  un                    undebug
  w                     where

Router#«show aliases | json»
[
  {
    "mode": "exec",
    "name": "cy",
    "command": "show crypto"
  },
  {
    "mode": "exec",
    "name": "h",
    "command": "help"
  },
  {
    "mode": "exec",
    "name": "lo",
    "command": "logout"
  },
  {
    "mode": "exec",
    "name": "p",
    "command": "ping"
  },
  {
    "mode": "exec",
    "name": "r",
    "command": "resume"
  },
  {
    "mode": "exec",
    "name": "s",
    "command": "show clock"
  },
  {
    "mode": "exec",
    "name": "srb",
    "command": "show running-config | begin"
  },
  {
    "mode": "exec",
    "name": "u",
    "command": "undebug"
  },
  {
    "mode": "exec",
    "name": "un",
    "command": "undebug"
  },
  {
    "mode": "exec",
    "name": "w",
    "command": "where"
  },
  {
    "mode": "configure",
    "name": "rt",
    "command": "ip route"
  },
  {
    "mode": "interface",
    "name": "d",
    "command": "description"
  }
]
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«no alias exec s»
Router(config)#«no alias interface d»
Router(config)#«alias exec cy show clock detail»
Router(config)#«do show running-config | include ^alias»
alias configure rt ip route
alias exec cy show clock detail
alias exec srb show running-config | begin
Router(config)#«show history»
                ^
% Invalid input detected at '^' marker.

Router(config)#«do show history»
  alias exec srb show running-config | begin
  alias exec s show clock
  alias configure rt ip route
  alias interface d description
  alias exec cy show crypto
  rt 10.0.0.0 255.0.0.0 Null0
  rt 10.0.0.0 nonsense
  interface Tunnel0
  d through an alias
  do srb ^alias
  help
  end
  no alias exec s
  no alias interface d
  alias exec cy show clock detail
  do show running-config | include ^alias
  show history
  do show history
Router(config)#«end»
Router#«terminal history size 3»
Router#«show history»
  configure terminal
  terminal history size 3
  show history
Router#«terminal length 0»
Router#«terminal no length»
Router#«terminal width 0»
Router#«terminal default width»
Router#«show terminal»
Line 0, Location: "", Type: ""
Length: 1000 lines, Width: 200 columns
Status: PSI Enabled, Ready, Active, Automore On
Capabilities: none
Special Chars: Escape  Hold  Stop  Start  Disconnect  Activation
                ^^x    none   -     -       none
Timeouts:      Idle EXEC    Idle Session   Modem Answer  Session   Dispatch
                never          never                        none     not set
Time since activation: hh:mm:ss
Editing is enabled.
History is enabled, history size is 3.
Full user help is disabled
Router#«terminal full-help»
Router#«show terminal | json»
{
  "line": 0,
  "length": 1000,
  "width": 200,
  "exec-timeout": 0,
  "editing": true,
  "history-size": 3,
  "full-help": true,
  "monitor": false
}
Router#«exit»

== script
configure terminal
crypto isakmp key TOPSECRET1 address 10.0.0.1
enable password TOPSECRET2
snmp-server community TOPSECRET3 RO
snmp-server user nms group v3 auth sha TOPSECRET4 priv aes 128 TOPSECRET5
snmp-server host 10.0.0.9 version 2c TOPSECRET6
tacacs server T1
 key TOPSECRET7
ntp authentication-key 1 md5 TOPSECRET8
interface Tunnel0
 description a line that is long enough for a secret to stand behind what a log line would keep of it: 0123456789012345678901234567890123456789012345678901234567890123456789 password TOPSECRET9
 ip ospf message-digest-key 1 md5 TOPSECRETA
crypto ikev2 keyring k
 peer p
  pre-shared-key local TOPSECRETB
end
show running-config | count TOPSECRET
show tech-support | count TOPSECRET
show logging | count TOPSECRET
show history | count TOPSECRET
-- 0
Note: this line is kept but not acted on yet (IKEv1)
Note: this line is kept but not acted on yet (RADIUS)
Note: this line is kept but not acted on yet (the clock is kept by the box)
Number of lines which match regexp = 10
Number of lines which match regexp = 0
Number of lines which match regexp = 0
Number of lines which match regexp = 4
