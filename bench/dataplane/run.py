#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.py BUILD [--pairs N] [--ms N] [--openssl] [PART …]: the user back end beside the ceiling, a one-packet loop and three peers of Debian.

Each candidate has two network namespaces of its own, joined by a wire of MTU 1500, with a tunnel of MTU 1400 between 10.9.0.1 and 10.9.0.2.
A figure is the median of the ratios of pairs that ran one after the other, in turns; so what else the machine does touches both. A part is
any of: tcp tcp4 peers udp64 udp1400 cpu rtt gre raw tunnels. Root is needed.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

INNER = {"a": "10.9.0.1", "b": "10.9.0.2"}
OUTER = {"a": "192.0.2.1", "b": "192.0.2.2"}
OTHER = {"a": "b", "b": "a"}
WAIT_S = 30


def sh(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more).stdout


def wait_until(what, test):
    end = time.monotonic() + WAIT_S
    while not test():
        if time.monotonic() > end:
            sys.exit("bench: %s does not come" % what)
        time.sleep(0.05)


class Candidate:
    """Two ends and the wire between them. A subclass says how an end starts; dev[end] is its tunnel device."""

    def __init__(self, name, tmp, build):
        self.name, self.build, self.dir = name, build, os.path.join(tmp, name)
        self.ns = {e: "bench%d-%s-%s" % (os.getpid(), name, e) for e in "ab"}
        self.proc, self.sink = {}, {}
        os.mkdir(self.dir)

    def dev(self, e):
        return "tun" + e

    def ip(self, e, *args):
        return sh("ip", "-n", self.ns[e], *args)

    def spawn(self, e, *command, ready=True, **more):
        p = subprocess.Popen(("ip", "netns", "exec", self.ns[e]) + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)
        if ready and p.stdout.readline() != "ready\n":
            sys.exit("bench: %s does not start" % " ".join(command))
        return p

    def up(self):
        for e in "ab":
            sh("ip", "netns", "add", self.ns[e])
            self.ip(e, "link", "set", "lo", "up")
        self.ip("a", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", self.ns["b"])
        for e in "ab":
            self.ip(e, "addr", "add", OUTER[e] + "/24", "dev", "wire")
            self.ip(e, "link", "set", "wire", "up")
        self.start()
        for e in "ab":
            self.configure(e)
        wait_until("the tunnel of " + self.name, self.passes)
        for e in "ab":
            self.sink[e] = self.spawn(e, self.build + "/bench/bench_dp_load", "sink", INNER[e])

    def configure(self, e):
        self.ip(e, "link", "set", self.dev(e), "mtu", "1400", "up")
        self.ip(e, "addr", "add", INNER[e], "peer", INNER[OTHER[e]], "dev", self.dev(e))

    def passes(self):
        return subprocess.run(("ip", "netns", "exec", self.ns["a"], "ping", "-c1", "-W1", "-q", INNER["b"]), stdout=subprocess.DEVNULL).returncode == 0

    def down(self):
        for p in list(self.sink.values()) + list(self.proc.values()):
            if p.poll() is None:
                p.stdin.close()
                self.finish(p)
        for e in "ab":
            subprocess.run(("ip", "netns", "del", self.ns[e]), stderr=subprocess.DEVNULL)

    def finish(self, p):
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()

    def cpu(self):
        """Seconds of processor time of both ends, all threads."""
        ns = 0
        for p in self.proc.values():
            tasks = "/proc/%d/task" % p.pid
            for t in os.listdir(tasks):
                with open("%s/%s/schedstat" % (tasks, t)) as f:
                    ns += int(f.read().split()[0])
        return ns / 1e9

    def load(self, e, *args):
        before = self.cpu()
        r = json.loads(sh("ip", "netns", "exec", self.ns[e], self.build + "/bench/bench_dp_load", args[0], INNER[OTHER[e]], *map(str, args[1:])))
        r["cpu"] = self.cpu() - before
        self.cost = r["cpu"] / r.get("octets", r.get("packets", 1))
        return r


class Loop(Candidate):
    def start(self):
        for e in "ab":
            self.proc[e] = self.spawn(e, self.build + "/bench/bench_dp_loop", self.kind, self.dev(e), OUTER[e], OUTER[OTHER[e]])


class Batched(Loop):
    kind = "batched"


class Single(Loop):
    kind = "single"


class Ours(Candidate):
    options = ()

    def start(self):
        for e in "ab":
            self.proc[e] = self.spawn(e, self.build + "/bench/bench_dp_user", self.dev(e), OUTER[e], OUTER[OTHER[e]], e, *self.options)

    def counters(self):
        """Closes the ends: the last thing asked of them."""
        all_ends = []
        for p in self.proc.values():
            all_ends.append(json.loads(p.communicate("")[0]))
        return all_ends


class Signalled(Candidate):
    """An end that does not end with its input."""

    def finish(self, p):
        if p in self.proc.values():
            p.send_signal(signal.SIGTERM)
        super().finish(p)


class Libipsec(Signalled):
    """strongSwan with its ESP in user space."""

    def dev(self, e):
        return "ipsec0"

    def write(self, e):
        d = "%s/%s" % (self.dir, e)
        os.makedirs(d)
        with open(d + "/strongswan.conf", "w") as f:
            f.write("""charon {
 load = random nonce openssl hmac kdf kernel-libipsec kernel-netlink socket-default vici
 install_virtual_ip = no
 filelog { l {
  path = %s/log
  default = 1
 } }
 plugins {
  vici { socket = unix://%s/vici }
  kernel-libipsec { allow_peer_ts = yes }
 }
}
""" % (d, d))
        with open(d + "/swanctl.conf", "w") as f:
            f.write("""connections { x {
 version = 2
 local_addrs = %s
 remote_addrs = %s
 proposals = aes128gcm16-prfsha256-ecp256
 encap = yes
 local { auth = psk }
 remote { auth = psk }
 children { n {
  local_ts = %s/32
  remote_ts = %s/32
  esp_proposals = aes128gcm16
 } }
} }
secrets { ike-x { secret = "bench" } }
""" % (OUTER[e], OUTER[OTHER[e]], INNER[e], INNER[OTHER[e]]))

    def ctl(self, e, *args):
        d = "%s/%s" % (self.dir, e)
        env = dict(os.environ, SWANCTL_DIR=d, STRONGSWAN_CONF=d + "/strongswan.conf")
        return subprocess.run(("ip", "netns", "exec", self.ns[e], "swanctl") + args + ("--uri", "unix://%s/vici" % d), env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def start(self):
        for e in "ab":
            self.write(e)
            self.ip(e, "addr", "add", INNER[e] + "/32", "dev", "lo")
            env = dict(os.environ, STRONGSWAN_CONF="%s/%s/strongswan.conf" % (self.dir, e))
            # A profile that confines charon to its packaged files is bound to its path.
            copy = "%s/%s/charon" % (self.dir, e)
            sh("cp", "/usr/sbin/charon-systemd", copy)
            self.proc[e] = self.spawn(e, copy, ready=False, env=env, stderr=subprocess.DEVNULL)
            wait_until("charon", lambda e=e: self.ctl(e, "--stats"))
            self.ctl(e, "--load-all", "--noprompt")
        wait_until("strongSwan's tunnel", lambda: self.ctl("a", "--initiate", "--child", "n"))

    def configure(self, e):
        self.ip(e, "link", "set", self.dev(e), "mtu", "1400", "up")


class OpenVpn(Signalled):
    """OpenVPN 2.6 over UDP, AES-128-GCM, without a module in the kernel."""

    def start(self):
        print_of = {}
        for e in "ab":
            base = "%s/%s" % (self.dir, e)
            sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + e, "-days", "30",
               "-keyout", base + ".key", "-out", base + ".pem")
            print_of[e] = sh("openssl", "x509", "-in", base + ".pem", "-noout", "-fingerprint", "-sha256").split("=")[1].strip()
        for e in "ab":
            role = ("--tls-server", "--dh", "none") if e == "a" else ("--tls-client",)
            self.proc[e] = self.spawn(
                e, "openvpn", "--dev", self.dev(e), "--dev-type", "tun", "--proto", "udp", "--local", OUTER[e], "--remote", OUTER[OTHER[e]], "--port", "1194",
                "--cert", "%s/%s.pem" % (self.dir, e), "--key", "%s/%s.key" % (self.dir, e), "--peer-fingerprint", print_of[OTHER[e]],
                "--data-ciphers", "AES-128-GCM", "--disable-dco", "--tun-mtu", "1400", "--mssfix", "0", "--sndbuf", "4194304", "--rcvbuf", "4194304",
                "--verb", "0", *role, ready=False, stderr=subprocess.DEVNULL)
            wait_until("OpenVPN's device", lambda e=e: subprocess.run(("ip", "-n", self.ns[e], "link", "show", self.dev(e)), stdout=subprocess.DEVNULL,
                                                                     stderr=subprocess.DEVNULL).returncode == 0)


class WireguardGo(Signalled):
    """wireguard-go of Debian 12 (ChaCha20-Poly1305: it has no other)."""

    def dev(self, e):
        return "wg%d%s" % (os.getpid() % 100000, e)

    def start(self):
        public = {}
        for e in "ab":
            key = sh("wg", "genkey")
            with open("%s/%s.key" % (self.dir, e), "w") as f:
                f.write(key)
            public[e] = sh("wg", "pubkey", input=key).strip()
        for e in "ab":
            env = dict(os.environ, WG_PROCESS_FOREGROUND="1", LOG_LEVEL="error")
            self.proc[e] = self.spawn(e, "wireguard-go", "-f", self.dev(e), ready=False, env=env, stderr=subprocess.DEVNULL)
            wait_until("wireguard-go", lambda e=e: os.path.exists("/var/run/wireguard/%s.sock" % self.dev(e)))
            wait_until("wg", lambda e=e: subprocess.run(
                ("ip", "netns", "exec", self.ns[e], "wg", "set", self.dev(e), "listen-port", "51820", "private-key", "%s/%s.key" % (self.dir, e), "peer",
                 public[OTHER[e]], "endpoint", OUTER[OTHER[e]] + ":51820", "allowed-ips", "10.9.0.0/24"), stderr=subprocess.DEVNULL).returncode == 0)


def ours(*options):
    return type("Ours", (Ours,), {"options": options})


KINDS = {
    "ceiling": Batched, "single": Single, "user": ours(), "gre": ours("gre"), "raw": ours("raw"), "tunnels": ours("tunnels=1000"),
    "libipsec": Libipsec, "openvpn": OpenVpn, "wireguard-go": WireguardGo,
}


class Bench:
    def __init__(self, build, pairs, ms, tmp):
        self.build, self.pairs, self.ms, self.tmp = build, pairs, ms, tmp
        self.have = {}

    def get(self, name):
        if name not in self.have:
            self.have[name] = c = KINDS[name](name, self.tmp, self.build)
            c.up()
        return self.have[name]

    def paired(self, one, other, measure):
        """Median of measure(one) / measure(other) over the pairs, the order changing from pair to pair."""
        a, b = self.get(one), self.get(other)
        measure(a), measure(b)  # warm
        ratios, first, second, costs = [], [], [], []
        for i in range(self.pairs):
            for c, into in ((a, first), (b, second)) if i % 2 else ((b, second), (a, first)):
                into.append(measure(c))
            ratios.append(first[-1] / second[-1])
            costs.append(a.cost / b.cost)
        return statistics.median(ratios), statistics.median(first), statistics.median(second), statistics.median(costs)

    def row(self, what, target, one, other, measure, unit, least=True):
        ratio, a, b, cost = self.paired(one, other, measure)
        good = ratio >= target if least else ratio <= target
        print("%-33s %-7s / %-12s %6.2f  %s %-5g %-3s  %s; CPU of the ends %.2f" % (
            what, one, other, ratio, ">=" if least else "<=", target, "yes" if good else "no", unit % (a, b), cost), flush=True)

    # ---- what is measured ----

    def tcp(self, end, streams):
        def measure(c):
            r = c.load(end, "tcp", streams, self.ms)
            self.retransmits += r["retransmits"] if isinstance(c, Ours) else 0
            return r["octets"] * 8 / r["seconds"] / 1e9
        return measure

    def cpu_per_byte(self, c):
        r = c.load("a", "tcp", 1, self.ms)
        return r["cpu"] / r["octets"] * 1e9

    def udp(self, size):
        def measure(c):
            r = c.load("a", "udp", size, self.ms)
            return r["packets"] / r["seconds"] / 1e3
        return measure

    def rtt(self, c):
        return c.load("a", "rtt", 2000)["p50"] * 1e6

    def run(self, parts, mb):
        self.retransmits = 0
        want = lambda p: not parts or p in parts
        t = lambda plain, with_mb: with_mb if mb else plain
        gbit, kpps, us = "%.2f and %.2f Gbit/s", "%.0f and %.0f thousand packets/s", "%.1f and %.1f us"
        if want("tcp"):
            self.row("TCP one stream, a to b", t(0.60, 0.85), "user", "ceiling", self.tcp("a", 1), gbit)
            self.row("TCP one stream, b to a", t(0.60, 0.85), "user", "ceiling", self.tcp("b", 1), gbit)
        if want("tcp4"):
            self.row("TCP four streams", t(0.65, 0.95), "user", "ceiling", self.tcp("a", 4), gbit)
        if want("peers"):
            for peer, plain, with_mb in (("libipsec", 6.5, 9), ("openvpn", 5, 7), ("wireguard-go", 9, 12)):
                self.row("TCP one stream", t(plain, with_mb), "user", peer, self.tcp("a", 1), gbit)
        if want("udp64"):
            self.row("windowed UDP, 64 octets", t(0.80, 0.92), "user", "ceiling", self.udp(64), kpps)
        if want("udp1400"):
            self.row("windowed UDP, 1400 octets", t(0.75, 0.95), "user", "ceiling", self.udp(1400), kpps)
        if want("cpu"):
            self.row("CPU per byte of TCP, both ends", t(2.2, 1.35), "user", "ceiling", self.cpu_per_byte, "%.2f and %.2f ns", least=False)
        if want("rtt"):
            self.row("round trip, p50", t(1.3, 1.2), "user", "single", self.rtt, us, least=False)
        if want("gre"):
            self.row("TCP one stream, GRE", 0.97, "gre", "user", self.tcp("a", 1), gbit)
        if want("raw"):
            self.row("TCP one stream, protocol 50", 0.5, "raw", "user", self.tcp("a", 1), gbit)
        if want("tunnels"):
            self.row("TCP one stream, 999 tunnels idle", 0.95, "tunnels", "user", self.tcp("a", 1), gbit)
        self.faults()

    def faults(self):
        """Of all candidates of ours: what was dropped that should not be."""
        bad = icv = 0
        for c in self.have.values():
            if isinstance(c, Ours):
                for r in c.counters():
                    bad += r["replay"]
                    icv += r["bad_icv"]
                    if os.environ.get("BENCH_VERBOSE"):
                        print(c.name, r)
        print("replay drops %d, ICV failures %d, TCP retransmits %d (to reach: 0)" % (bad, icv, self.retransmits))

    def down(self):
        for c in self.have.values():
            c.down()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("--pairs", type=int, default=5)
    p.add_argument("--ms", type=int, default=1000)
    p.add_argument("--openssl", action="store_true", help="OpenSSL's ciphers even where libipsec-mb is at hand, and the figures to reach with them")
    p.add_argument("parts", nargs="*")
    a = p.parse_intermixed_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    try:
        os.nice(-20)  # what else runs here disturbs less
    except PermissionError:
        pass
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as tmp:
        b = Bench(a.build, a.pairs, a.ms, tmp)
        for kind in KINDS.values():
            if a.openssl and issubclass(kind, Ours):
                kind.options += ("openssl",)
        try:
            b.run(a.parts, not a.openssl)
        finally:
            b.down()


main()
