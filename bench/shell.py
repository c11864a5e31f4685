#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""shell.py BUILD [LINES [PART…]]: what large configurations cost at the terminal of a running spoked (recording back ends), each figure against a peer or a
limit measured beside it; LINES (100,000 unless told) of routes through an interface that is not there.

  load      `copy flash:F running-config` against FRR's `vtysh -f F` into staticd (network namespace of its own), wall clock; vtysh gets a tenth
  show      `show running-config` of ten times as many lines through a pipe, against `cat` of the same octets, wall clock
  replace   `configure replace F force` with what is running, CPU of spoked, against a loop that cuts the file into words and hashes them
  help      `?` and Tab with so many lines present, against none
  turns     the longest time that a second terminal waited while ten times as many lines were read and acted on, and how long SIGTERM takes then
"""
import glob
import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

build, lines = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100000


def routes(n):
    return "".join("ip route 10.%d.%d.%d 255.255.255.255 nosuch0\n" % (i // 62500 % 250, i // 250 % 250, i % 250) for i in range(n))


class Terminal:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + 60
        while self.socket.connect_ex(path):
            if time.monotonic() > end:
                sys.exit("spoked does not answer")
            time.sleep(0.05)
        self.stream = self.socket.makefile("rb")
        self.put(1, struct.pack(">BBHH", 1, 1, 80, 0))
        self.until(66)

    def put(self, kind, body):
        self.socket.sendall(struct.pack(">IB", 1 + len(body), kind) + body)

    def until(self, wanted):
        out = b""
        while True:
            n, kind = struct.unpack(">IB", self.stream.read(5))
            body = self.stream.read(n - 1)
            out += body if kind == 65 else b""
            if kind == wanted:
                return out

    def type(self, line):
        self.put(2, b"\0" + line.encode())
        return self.until(66)

    def help(self, text):
        self.put(3, text.encode())
        self.until(67)

    def complete(self, text):
        self.put(4, text.encode())
        self.until(68)


class Router:
    def __init__(self, startup=""):
        self.dir = tempfile.mkdtemp(prefix="spoke-shell-")
        os.mkdir(self.dir + "/flash")
        with open(self.dir + "/startup-config", "w") as f:
            f.write(startup)
        self.process = subprocess.Popen([build + "/spoked", "--foreground", "--dataplane", "fake", "--config", self.dir + "/startup-config",
                                         "--socket", self.dir + "/sock", "--state-dir", self.dir], stderr=subprocess.DEVNULL)

    def terminal(self):
        return Terminal(self.dir + "/sock")

    def file(self, name, text):
        with open("%s/flash/%s" % (self.dir, name), "w") as f:
            f.write(text)

    def cpu(self):
        return sum(int(open(p).read().split()[0]) for p in glob.glob("/proc/%d/task/*/schedstat" % self.process.pid)) / 1e9

    def end(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir)


def wall(what):
    begin = time.monotonic()
    what()
    return time.monotonic() - begin


class Staticd:
    """zebra and staticd of Debian in a namespace of their own."""

    def __init__(self):
        self.ns, self.dir, self.children = "spoke-bench-%d" % os.getpid(), tempfile.mkdtemp(prefix="spoke-frr-"), []
        os.chmod(self.dir, 0o755)
        shutil.chown(self.dir, "frr", "frr")
        subprocess.run(["ip", "netns", "add", self.ns], check=True)
        for daemon in ("zebra", "staticd"):
            conf = "%s/%s.conf" % (self.dir, daemon)
            open(conf, "w").close()
            shutil.chown(conf, "frr", "frr")
            self.children.append(subprocess.Popen(
                ["ip", "netns", "exec", self.ns, "/usr/lib/frr/" + daemon, "-f", conf, "-i", "%s/%s.pid" % (self.dir, daemon), "-z", self.dir + "/zserv.api",
                 "--vty_socket", self.dir, "-P", "0", "-A", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            while not os.path.exists("%s/%s.vty" % (self.dir, daemon)):
                if self.children[-1].poll() is not None:
                    sys.exit(daemon + " does not start")
                time.sleep(0.05)

    def load(self, path):
        subprocess.run(["ip", "netns", "exec", self.ns, "vtysh", "--vty_socket", self.dir, "-f", path], check=True, stdout=subprocess.DEVNULL)

    def end(self):
        for child in reversed(self.children):
            child.terminate()
            child.wait()
        subprocess.run(["ip", "netns", "del", self.ns], check=True)
        shutil.rmtree(self.dir)


def bench_load():
    router, peer, text = Router(), Staticd(), routes(lines)
    terminal = router.terminal()
    terminal.type("configure terminal")
    terminal.type("file prompt quiet")
    terminal.type("end")
    router.file("f", text)
    router.file("some", routes(lines // 10))
    ours = wall(lambda: terminal.type("copy flash:f running-config"))
    assert b"ip route 10.0.0.7 " in terminal.type("show running-config | include ip route 10.0.0.7 ")
    theirs = 10 * wall(lambda: peer.load(router.dir + "/flash/some"))
    router.end()
    peer.end()
    print("load: %d routes in %.2f s, vtysh -f into staticd %.1f s (ten times a tenth of them): ratio %.0f (to reach: 100 or more)" % (lines, ours, theirs, theirs / ours))


def bench_show():
    router = Router(routes(10 * lines))
    router.terminal()
    command = [build + "/spokesh", "--socket", router.dir + "/sock", "-c", "show running-config"]
    path = router.dir + "/flash/shown"
    with open(path, "w") as f:
        subprocess.run(command, stdout=f, check=True)
    piped = lambda c: wall(lambda: subprocess.run("%s | cat > /dev/null" % " ".join("'%s'" % w for w in c), shell=True, check=True))
    ours, cat = statistics.median(piped(command) for _ in range(5)), statistics.median(piped(["cat", path]) for _ in range(5))
    print("show: running-config of %d lines in %.2f s, cat of its %d octets %.3f s: ratio %.1f (to reach: 15 or less)"
          % (10 * lines, ours, os.path.getsize(path), cat, ours / cat))
    router.end()


def tokenizer(text):
    """Seconds for the text, by the loop of bench/config.c."""
    with tempfile.NamedTemporaryFile("w") as f:
        f.write(text)
        f.flush()
        said = subprocess.run([build + "/bench/bench_config", f.name], stdout=subprocess.PIPE, text=True, check=True).stdout
    return float(re.search(r"tokenizer and hash\s+([0-9.]+) ns", said).group(1)) * text.count("\n") / 1e9


def bench_replace():
    text = subprocess.run([build + "/bench/bench_gen", str(lines)], stdout=subprocess.PIPE, text=True, check=True).stdout
    router = Router(text)
    terminal = router.terminal()
    terminal.type("configure terminal")
    terminal.type("file prompt quiet")
    terminal.type("end")
    terminal.type("copy running-config flash:f")
    costs = []
    for _ in range(7):
        before = router.cpu()
        assert b"passes: 0" in terminal.type("configure replace flash:f force")
        costs.append(router.cpu() - before)
    ours, floor = statistics.median(costs), tokenizer(text)
    print("replace: with the same %d lines %.1f ms, tokenizer and hash %.1f ms: ratio %.1f (to reach: 60 or less)"
          % (lines, ours * 1e3, floor * 1e3, ours / floor))
    router.end()


def bench_help():
    text = subprocess.run([build + "/bench/bench_gen", str(lines)], stdout=subprocess.PIPE, text=True, check=True).stdout
    routers = [Router("hostname R\n"), Router(text)]
    for what, ask in (("? behind a word", lambda t: t.help("ip route 10.0.0.0 255.0.0.0 ")), ("Tab", lambda t: t.complete("ip rou"))):
        costs = [[], []]
        for router in routers:
            router.t = router.terminal()
            router.t.type("configure terminal")
        for _ in range(11):
            for router, cost in zip(routers, costs):
                before = router.cpu()
                for _ in range(50):
                    ask(router.t)
                cost.append((router.cpu() - before) / 50)
        alone, among = (statistics.median(c) for c in costs)
        print("help: %s %.0f us with %d lines, %.0f us with none: ratio %.2f (to reach: 1.20 or less, and 1 ms)"
              % (what, among * 1e6, lines, alone * 1e6, among / alone))
    for router in routers:
        router.end()


def bench_turns():
    router = Router()
    router.file("f", routes(10 * lines))
    loading, other, waits, done = router.terminal(), router.terminal(), [], threading.Event()

    def ask():
        while not done.is_set():
            begin = time.monotonic()
            other.type("show clock")
            waits.append(time.monotonic() - begin)

    asking = threading.Thread(target=ask)
    asking.start()
    loading.type("configure terminal")
    loading.type("file prompt quiet")
    loading.type("end")
    took = wall(lambda: loading.type("copy flash:f running-config"))
    done.set()
    asking.join()
    waits.sort()
    print("turns: %d lines read and acted on in %.2f s; a second terminal was answered %d times meanwhile, the longest waits %s ms (to reach: 100)"
          % (10 * lines, took, len(waits), ", ".join("%.0f" % (w * 1e3) for w in reversed(waits[-3:]))))
    loading.put(2, b"\0copy flash:f running-config")
    other.type("show clock")
    ended = wall(router.end)
    print("turns: SIGTERM in the middle of the same: ended after %.0f ms" % (ended * 1e3))


parts = {"load": bench_load, "show": bench_show, "replace": bench_replace, "help": bench_help, "turns": bench_turns}
for name in sys.argv[3:] or parts:
    parts[name]()
