#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show commands, each read by a TextFSM template (shows.py) from a router with shows.cfg; the lab reads those that need a session.

    test_textfsm.py BUILD-DIRECTORY
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden"))
from run import Router  # noqa: E402

import shows  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))

# Of each command the number of records (None: as many as there are), and what one of them says.
CASES = [
    ("show version", 1, {"HOSTNAME": "Edge1", "VERSION": r"\d+\.\d+\.\d+", "UPTIME": r".*\d+ minutes?", "CONFIG_REGISTER": "0x2102"}),
    ("show inventory", 1, {"NAME": "Chassis", "PID": "SPOKE"}),
    ("show clock", 1, {"ZONE": "UTC", "YEAR": r"20\d\d"}),
    ("show users", None, {"MINE": r"\*", "TTY": r"vty \d+", "HOSTS": "idle"}),
    ("show processes cpu", None, {"PROCESS": "spoked", "PID": r"\d+"}),
    ("show logging", None, {"FACILITY": "SYS", "SEVERITY": "5", "MNEMONIC": "RESTART"}),
    ("show ip interface brief", 4, {"INTERFACE": "GigabitEthernet0/2", "ADDRESS": "10.20.0.1", "STATUS": "administratively down", "PROTO": "down"}),
    ("show ipv6 interface brief", 4, {"INTERFACE": "Loopback0", "LINK": "up", "PROTOCOL": "up"}),
    ("show interfaces", 4, {"INTERFACE": "Tunnel0", "DESCRIPTION": "to the hub", "TUNNEL_SOURCE": "10.7.0.1", "TUNNEL_PROTOCOL": "IPSEC/IP"}),
    ("show interfaces GigabitEthernet0/1", 1, {"INTERFACE": "GigabitEthernet0/1", "ADDRESS": "192.0.2.2/24", "ENCAPSULATION": "ARPA"}),
    ("show interfaces description", 4, {"INTERFACE": "Gi0/2", "STATUS": "admin down", "PROTOCOL": "down", "DESCRIPTION": ""}),
    ("show ip route", 2, {"CODE": "S", "NETWORK": "10.9.0.0", "MASK": "16", "INTERFACE": "Null0"}),
    ("show ip route vrf red", 0, None),
    ("show crypto ikev2 sa", 1, {"STATUS": "IN-NEG", "REMOTE": "10.0.0.1/500"}),
    ("show crypto ikev2 sa detailed", 1, {"STATUS": "IN-NEG", "INITIATOR": "Yes", "DPD": "10"}),
    ("show crypto session", 1, {"INTERFACE": "Tunnel0", "PEER": "10.0.0.1", "STATUS": "DOWN-NEGOTIATING"}),
    ("show crypto session detail", 1, {"INTERFACE": "Tunnel0", "FVRF": r"\(none\)", "CAPABILITIES": "D"}),
    ("show ip nat translations", 1, {"PROTOCOL": "---", "INSIDE_GLOBAL": "192.0.2.9", "INSIDE_LOCAL": "10.20.0.9", "OUTSIDE_GLOBAL": "---"}),
    ("show access-lists", 4, {"KIND": "Extended", "NAME": "ACL", "SEQUENCE": "20", "ACTION": "deny", "PROTOCOL": "ip", "RULE": "any any log"}),
    ("show ip access-lists 10", 2, {"KIND": "Standard", "NAME": "10", "RULE": "10.0.0.0, wildcard bits 0.255.255.255"}),
    ("show ip dhcp binding", 0, None),
    ("show track", 4, {"NUMBER": "1", "OBJECT": "Interface Tunnel0", "PARAMETER": "line-protocol", "DELAY_UP": "10", "DELAY_DOWN": "5"}),
    ("show track 2", 1, {"OBJECT": "IP SLA 1", "PARAMETER": "reachability", "STATE": "Down"}),
    ("show track brief", 4, {"NUMBER": "3", "TYPE": "ip route", "PARAMETER": "reachability", "STATE": "Down"}),
    ("show ip sla summary", 1, {"ID": "1", "TYPE": "icmp-echo", "DESTINATION": "10.0.0.9"}),
    ("show ip sla statistics", 1, {"ID": "1", "TIME_TO_LIVE": "Forever"}),
    ("show vrf", 1, {"NAME": "red", "RD": "65000:1", "INTERFACES": "Gi0/2"}),
    ("show arp", 0, None),
]


def main():
    router = Router(os.path.abspath(sys.argv[1]))
    try:
        with open(HERE + "/shows.cfg") as f, open(router.startup, "w") as out:
            out.write(f.read())
        router.start()
        assert " 0 refused" in router.log(), router.log()
        for command, n, wanted in CASES:
            status, text = router.spokesh(["-c", command])
            assert status == 0, (command, text)
            got = shows.records(command, denormal(text))
            assert n is None or len(got) == n, (command, text, got)
            if wanted:
                shows.find(command, denormal(text), **wanted)
            print("ok", command)
        router.stop()
    finally:
        if router.process:
            router.process.kill()
            router.process.wait()
        router.remove()


def denormal(text):
    """run.py writes names where clocks stand; the templates want clocks."""
    for name, value in (("*Mmm dd hh:mm:ss.mmm", "*Nov  3 09:15:20.118"), ("*hh:mm:ss.mmm UTC Www Mmm dd yyyy", "*09:15:20.118 UTC Tue Nov 3 2026"),
                        ("idle hh:mm:ss", "idle 00:00:01")):
        text = text.replace(name, value)
    return text


if __name__ == "__main__":
    main()
