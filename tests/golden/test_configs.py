#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole running-configs of routers (tests/configs): pasted, none of their lines is refused; what the router then prints is what it
prints again when it starts from it; what has no effect is listed. What IOS refuses is refused.

    test_configs.py BUILD
"""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402

CONFIGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "configs")
BUILD = "build/debug"

REFUSED = """interfase Tunnel0
crypto ikev2 profil
crypto ikev2 keyring
ip route 10.0.0.0 255.0.0.0
ip route 10.0.0.0 255.0.255.0 Null0
interface Quantum0/0
interface GigabitEthernet0/0/0/0/0
hostname
vrf definition
30820122 300D0609 2A864886
crypto ipsec transform-set T esp-rot13
line vty 0 4 5
logging buffered 8
username
track 0 interface Loopback0 line-protocol
Building configuration...
Current configuration : 1234 bytes
R1#show run""".split("\n")


# What is not printed as IOS prints it: a `no` of what is off anyhow, what run.py hides, the depth of a policy in a policy.
C1111_OTHERWISE = ["no license feature hseck9", "username backup privilege 5 password 7 045802150C2E", "   service-policy CHILD"] + 4 * [" no ip address"]


def printed(router):
    status, text = router.spokesh(["-c", "show running-config"])
    assert status == 0
    return re.sub(r"9 \$9\$\S+", "9 HASHED", text[text.index("\nversion"):] if "\nversion" in text else text)


class Configs(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.router = run.Router(os.path.abspath(BUILD))

    def tearDown(self):
        self.router.stop()
        self.router.remove()

    def load(self, name):
        with open(os.path.join(CONFIGS, name)) as f:
            return f.read()

    def fixpoint(self, name):
        self.router.start()
        status, text = self.router.spokesh([], "configure terminal\n" + self.load(name))
        self.assertNotIn("% Invalid input", text)
        self.assertNotIn("% Ambiguous", text)
        self.assertNotIn("% Incomplete", text)
        self.assertEqual(status, 0, text)
        first = printed(self.router)
        self.assertEqual(self.router.spokesh(["-c", "write memory"])[0], 0)
        self.router.stop()
        self.router.start()
        self.assertIn(" 0 refused", self.router.log())
        self.assertEqual(first, printed(self.router))
        return first

    def test_isr4331(self):
        first = self.fixpoint("isr4331.cfg")
        for line in ("policy-map WAN-OUT", "  priority percent 20", " action 2.0 syslog msg \"done\"", "class-map match-all SIG", " match dscp cs3 af31"):
            self.assertIn("\n" + line + "\n", first)
        unsupported = self.router.spokesh(["-c", "show configuration unsupported"])[1]
        for what in ("NetFlow", "zone-based firewalls", "event manager applets", "quality of service", "RADIUS", "IKEv1"):
            self.assertIn(what, unsupported)
        self.assertIn("call-home", self.router.spokesh(["-c", "show configuration recorded"])[1])

    def test_isr1921(self):
        first = self.fixpoint("isr1921.cfg")
        for line in ("interface Embedded-Service-Engine0/0", "crypto map SDM_CMAP_1 1 ipsec-isakmp", " set peer 203.0.113.77",
                     " ip inspect FW out", "line 2"):
            self.assertIn("\n" + line + "\n", first)

    def test_c1111(self):
        """What was written in the way that IOS XE prints it is printed so, line by line."""
        first = self.fixpoint("c1111.cfg")
        have = first.split("\n")
        typed = [line.rstrip() for line in self.load("c1111.cfg").split("\n") if line.strip()[:1] not in ("", "!")]
        self.assertEqual(C1111_OTHERWISE, [line for line in typed if re.sub(r"9 \$9\$\S+", "9 HASHED", line) not in have])
        unsupported = self.router.spokesh(["-c", "show configuration unsupported"])[1]
        for what in ("policy routing", "zone-based firewalls", "IP SLA operations of this kind", "TACACS"):
            self.assertIn(what, unsupported)
        recorded = self.router.spokesh(["-c", "show configuration recorded"])[1]
        for what in ("key chain OSPF-KEYS", "line 0/2/0", "call-home"):
            self.assertIn(what, recorded)

    def test_without_indentation_and_remarks(self):
        """As a terminal with its own ideas of blanks delivers it."""
        self.router.start()
        bare = "\n".join(line.strip() for line in self.load("isr1921.cfg").split("\n") if line.strip()[:1] != "!")
        status, text = self.router.spokesh([], "configure terminal\n" + bare)
        self.assertEqual(status, 0, text)
        as_is = printed(self.router)
        self.router.stop()
        os.unlink(self.router.startup) if os.path.exists(self.router.startup) else None
        self.router.start()
        self.router.spokesh([], "configure terminal\n" + self.load("isr1921.cfg"))
        flat = [[line.lstrip() for line in text.split("\n")] for text in (as_is, printed(self.router))]
        self.assertEqual(*flat)  # but for the banner's own blanks

    def test_what_ios_refuses_is_refused(self):
        self.router.start()
        for line in REFUSED:
            status, text = self.router.spokesh([], "configure terminal\n" + line + "\nend\n")
            self.assertEqual(status, 1, line + "\n" + text)
            self.assertIn("%", text)


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
