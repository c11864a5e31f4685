#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person at ssh (pexpect), `ssh HOST COMMAND` and `ssh HOST < SCRIPT`, with spokesh as the login shell.

    test_ssh.py BUILD-DIRECTORY
"""
import subprocess

import pexpect

import box as b


def said(box, args, text="", user="netops"):
    r = subprocess.run(box.ssh(user) + args, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=b.BOUND,
                       env=box.environment())
    return r.returncode, r.stdout


def one_command(box):
    assert said(box, ["show privilege"]) == (0, "Current privilege level is 15\n")
    assert said(box, ["show privilege"], user="viewer") == (0, "Current privilege level is 1\n")
    status, text = said(box, ["shoe privilege"])
    assert status == 1 and "% Invalid input detected at '^' marker." in text, (status, text)
    status, text = said(box, ["show running-config | section interface Tunnel0"])
    assert status == 0 and text.startswith("interface Tunnel0\n description to the hub\n"), text


def a_script(box):
    lines = "configure terminal\ninterface Loopback7\n description by a script\nend\nshow running-config interface Loopback7\n"
    status, text = said(box, [], lines)
    assert status == 0 and " description by a script\n" in text, (status, text)
    status, text = said(box, [], "configure terminal\nno interface Loopback7\nend\n")
    assert (status, text) == (0, "")


def files_are_not_served(box):
    """scp and sftp run a program through the login shell: a clean refusal, and the router goes on."""
    for args in (["scp", "-t", "/"], ["/usr/lib/openssh/sftp-server"]):
        status, text = said(box, args)
        assert status == 1 and "%" in text, (args, status, text)


def a_person(box):
    """enable with its password, a show that is paged, a line that is wrong, Ctrl-Z, exit."""
    t = pexpect.spawn(box.ssh("viewer")[0], box.ssh("viewer")[1:], env=box.environment(), timeout=b.BOUND, encoding="utf-8", dimensions=(24, 80),
                      echo=False)
    t.expect_exact("Edge1>")
    t.send("show running-config\r")
    t.expect_exact("% Invalid input detected at '^' marker.")
    t.expect_exact("Edge1>")
    for password, answer in (("wrong", "Password: "), (b.ENABLE, "Edge1#")):
        if password == "wrong":
            t.send("enable\r")
            t.expect_exact("Password: ")
        t.send(password + "\r")
        t.expect_exact(answer)
        assert password not in t.before, t.before
    t.send("show running-config\r")
    t.expect_exact(" --More-- ")
    t.send("\r")
    t.expect_exact(" --More-- ")
    t.send("q")
    t.expect_exact("Edge1#")
    t.send("terminal length 0\r")
    t.expect_exact("Edge1#")
    t.send("show running-config | include ^hostname\r")
    t.expect_exact("\r\nhostname Edge1\r\nEdge1#")
    t.send("configure terminal\r")
    t.expect_exact("Edge1(config)#")
    t.send("interface Tunnel0\r")
    t.expect_exact("Edge1(config-if)#")
    t.send("ip adress negotiated\r")
    t.expect(r"\r\n +\^\r\n% Invalid input detected at '\^' marker\.\r\n\r\nEdge1\(config-if\)#")
    t.send("\x1a")
    t.expect_exact("Edge1#")
    t.send("disable\r")
    t.expect_exact("Edge1>")
    t.send("exit\r")
    t.expect(pexpect.EOF)
    t.close()
    assert t.exitstatus == 0, (t.exitstatus, t.signalstatus)


def a_connection_that_breaks(box):
    """In the middle of a configuration: the others go on, what was entered stays, its line is free again."""
    t = pexpect.spawn(box.ssh()[0], box.ssh()[1:], env=box.environment(), timeout=b.BOUND, encoding="utf-8")
    t.expect_exact("Edge1#")
    t.send("configure terminal\rinterface Loopback8\r")
    t.expect_exact("Edge1(config-if)#")
    assert "netops" in box.spokesh("show users").stdout
    t.kill(9)
    t.wait()
    box.until(lambda: "netops" not in box.spokesh("show users").stdout, "the line is free")
    status, text = said(box, ["show running-config interface Loopback8"])
    assert status == 0 and "interface Loopback8\n" in text, text


def main(box):
    for test in (one_command, a_script, files_are_not_served, a_person, a_connection_that_breaks):
        test(box)
        print("ok", test.__name__)


if __name__ == "__main__":
    b.run(main)
