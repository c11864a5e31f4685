#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's cisco.ios collection over network_cli, unmodified: facts, commands, and a configuration that is in place the second time.

    test_ansible.py BUILD-DIRECTORY
"""
import os
import subprocess

import box as b

HERE = os.path.dirname(os.path.abspath(__file__))

INVENTORY = """\
[routers]
edge ansible_host=127.0.0.1 ansible_port={port} ansible_user={user} ansible_password={password}

[routers:vars]
ansible_connection=ansible.netcommon.network_cli
ansible_network_os=cisco.ios.ios
"""
BECOME = "ansible_become=true\nansible_become_method=ansible.netcommon.enable\nansible_become_password={enable}\n"


def play(box, book, *options, user="netops", more=""):
    path = box.dir + "/inventory"
    with open(path, "w") as f:
        f.write(INVENTORY.format(port=b.PORT, user=user, password=b.PASSWORD) + more)
    r = subprocess.run(["/usr/bin/ansible-playbook", "-i", path, *options, HERE + "/" + book], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=120, stdin=subprocess.DEVNULL,
                       env=box.environment(ANSIBLE_HOST_KEY_CHECKING="False", ANSIBLE_DEPRECATION_WARNINGS="False", ANSIBLE_HOME=box.home,
                                           ANSIBLE_LOCALHOST_WARNING="False"))
    assert r.returncode == 0, r.stdout
    return r.stdout


def facts_and_commands(box):
    play(box, "facts.yml")


def facts_of_one_who_enables(box):
    play(box, "facts.yml", user="viewer", more=BECOME.format(enable=b.ENABLE))


def a_configuration_twice(box):
    play(box, "config.yml")
    with open(box.startup) as f:
        assert "\ncrypto ikev2 client flexvpn flex\n" in f.read()
    before = box.spokesh("show running-config").stdout
    play(box, "config.yml", "-e", "again=true")
    assert box.spokesh("show running-config").stdout == before


def main(box):
    for test in (facts_and_commands, facts_of_one_who_enables, a_configuration_twice):
        test(box)
        print("ok", test.__name__)


if __name__ == "__main__":
    b.run(main)
