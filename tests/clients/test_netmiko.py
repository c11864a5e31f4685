#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""netmiko's cisco_ios, unmodified, over ssh.

    test_netmiko.py BUILD-DIRECTORY
"""
from netmiko import ConnectHandler

import box as b


def connect(user="netops", **more):
    return ConnectHandler(device_type="cisco_ios", host="127.0.0.1", port=b.PORT, username=user, password=b.PASSWORD, fast_cli=True,
                          global_delay_factor=0.2, **more)


def shows(box):
    with connect() as c:
        assert c.find_prompt() == "Edge1#"
        assert c.check_enable_mode() and not c.check_config_mode()
        for line, want in (("show version", "Edge1 uptime is"), ("show ip interface brief", "Loopback0"),
                           ("show running-config | section interface", " tunnel destination dynamic"),
                           ("show ip route", "203.0.113.0"), ("show crypto ikev2 sa detailed", "IPv4 Crypto IKEv2"),
                           ("show privilege", "Current privilege level is 15")):
            text = c.send_command(line)
            assert want in text and "Edge1#" not in text and "%" not in text.split("\n")[0], (line, text)


def a_user_who_enables(box):
    with connect("viewer", secret=b.ENABLE) as c:
        assert c.find_prompt() == "Edge1>" and not c.check_enable_mode()
        c.enable()
        assert c.find_prompt() == "Edge1#" and c.check_enable_mode()
        c.exit_enable_mode()
        assert c.find_prompt() == "Edge1>"


def a_configuration(box):
    """A set of lines in one go, the error one of them makes, a banner, a long line, and the name that changes the prompt."""
    lines = ["interface Loopback9", "description " + "a long description " * 10, "ip address 198.51.100.9 255.255.255.255",
             "ip access-list extended NM", "permit tcp any host 198.51.100.9 eq 22", "deny ip any any"]
    with connect() as c:
        text = c.send_config_set(lines)
        assert "%" not in text and not c.check_config_mode(), text
        running = c.send_command("show running-config")
        for line in ("interface Loopback9", " ip address 198.51.100.9 255.255.255.255", " description " + ("a long description " * 10).strip(),
                     " permit tcp any host 198.51.100.9 eq 22"):
            assert "\n" + line in running, (line, running)
        assert "% Invalid input detected at '^' marker." in c.send_config_set(["interface Loopback9", "ip adress 1.2.3.4"])
        c.send_config_set(["no ip access-list extended NM", "no interface Loopback9"])
        assert "Loopback9" not in c.send_command("show running-config")
        c.send_config_set(["hostname Edge-of-the-network"])
        c.set_base_prompt()
        assert c.find_prompt() == "Edge-of-the-network#"
        c.send_config_set(["hostname Edge1"])
        c.set_base_prompt()


def many_lines(box):
    with connect() as c:
        c.send_config_set(["ip route 10.7.%d.0 255.255.255.0 Null0" % i for i in range(60)])
        assert c.send_command("show running-config | count ^ip route 10.7").endswith("= 60")
        c.send_config_set(["no ip route 10.7.%d.0 255.255.255.0 Null0" % i for i in range(60)])


def saved(box):
    with connect() as c:
        c.send_config_set(["ip domain name saved.example.com"])
        assert "[OK]" in c.save_config()
    with open(box.startup) as f:
        assert "\nip domain name saved.example.com\n" in f.read()


def main(box):
    for test in (shows, a_user_who_enables, a_configuration, many_lines, saved):
        test(box)
        print("ok", test.__name__)


if __name__ == "__main__":
    b.run(main)
