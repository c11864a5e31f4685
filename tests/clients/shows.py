#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a show command prints, read the way automation reads it: by a TextFSM template that refuses any line it does not know.

    shows.py COMMAND [FIELD=REGEX]... < TEXT     fails unless one record has all these fields

The templates in textfsm/ are our own, with the fields and the strictness of the public collections.
"""
import io
import os
import re
import sys

import textfsm

TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "textfsm")


def template_of(command):
    """Of the command, or of its beginning: `show ip route vrf red` is read like `show ip route`."""
    words = command.replace("show ip access-lists", "show access-lists").replace("show ip arp", "show arp").split()
    while words:
        path = os.path.join(TEMPLATES, "_".join(words).replace("-", "_") + ".textfsm")
        if os.path.exists(path):
            return path
        words.pop()
    raise LookupError("no template for " + command)


def records(command, text):
    """A list of dictionaries, a field each."""
    with open(template_of(command)) as f:
        machine = textfsm.TextFSM(f)
    return [dict(zip(machine.header, row)) for row in machine.ParseText(text)]


def find(command, text, **wanted):
    """The first record whose fields match; a field that is a list matches by one of its members."""
    got = records(command, text)
    for r in got:
        if all(any(re.fullmatch(v, x) for x in (r[k] if isinstance(r[k], list) else [r[k]])) for k, v in wanted.items()):
            return r
    raise AssertionError("%s: no record with %r in %r" % (command, wanted, got))


if __name__ == "__main__":
    find(sys.argv[1], io.TextIOWrapper(sys.stdin.buffer, "utf-8").read(), **dict(a.split("=", 1) for a in sys.argv[2:]))
