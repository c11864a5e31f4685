#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tunnels.py BUILD [PART …]   many tunnels between two namespaces, spoked and strongSwan's charon by turns on either side.

Parts: cpu (all four pairs, as ratios), theirs, ours, hub, both (one pair each: strongSwan to itself, spoked to strongSwan, strongSwan to
spoked, spoked to itself). PART=N sets the number of tunnels, 500 unless told. None named: cpu.

CPU is the sum of the on-CPU nanoseconds of all threads, from the order to connect until the last tunnel stands, without what the configuration costs:
each process is read once when it has loaded its configuration. Time is taken on the wire, by capture: first IKE_SA_INIT to last IKE_AUTH response.
BENCH_PERF=hub or spoke writes what perf sees of that side to perf.data;
BENCH_TRACER="strace -f -p" runs another program on it. Every tunnel is asked for at the end: one that is missing ends the run. PSK, x25519, AES-128-GCM; each spoke has a name, an address of the pool, the
hub's networks as routes.
"""
import glob
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HUB, SPOKE = "10.9.0.1", "10.9.0.2"
CHARON = "/usr/sbin/charon-systemd"


def run(*cmd, check=True, **kw):
    r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kw)
    if check and r.returncode:
        sys.exit("%s: %s" % (" ".join(cmd), r.stdout[-2000:]))
    return r.stdout


def wait_for(what, seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("tunnels: %s: not within %d s" % (what, seconds))
        time.sleep(0.02)


def end_process(process, seconds):
    if not process:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Wire:
    """Two namespaces on one cable, and what passed over it."""

    def __init__(self, directory):
        self.tag = "bench%d" % os.getpid()
        self.dir = directory
        for ns, me in (("h", HUB), ("s", SPOKE)):
            run("ip", "netns", "add", self.ns(ns))
            run("ip", "-n", self.ns(ns), "link", "set", "lo", "up")
        run("ip", "-n", self.ns("h"), "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.ns("s"))
        run("ip", "-n", self.ns("s"), "link", "add", "trigger", "type", "veth", "peer", "name", "trigger2")
        run("ip", "-n", self.ns("s"), "link", "set", "trigger", "up")
        for ns, me in (("h", HUB), ("s", SPOKE)):
            run("ip", "-n", self.ns(ns), "addr", "add", me + "/16", "dev", "eth0")
            run("ip", "-n", self.ns(ns), "link", "set", "eth0", "up")
            run("ip", "-n", self.ns(ns), "rule", "add", "pref", "200", "lookup", "main", "suppress_prefixlength", "0")

    def ns(self, side):
        return self.tag + side

    def spawn(self, side, args, log, env=None):
        with open(log, "ab") as f:
            return subprocess.Popen(["ip", "netns", "exec", self.ns(side)] + args, stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                                    env=dict(os.environ, **(env or {})))

    def listen(self):
        self.file = os.path.join(self.dir, "wire.pcap")
        self.said = os.path.join(self.dir, "tcpdump.log")
        for f in (self.file, self.said):
            if os.path.exists(f):
                os.unlink(f)
        self.dump = self.spawn("h", ["tcpdump", "-U", "-n", "-i", "eth0", "-s", "120", "-B", "32768", "-w", self.file, "udp and (port 500 or port 4500)"], self.said)
        wait_for("tcpdump", 10, lambda: os.path.exists(self.said) and "listening on" in open(self.said).read())

    def hush(self):
        self.dump.terminate()
        self.dump.wait()

    def messages(self):
        """(time, exchange, is a response, message id, initiator's SPI, length) of every IKE message so far."""
        out = []
        raw = open(self.file, "rb").read()
        at = 24
        while at + 16 <= len(raw):
            sec, usec, n, full = struct.unpack_from("<IIII", raw, at)
            p = raw[at + 16:at + 16 + n]
            at += 16 + n
            udp = 14 + 20
            ike = udp + 8
            if 4500 in struct.unpack_from(">HH", p, udp):
                if p[ike:ike + 4] != b"\0\0\0\0":
                    continue
                ike += 4
            if len(p) < ike + 28:
                continue
            out.append((sec + usec / 1e6, p[ike + 18], bool(p[ike + 19] & 0x20), struct.unpack_from(">I", p, ike + 20)[0], p[ike:ike + 8], full))
        return out

    def remove(self):
        for ns in "hs":
            subprocess.run(["ip", "netns", "del", self.ns(ns)], stderr=subprocess.DEVNULL)


def on_cpu(pid):
    total = 0
    for f in glob.glob("/proc/%d/task/*/schedstat" % pid):
        try:
            total += int(open(f).read().split()[0])
        except OSError:
            pass
    return total


def private_kib(pid):
    """What nobody else would miss: private pages."""
    kib = 0
    for line in open("/proc/%d/smaps_rollup" % pid):
        if line.startswith(("Private_Clean", "Private_Dirty")):
            kib += int(line.split()[1])
    return kib


def settled(pid):
    """On-CPU time, once it stands still."""
    last = on_cpu(pid)
    while True:
        time.sleep(0.4)
        now = on_cpu(pid)
        if now - last < 4e6:
            return now
        last = now


# ---- strongSwan -------------------------------------------------------------------------------------------------------


class Strongswan:
    name = "strongSwan"

    def __init__(self, wire, side, n, auth="psk", protect=False):
        self.wire, self.side, self.n, self.auth = wire, side, n, auth
        self.dir = os.path.join(wire.dir, "strongswan-" + side)
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.vici = "unix://%s/vici" % self.dir
        self.env = {"STRONGSWAN_CONF": self.dir + "/strongswan.conf", "SWANCTL_DIR": self.dir}
        extra = "" if auth == "psk" else "sha1 sha2 pem pkcs1 pkcs8 x509 pubkey constraints revocation curve25519"
        with open(self.dir + "/strongswan.conf", "w") as f:
            f.write("""charon {
                load = random nonce openssl hmac kdf %s kernel-libipsec kernel-netlink socket-default vici
                %s
                init_limit_half_open = 0
                retransmit_timeout = 1.0
                filelog { l {
                    path = %s/log
                    default = %s
                } }
                plugins {
                    vici { socket = %s }
                    kernel-libipsec { allow_peer_ts = yes
                        fwmark = !0x42 }
                    kernel-netlink { fwmark = !0x42 }
                    socket-default { fwmark = 0x42 }
                } }""" % (extra, "" if protect else "dos_protection = no", self.dir, os.environ.get("BENCH_LOG", "0"), self.vici))
        self.program = CHARON
        if "charon-systemd" in (open("/sys/kernel/security/apparmor/profiles").read() if os.path.exists("/sys/kernel/security/apparmor/profiles") else ""):
            self.program = self.dir + "/charon"
            shutil.copy(CHARON, self.program)
        self.process = None

    def start(self):
        self.process = self.wire.spawn(self.side, [self.program], self.dir + "/out", self.env)
        self.pid = self.process.pid
        wait_for("charon", 20, lambda: subprocess.run(self.ctl_args("--stats"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                                      env=dict(os.environ, **self.env)).returncode == 0)

    def ctl_args(self, *a):
        return ["ip", "netns", "exec", self.wire.ns(self.side), "swanctl"] + list(a) + ["--uri", self.vici]

    def ctl(self, *a):
        return run(*self.ctl_args(*a), env=dict(os.environ, **self.env))

    def auth_of(self, who, cert):
        if self.auth == "psk":
            return "auth = psk\n id = %s" % who
        return "auth = pubkey\n id = %s\n%s" % (who, " certs = %s\n" % cert if cert else " cacerts = ca.pem\n")

    def keys(self):
        if self.auth == "psk":
            return 'secrets { ike-any { secret = "cisco" } }\n'
        for d in ("x509", "x509ca", "private"):
            os.makedirs(os.path.join(self.dir, d), exist_ok=True)
        return ""

    def listen(self):
        """As the hub."""
        with open(self.dir + "/swanctl.conf", "w") as f:
            f.write("""connections { flex { version = 2
                local_addrs = %s
                proposals = aes128gcm16-prfsha256-x25519
                pools = pool
                unique = never
                local { %s }
                remote { %s }
                children { net { local_ts = 0.0.0.0/0
                    esp_proposals = aes128gcm16 } }
            } }
            pools { pool { addrs = 10.64.0.0/16
                subnet = 192.168.100.0/24 } }
            %s""" % (HUB, self.auth_of("hub.bench.example", "hub.pem"), self.auth_of("%any", ""), self.keys()))
        self.start()
        self.ctl("--load-all", "--noprompt")
        self.cpu = settled(self.pid)

    def prepare(self):
        """As N spokes: configured, not connected."""
        def conn(i, action):
            return """s%d { version = 2
                local_addrs = %s
                remote_addrs = %s
                vips = 0.0.0.0
                proposals = aes128gcm16-prfsha256-x25519
                local { %s }
                remote { %s }
                children { n%d { remote_ts = 0.0.0.0/0
                    start_action = %s
                    esp_proposals = aes128gcm16 } }
            }""" % (i, SPOKE, HUB, self.auth_of("s%d.bench.example" % i, "spoke.pem"), self.auth_of("hub.bench.example", ""), i, action)
        self.conns = lambda action: "connections { %s }\n%s" % ("\n".join(conn(i, action) for i in range(self.n)), self.keys())
        self.start()
        self.write("none")
        self.ctl("--load-all", "--noprompt")
        self.cpu = settled(self.pid)
        before = on_cpu(self.pid)
        self.touch()
        self.load_cost = settled(self.pid) - before
        self.cpu = on_cpu(self.pid)

    def write(self, action):
        with open(self.dir + "/swanctl.conf", "w") as f:
            f.write(self.conns(action))

    def touch(self):
        """What it costs to load changed connections, without starting them."""
        with open(self.dir + "/swanctl.conf", "w") as f:
            f.write(self.conns("none").replace("version = 2", "version = 2\n keyingtries = 2"))
        self.ctl("--load-conns")

    def go(self):
        self.write("start")
        subprocess.Popen(self.ctl_args("--load-conns"), env=dict(os.environ, **self.env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def spent(self):
        return settled(self.pid) - self.cpu - getattr(self, "load_cost", 0)

    def tunnels(self):
        return self.ctl("--list-sas").count("INSTALLED")

    def memory(self):
        return private_kib(self.pid)

    def stop(self):
        end_process(self.process, 30)
        self.process = None


# ---- ours ---------------------------------------------------------------------------------------------------------------


class Spoke:
    name = "spoked"

    def __init__(self, wire, side, n, auth="psk", build="build/release"):
        self.wire, self.side, self.n, self.auth, self.build = wire, side, n, auth, build
        self.dir = os.path.join(wire.dir, "spoked-" + side)
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir + "/state")
        self.process = None

    def start(self, text):
        with open(self.dir + "/config", "w") as f:
            f.write(text)
        self.process = self.wire.spawn(self.side, [self.build + "/spoked", "--config", self.dir + "/config", "--socket", self.dir + "/sock", "--state-dir",
                                                   self.dir + "/state", "--dataplane", "user", "--foreground"], self.dir + "/log")
        self.pid = self.process.pid
        wait_for("spoked", 300, lambda: os.path.exists(self.dir + "/sock") and "Version" in self.ask("show version"))
        self.cpu = settled(self.pid)

    def ask(self, line):
        return run(self.build + "/spokesh", "--socket", self.dir + "/sock", "-c", line, check=False)

    ALGORITHMS = """crypto ikev2 proposal P
 encryption aes-gcm-128
 prf sha256
 group 31
crypto ikev2 policy P
 proposal P
crypto ipsec transform-set TS esp-gcm
platform interface Ethernet0/0 device eth0
interface Ethernet0/0
 ip address %s 255.255.0.0
"""

    def listen(self):
        self.start("hostname hub\n" + self.ALGORITHMS % HUB + """ip local pool FLEX 10.64.0.1 10.64.255.254
ip access-list standard CORP
 permit 192.168.100.0 0.0.0.255
crypto ikev2 authorization policy SPOKES
 pool FLEX
 route set access-list CORP
crypto ikev2 keyring KR
 peer any
  address 0.0.0.0 0.0.0.0
  pre-shared-key cisco
crypto ikev2 profile HUB
 match identity remote fqdn domain bench.example
 identity local fqdn hub.bench.example
 authentication local pre-share
 authentication remote pre-share
 keyring local KR
 aaa authorization group psk list default SPOKES
 virtual-template 1
crypto ipsec profile IPS
 set transform-set TS
interface Ethernet0/1
 ip address 10.63.0.1 255.255.255.0
interface Virtual-Template1 type tunnel
 ip unnumbered Ethernet0/1
 tunnel source Ethernet0/0
 tunnel mode ipsec ipv4
 tunnel protection ipsec profile IPS
end
""")

    def prepare(self):
        """The clients wait for one track object, so that one line starts them all."""
        text = ["hostname spokes\n" + self.ALGORITHMS % SPOKE + """crypto ikev2 keyring KR
 peer hub
  address %s
  pre-shared-key cisco
crypto ikev2 authorization policy SPOKES
 route accept any
track 1 interface trigger line-protocol
interface trigger
""" % HUB]
        for i in range(self.n):
            text.append("""crypto ikev2 profile P%d
 match identity remote fqdn hub.bench.example
 identity local fqdn s%d.bench.example
 authentication local pre-share
 authentication remote pre-share
 keyring local KR
 aaa authorization group psk list default SPOKES
crypto ipsec profile P%d
 set transform-set TS
 set ikev2-profile P%d
interface Tunnel%d
 ip address negotiated
 tunnel source Ethernet0/0
 tunnel mode ipsec ipv4
 tunnel destination dynamic
 tunnel protection ipsec profile P%d
crypto ikev2 client flexvpn C%d
 peer 1 %s
 connect track 1 up
 client connect Tunnel%d
""" % (i, i, i, i, i, i, i, HUB, i))
        run("ip", "-n", self.wire.ns(self.side), "link", "set", "trigger2", "down")
        self.start("".join(text) + "end\n")

    def go(self):
        run("ip", "-n", self.wire.ns(self.side), "link", "set", "trigger2", "up")

    def spent(self):
        return settled(self.pid) - self.cpu

    def tunnels(self):
        return self.ask("show crypto ikev2 sa").count("READY")

    def memory(self):
        return private_kib(self.pid)

    def stop(self):
        end_process(self.process, 60)
        self.process = None


# ---- one run --------------------------------------------------------------------------------------------------------------


class Result:
    pass


def established(messages):
    """Initiators' SPIs that were answered in IKE_AUTH."""
    return {m[4] for m in messages if m[1] == 35 and m[2]}


def connect(wire, hub, spokes, n, bound=None):
    hub.listen()
    spokes.prepare()
    r = Result()
    memory = [hub.memory(), spokes.memory()]
    wire.listen()
    profiled = {"hub": hub, "spoke": spokes}.get(os.environ.get("BENCH_PERF"))
    if profiled:
        perf = subprocess.Popen(os.environ["BENCH_TRACER"].split() + [str(profiled.pid)] if "BENCH_TRACER" in os.environ else ["perf", "record", "-q", "-g", "-F", "2000", "-p", str(profiled.pid), "-o", os.environ.get("BENCH_PERF_DATA", "perf.data")])
        time.sleep(1)
    try:
        spokes.go()
        wait_for("%d tunnels from %s to %s" % (n, spokes.name, hub.name), bound or 30 + n / 10, lambda: len(established(wire.messages())) >= n)
        r.hub_cpu, r.spoke_cpu = hub.spent() / n, spokes.spent() / n
        messages = wire.messages()
    finally:
        wire.hush()
        if profiled:
            perf.terminate()
            perf.wait()
    answers = [m[0] for m in messages if m[1] == 35 and m[2]]
    asked = [m[0] for m in messages if m[1] == 34 and not m[2]]
    r.seconds = max(answers) - min(asked)
    r.hub_memory, r.spoke_memory = (hub.memory() - memory[0]) / n, (spokes.memory() - memory[1]) / n
    for side in (hub, spokes):
        got = side.tunnels()
        if got < n:
            sys.exit("tunnels: %s has %d of %d" % (side.name, got, n))
    return r


def one_run(build, wire, hub_kind, spoke_kind, n, **kw):
    def make(kind, side):
        if kind == "strongswan":
            return Strongswan(wire, side, n, **kw)
        return Spoke(wire, side, n, auth=kw.get("auth", "psk"), build=build)
    hub, spokes = make(hub_kind, "h"), make(spoke_kind, "s")
    try:
        return connect(wire, hub, spokes, n)
    finally:
        spokes.stop()
        hub.stop()


def row(what, value, target, good):
    print("%-64s %s (to reach: %s)%s" % (what, value, target, "" if good else "   NOT REACHED"))
    sys.stdout.flush()


def ratio(what, a, b, unit, target, most=True):
    x = a / b
    row(what, "%.3g %s against %.3g: %.2f x" % (a, unit, b, x), ("%s or less" if most else "%s or more") % target, x <= target if most else x >= target)


def part_ours(build, wire, n=500):
    r = one_run(build, wire, "strongswan", "spoke", n)
    print("spoke -> strongSwan: %.3f ms spoke, %.3f ms hub, %.0f/s" % (r.spoke_cpu / 1e6, r.hub_cpu / 1e6, n / r.seconds), flush=True)


def part_hub(build, wire, n=500):
    r = one_run(build, wire, "spoke", "strongswan", n)
    print("strongSwan -> spoke: %.3f ms spoke, %.3f ms hub, %.0f/s" % (r.spoke_cpu / 1e6, r.hub_cpu / 1e6, n / r.seconds), flush=True)


def part_both(build, wire, n=500):
    r = one_run(build, wire, "spoke", "spoke", n)
    print("spoke -> spoke: %.3f ms spoke, %.3f ms hub, %.0f/s" % (r.spoke_cpu / 1e6, r.hub_cpu / 1e6, n / r.seconds), flush=True)


def part_theirs(build, wire, n=500):
    r = one_run(build, wire, "strongswan", "strongswan", n)
    print("strongSwan -> strongSwan: %.3f ms spoke, %.3f ms hub, %.0f/s" % (r.spoke_cpu / 1e6, r.hub_cpu / 1e6, n / r.seconds), flush=True)


def part_cpu(build, wire, n=500):
    theirs = one_run(build, wire, "strongswan", "strongswan", n)
    ours = one_run(build, wire, "strongswan", "spoke", n)
    hub = one_run(build, wire, "spoke", "strongswan", n)
    both = one_run(build, wire, "spoke", "spoke", n)
    ratio("CPU per tunnel as initiator, N = %d" % n, ours.spoke_cpu / 1e6, theirs.spoke_cpu / 1e6, "ms", 0.20)
    ratio("CPU per tunnel as responder, N = %d" % n, hub.hub_cpu / 1e6, theirs.hub_cpu / 1e6, "ms", 0.25)
    ratio("tunnels per second, spoked to strongSwan", n / ours.seconds, n / theirs.seconds, "/s", 1.7, False)
    ratio("tunnels per second, spoked to spoked", n / both.seconds, n / theirs.seconds, "/s", 4, False)
    print("    between two of ours: initiator %.2f ms, responder %.2f ms" % (both.spoke_cpu / 1e6, both.hub_cpu / 1e6))


def main():
    build = os.path.abspath(sys.argv[1])
    parts = sys.argv[2:] or ["cpu"]
    directory = tempfile.mkdtemp(prefix="bench-tunnels")
    wire = Wire(directory)
    try:
        for p in parts:
            name, _, arg = p.partition("=")
            globals()["part_" + name](build, wire, *([int(arg)] if arg else []))
    finally:
        wire.remove()
        if not os.environ.get("KEEP"):
            shutil.rmtree(directory, ignore_errors=True)


main()
