#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the automation clients type, wait for and look for, on a pseudo-terminal of 80 columns, character by character.

    test_keys.py BUILD-DIRECTORY

The patterns are those of netmiko's cisco_ios, Ansible's cisco.ios, clogin, oxidized, scrapli and unicon.
"""
import os
import re
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden"))
from run import BOUND, Router, Terminal  # noqa: E402

BUILD = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""

ANSIBLE_ERRORS = [r"% ?Error", r"^ERROR:", r"% ?Bad secret", r"(?i)invalid input", r"(?i)(?:incomplete|ambiguous) command",
                  r"(?i)connection timed out", r"[^\r\n]+ not found", r"Bad mask", r"% ?(\S+) ?overlaps with ?(\S+)",
                  r"Command authorization failed", r"(?i)Command Rejected:", r"% Invalid"]


class Client:
    def __init__(self, router, prompt):
        self.t = Terminal(router, rows=24, columns=80)
        self.prompt = re.compile(prompt)
        self.text = ""
        self.wait()

    def wait(self, pattern=None):
        """Reads until the text ends with the prompt (or the pattern); returns what came."""
        pattern = re.compile(pattern) if pattern else self.prompt
        end = time.monotonic() + BOUND
        while not pattern.search(self.t.raw.decode(errors="replace")[-256:]):
            assert time.monotonic() < end, (pattern.pattern, self.t.raw)
            if select.select([self.t.fd], [], [], 0.2)[0]:
                assert self.t.read(), self.t.raw
        text, self.t.raw = self.t.raw.decode(), b""
        assert "\x1b" not in text and "\a" not in text, text
        assert "\r\r\n" not in text, text
        return text

    def say(self, line, pattern=None, end="\r"):
        os.write(self.t.fd, (line + end).encode())
        text = self.wait(pattern)
        assert text.startswith(line + "\r\n"), (line, text)
        return text[len(line) + 2:]


NETMIKO = r"[>#]\s*$"
ANSIBLE = r"[\r\n]?[\w\+\-\.:\/\[\]]+(?:\([^\)]+\)){0,3}(?:[>#]) ?$"
OXIDIZED = r"(?m)^([\w.@()-]+[#>]\s?)$"
SCRAPLI = r"(?m)^[\w.\-@/:]{1,63}(\([\w.\-@/:+]{0,32}\))?[#>]\s?$"
UNICON_CONFIG = r"(?m)^(.*)\(.*(con|cfg|ipsec-profile|ca-trustpoint|ca-certificate-map|cs-server)\S*\)#\s?$"


def netmiko(r):
    """Session preparation, a show with a pipe, a configuration set and the save that waits for its question."""
    c = Client(r, NETMIKO)
    for line in ("terminal width 511", "terminal length 0"):
        assert c.say(line) == "Router#", line
    c.say("config term")
    for line in ["hostname Edge", "interface Tunnel0", "description " + "long words " * 15, "no shutdown", "end"]:
        c.say(line, end="\n")
    assert "long words" in c.say("show run | sec interface Tunnel0")
    assert "[startup-config]?" in c.say("copy running-config startup-config", r"\]\? $")
    os.write(c.t.fd, b"\r")
    assert "[OK]" in c.wait(r"#$")
    os.write(c.t.fd, b"\0")  # is it alive?
    assert c.say("show privilege").startswith("Current privilege level is 15\r\n")
    c.t.close()


def ansible(r):
    """Facts; a configuration that is in place the second time; commit confirm."""
    c = Client(r, ANSIBLE)
    for line in ("terminal length 0", "terminal width 512", "terminal width 0"):
        c.say(line)
    assert re.search(r"Current privilege level is 15\s*\r\n\S+#$", c.say("show privilege"))
    version = c.say("show version")
    for want in (r"Version (\S+)", r"(?m)^[Cc]isco (\S+).+bytes of .*memory", r"(?m)^(.+) uptime", r'image file is "(.+)"',
                 r"board ID (\S+)"):
        assert re.search(want, version), want
    assert "Invalid input" in c.say("show vlan")
    lines = ["username auto privilege 15 secret 9 $9$abcdefghijklmn$.......................................0..",
             "line vty 0 4", " exec-timeout 30 0", " transport input ssh", "logging host 192.0.2.9", "archive", " path flash:cfg"]
    c.say("configure terminal")
    for line in lines:
        out = c.say(line)
        assert not any(re.search(e, out, re.M) for e in ANSIBLE_ERRORS), (line, out)
    c.say("end")
    running = c.say("show running-config").replace("\r\n", "\n")
    for line in lines:
        assert "\n" + line + "\n" in running, line
    assert "not enabled" not in c.say("show archive")
    assert "%No Rollback Confirmed Change pending" in c.say("show archive config rollback timer")
    c.say("configure terminal revert timer 5")
    c.say("hostname Tried")
    c.say("end")
    c.say("configure confirm")
    assert "hostname Tried" in c.say("show running-config | include hostname")
    for line in ("show ip interface brief", "show interfaces", "show ip route", "show clock", "dir", "show hosts", "show archive"):
        out = c.say(line)
        assert not any(re.search(e, out, re.M) for e in ANSIBLE_ERRORS), (line, out)
    c.t.close()


def clogin(r):
    """RANCID and oxidized: what they cut off must be what they expect."""
    c = Client(r, r"#$")
    c.say("terminal length 0")
    c.say("terminal width 132")
    assert c.say("show running-config view full").count("Invalid input detected") <= 1
    lines = c.say("show running-config").split("\r\n")
    assert lines[0] == "Building configuration..." and lines[1] == "" and re.match(r"Current configuration : \d+ bytes$", lines[2])
    assert "end" in lines
    assert c.say("show running-config").split("\r\n") == lines
    os.write(c.t.fd, b"exit\r")
    while select.select([c.t.fd], [], [], BOUND)[0] and c.t.read():
        pass
    os.waitpid(c.t.pid, 0)
    os.close(c.t.fd)


def scrapli_and_unicon(r):
    """Abbreviations, every mode's prompt, and what is configured on connecting."""
    c = Client(r, SCRAPLI)
    for line in ("term width 512", "term len 0"):
        c.say(line)
    assert "Enter configuration commands, one per line.  End with CNTL/Z." in c.say("config term")
    for line in ("no logging console", "line console 0", "exec-timeout 0", "line vty 0 4", "exec-timeout 0", "archive", "log config",
                 "interface Tunnel0", "crypto ikev2 client flexvpn flex", "crypto ikev2 profile p", "crypto ikev2 keyring k", "peer p",
                 "crypto ikev2 authorization policy a", "crypto ikev2 proposal p", "crypto ipsec profile p", "track 1 ip sla 1",
                 "ip access-list extended x"):
        out = c.say(line)
        assert re.search(UNICON_CONFIG, out) and not re.search("%", out), (line, out)
    c.say("end")
    assert re.search(r"(?m)^line con 0\r$", c.say("show run | begin ^line"))
    c.t.close()


def much_is_typed_ahead(r):
    """12 KB in one write: nothing lost, nothing doubled, in order."""
    c = Client(r, NETMIKO)
    c.say("terminal length 0")
    c.say("configure terminal")
    lines = ["ip route 10.%d.%d.0 255.255.255.0 192.0.2.1" % (i // 250, i % 250) for i in range(300)]
    c.t.type("".join(line + "\r" for line in lines) + "do show privilege\r")
    seen = ""
    while "level is 15" not in seen:
        seen += c.wait(r"#$")
    for line in lines:
        assert seen.count(line + "\r\n") == 1, line
    c.say("end")
    assert "= 300\r" in c.say("show running-config | count ^ip route 10")
    c.t.close()


def a_ping_is_stopped(r):
    """By Ctrl-C and by Ctrl-Shift-6, with what was typed ahead of it; what is typed behind it runs."""
    c = Client(r, NETMIKO)
    for key in (b"\3", b"\x1e"):
        os.write(c.t.fd, b"ping 127.0.0.1 repeat 100000000\r")
        c.wait(r"!!!!$")
        os.write(c.t.fd, b"never run\r" + key + b"show privilege\r")
        seen = c.wait(r"level is 15\r\n\S+#$")
        assert "Success rate is 100 percent" in seen and "never" not in seen, seen
    c.t.close()


def main():
    for test in (a_ping_is_stopped, netmiko, ansible, clogin, scrapli_and_unicon, much_is_typed_ahead):
        r = Router(BUILD)
        try:
            r.start()
            test(r)
            r.stop()
        finally:
            if r.process:
                r.process.kill()
                r.process.wait()
            r.remove()
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
