#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""entry.py BUILD [LINES]: what one typed configuration line costs the router, as CPU time of spoked (recording back ends), with LINES routes
(100,000 unless told) in the configuration against none. The lines are typed one by one: each is sent when the prompt behind the one before has
come, and is acted on before its own prompt comes. The two routers are asked by turns and the medians are compared.
"""
import glob
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROUNDS, TYPED = 10, 500


class Router:
    def __init__(self, build, present):
        self.dir = tempfile.mkdtemp(prefix="spoke-entry-")
        with open(self.dir + "/startup-config", "w") as f:
            for i in range(present):
                f.write("ip route 10.%d.%d.%d 255.255.255.255 203.0.113.1\n" % (i // 62500, i // 250 % 250, i % 250))
        self.process = subprocess.Popen([build + "/spoked", "--foreground", "--dataplane", "fake", "--config", self.dir + "/startup-config",
                                         "--socket", self.dir + "/sock", "--state-dir", self.dir], stderr=subprocess.DEVNULL)
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + 60
        while self.socket.connect_ex(self.dir + "/sock"):
            if time.monotonic() > end:
                sys.exit("spoked does not answer")
            time.sleep(0.05)
        self.stream = self.socket.makefile("rb")
        self.put(1, struct.pack(">BBHH", 1, 0, 80, 0))
        self.until_prompt()
        self.type("configure terminal")

    def put(self, kind, body):
        self.socket.sendall(struct.pack(">IB", 1 + len(body), kind) + body)

    def until_prompt(self):
        while True:
            n, kind = struct.unpack(">IB", self.stream.read(5))
            self.stream.read(n - 1)
            if kind == 66:
                return

    def type(self, line):
        self.put(2, b"\0" + line.encode())
        self.until_prompt()

    def cpu(self):
        return sum(int(open(p).read().split()[0]) for p in glob.glob("/proc/%d/task/*/schedstat" % self.process.pid))

    def cost(self, round_):
        before = self.cpu()
        for i in range(TYPED):
            self.type("ip route 11.%d.%d.%d 255.255.255.255 203.0.113.1" % (round_, i // 250, i % 250))
        return (self.cpu() - before) / TYPED

    def end(self):
        self.process.terminate()
        self.process.wait()
        subprocess.run(["rm", "-rf", self.dir], check=True)


build, present = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100000
routers = [Router(build, 0), Router(build, present)]
costs = [[], []]
for r in range(ROUNDS):
    for router, cost in zip(routers, costs):
        cost.append(router.cost(r))
alone, among = (statistics.median(c) for c in costs)
for router in routers:
    router.end()
print("entry: a typed line %.1f us in an empty configuration, %.1f us with %d lines: ratio %.2f (to reach: 1.20 or less)"
      % (alone / 1e3, among / 1e3, present, among / alone))
