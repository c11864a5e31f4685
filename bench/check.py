#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check.py BUILD [LINES]: CPU of `spokesh --check` of a file of routes, access list entries and interfaces (100,000 lines unless told) against
FRR's `vtysh -C -f` of the same file, by turns; medians. Both accept every line.
"""
import resource
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 7
build, lines = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100000


def used():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def cpu(command):
    before = used()
    r = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode:
        sys.exit("%s: %s" % (command[0], r.stdout[:300]))
    return used() - before


with tempfile.NamedTemporaryFile("w", suffix=".cfg") as f:
    for i in range(lines // 17):
        f.write("interface eth%d\n description link %d\n!\n" % (i, i))
        for k in range(8):
            f.write("ip route 10.%d.%d.0 255.255.255.0 192.0.2.%d\n" % (i // 256, i % 256, k + 1))
        for k in range(6):
            f.write("access-list %d permit 10.%d.%d.0 0.0.0.255\n" % (1 + i % 90, i // 256 % 256, (i * 6 + k) % 256))
    f.flush()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(cpu([build + "/spokesh", "--check", f.name]))
        theirs.append(cpu(["vtysh", "-C", "-f", f.name]))
a, b = statistics.median(ours), statistics.median(theirs)
print("check: spokesh --check %.1f ms, vtysh -C -f %.1f ms: ratio %.1f (to reach: 25 or more)" % (a * 1e3, b * 1e3, b / a))
