#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""RANCID, unmodified: clogin with and without enable, and a whole collection.

    test_clogin.py BUILD-DIRECTORY
"""
import os
import re
import subprocess

import box as b

CLOGINRC = """\
add user * %s
add password * %s %s
add method * {ssh:%d}
add sshcmd * {%s}
add autoenable * %d
"""


def login_file(box, user, enabled):
    """.cloginrc, with an ssh that takes the host key of a box that it never saw."""
    ssh = box.home + "/ssh"
    with open(os.open(ssh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o700), "w") as f:
        f.write("#!/bin/sh\nexec ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \"$@\"\n")
    path = box.home + "/.cloginrc"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write(CLOGINRC % (user, "{%s}" % b.PASSWORD, "{%s}" % b.ENABLE, b.PORT, ssh, enabled))


def run(box, args, **kw):
    r = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90, env=box.environment(**kw), cwd=box.home,
                       stdin=subprocess.DEVNULL)
    assert r.returncode == 0, r.stdout
    return r.stdout


def clogin(box, user, enabled):
    login_file(box, user, enabled)
    text = run(box, ["clogin", "-t", "20", "-c", "show privilege;show running-config", "127.0.0.1"])
    assert "Current privilege level is 15" in text and re.search(r"(?m)^hostname Edge1\r?$", text) and re.search(r"(?m)^end\r?$", text), text
    assert "--More--" not in text and "assword: " not in text.split("Current privilege")[1], text


def one_who_is_privileged(box):
    clogin(box, "netops", True)


def one_who_enables(box):
    clogin(box, "viewer", False)


def a_collection(box):
    """All of RANCID's commands for cisco; what it keeps is a configuration that reads as one."""
    login_file(box, "netops", True)
    run(box, ["/usr/lib/rancid/bin/rancid", "-d", "-t", "cisco", "127.0.0.1"], TERM="network", BASEDIR=box.home, LOGDIR=box.home)
    with open(box.home + "/127.0.0.1.new") as f:
        text = f.read()
    assert text.startswith("!RANCID-CONTENT-TYPE: cisco\n"), text
    for line in ("hostname Edge1", "crypto ikev2 profile prof", " tunnel destination dynamic", "end"):
        assert "\n" + line + "\n" in text, text


def main(box):
    for test in (one_who_is_privileged, one_who_enables, a_collection):
        test(box)
        print("ok", test.__name__)


if __name__ == "__main__":
    b.run(main)
