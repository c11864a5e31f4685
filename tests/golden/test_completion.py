#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tab in bash behind spokesh and spoked, by a bash that has read what the package installs.

    test_completion.py BUILD-DIRECTORY
"""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(sys.argv[1])
TAB = """source "$1"; shift
complete -p "${1##*/}" > /dev/null || exit 3
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_spoke; printf '%s\\n' "${COMPREPLY[@]}" """


def tab(program, *words):
    """What Tab offers behind these words, the last of which is not complete."""
    r = subprocess.run(["bash", "--norc", "-c", TAB, "bash", ROOT + "/packaging/bash-completion/" + program, BUILD + "/" + program, *words],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert r.returncode == 0 and not r.stderr, r
    return set(r.stdout.split())


assert {"--check", "--strict", "--json", "--socket", "--help"} <= tab("spokesh", "--")
assert tab("spokesh", "--str") == {"--strict"}
assert tab("spokesh", "--check", "--js") == {"--json"}
assert tab("spokesh", "-c", "sh") == set()
assert tab("spokesh", "x") == set()
assert {"--config", "--dataplane", "--state-dir", "--foreground"} <= tab("spoked", "--")
assert tab("spoked", "--dataplane", "ke") == {"kernel"}
with tempfile.TemporaryDirectory() as d:
    open(d + "/branch.cfg", "w").close()
    os.mkdir(d + "/state")
    assert tab("spokesh", "--check", d + "/br") == {d + "/branch.cfg"}
    assert tab("spokesh", "--check", "--strict", d + "/br") == {d + "/branch.cfg"}
    assert tab("spokesh", "--socket", d + "/") == {d + "/branch.cfg", d + "/state"}
    assert tab("spoked", "--state-dir", d + "/") == {d + "/state"}
