# Where the log goes: what the settings say, and what a monitoring terminal then sees.

== terminal A
Router#«show running-config | include logging»
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«no ip domain lookup»
Router(config)#«logging buffered 8192 warnings»
Router(config)#«no logging console»
Router(config)#«logging monitor errors»
Router(config)#«logging trap 3»
Router(config)#«logging facility local3»
Router(config)#«logging host 127.0.0.1 transport udp port 9»
Router(config)#«logging host logs.example.com»
Router(config)#«end»
Router#«show running-config | include logging»
logging buffered 8192 warnings
no logging console
logging monitor errors
logging host 127.0.0.1 transport udp port 9
logging host logs.example.com
logging trap 3
logging facility local3
Router#«show logging»
Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)

No Active Message Discriminator.



No Inactive Message Discriminator.


    Console logging: disabled, 2 messages logged, xml disabled,
                     filtering disabled
    Monitor logging: level errors, 0 messages logged, xml disabled,
                     filtering disabled
    Buffer logging:  level warnings, 5 messages logged, xml disabled,
                    filtering disabled
    Exception Logging: size (4096 bytes)
    Count and timestamp logging messages: disabled
    Persistent logging: disabled

No active filter modules.

    Trap logging: level errors, 0 message lines logged
        Logging to 127.0.0.1  (udp port 9, audit disabled,
              link up),
              0 message lines logged,
              0 message lines rate-limited,
              0 message lines dropped-by-MD,
              xml disabled, sequence number disabled
              filtering disabled
        Logging to logs.example.com  (udp port 514, audit disabled,
              link down: its name is not known),
              0 message lines logged,
              0 message lines rate-limited,
              0 message lines dropped-by-MD,
              xml disabled, sequence number disabled
              filtering disabled
        Logging Source-Interface:       VRF Name:

Log Buffer (8192 bytes):
*Mmm dd hh:mm:ss.mmm: %SYS-5-RESTART: System restarted -- spoke 0.1.0
*Mmm dd hh:mm:ss.mmm: %PLATFORM-5-DATAPLANE: Data plane: fake (asked for)
Router#«terminal monitor»
Router#«configure terminal»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«end»
Router#«conf t»
Enter configuration commands, one per line.  End with CNTL/Z.
Router(config)#«default logging monitor»
Router(config)#«service timestamps log datetime msec show-timezone year»
Router(config)#«service sequence-numbers»
Router(config)#«end»
Router#
nnnnnn: *Mmm dd yyyy hh:mm:ss.mmm UTC: %SYS-5-CONFIG_I: Configured from console by USER on vty0
Router#«terminal no monitor»
Router#«clear logging»
Clear logging buffer [confirm]«'y»
Router#«show logging | json»
{
  "messages": 7,
  "console": {
    "level": "disabled",
    "messages": 2
  },
  "monitor": {
    "level": "debugging",
    "messages": 0
  },
  "buffered": {
    "level": "warnings",
    "messages": 7
  },
  "trap": "errors",
  "trap-messages": 0,
  "hosts": [
    {
      "host": "127.0.0.1",
      "transport": "udp",
      "port": 9,
      "up": true,
      "messages": 0,
      "dropped": 0
    },
    {
      "host": "logs.example.com",
      "transport": "udp",
      "port": 514,
      "up": false,
      "messages": 0,
      "dropped": 0
    }
  ],
  "buffer-bytes": 8192,
  "buffer": []
}
Router#
