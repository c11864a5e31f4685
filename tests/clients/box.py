# SPDX-License-Identifier: GPL-3.0-or-later
"""A box as automation finds it: an sshd whose users have spokesh as their login shell, and the router behind it.

All of it lives in mount and network namespaces of its own (needs root): the users are in a passwd file that only the test sees, the router
listens where an installed one does, and sshd on loopback port 2222. `run(main)` enters the namespaces and calls main(box).
"""
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BOUND = 30.0
PORT = 2222
GROUP = 60000
PASSWORD, ENABLE = "let-Me-1n", "m0re-Power"

# The running-config of a small spoke; the clients below read, change and save it.
STARTUP = """\
hostname Edge1
enable secret {enable}
username netops privilege 15 secret not-asked-for
username viewer privilege 1 secret not-asked-for
ip domain name example.com
crypto ikev2 keyring key
 peer hub
  address 192.0.2.1
  pre-shared-key cisco
crypto ikev2 profile prof
 match identity remote address 0.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local key
crypto ipsec profile ipsecprof
 set ikev2-profile prof
interface Loopback0
 ip address 198.51.100.7 255.255.255.255
interface Tunnel0
 description to the hub
 ip address negotiated
 tunnel source dynamic
 tunnel destination dynamic
 tunnel protection ipsec profile ipsecprof
ip route 203.0.113.0 255.255.255.0 Null0
line vty 0 15
 exec-timeout 0 0
end
"""

SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {dir}/host_key
AuthorizedKeysFile {dir}/client_key.pub
StrictModes no
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
PidFile none
MaxStartups 100
"""


class Box:
    def __init__(self, build):
        self.dir = tempfile.mkdtemp(prefix="spoke-clients-")
        os.chmod(self.dir, 0o755)
        self.home = self.dir + "/home"
        os.mkdir(self.home)
        self.shell = "/run/spoke-bin/spokesh"
        self.processes = []
        try:
            self.make_users(build)
            self.make_keys()
            self.start(build)
        except BaseException:
            self.close()
            raise

    def make_users(self, build):
        """The files that name the users, and /run, are this namespace's own."""
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        for d in ("/run/sshd", "/run/spoke-bin", "/run/spoke"):
            os.mkdir(d, 0o755)
        shutil.copy(build + "/spokesh", self.shell)
        crypted = subprocess.run(["openssl", "passwd", "-6", PASSWORD], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        users = {"netops": 60001, "viewer": 60002}
        extra = {
            "passwd": ["%s:x:%d:%d::/:%s" % (n, uid, GROUP, self.shell) for n, uid in users.items()],
            "shadow": ["%s:%s:19000:0:99999:7:::" % (n, crypted) for n in users],
            "group": ["spoke-users:x:%d:" % GROUP],
        }
        for name, lines in extra.items():
            path = self.dir + "/" + name
            shutil.copy("/etc/" + name, path)
            with open(path, "a") as f:
                f.write("\n".join(lines) + "\n")
            subprocess.run(["mount", "--bind", path, "/etc/" + name], check=True)

    def make_keys(self):
        for name in ("host_key", "client_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.dir + "/" + name], check=True)
        with open(self.dir + "/sshd_config", "w") as f:
            f.write(SSHD.format(port=PORT, dir=self.dir))

    def start(self, build):
        os.mkdir(self.dir + "/state")
        self.startup = self.dir + "/state/startup-config"
        with open(self.startup, "w") as f:
            f.write(STARTUP.format(enable=ENABLE))
        with open(self.dir + "/log", "ab") as log:
            self.processes.append(subprocess.Popen(
                [build + "/spoked", "--foreground", "--dataplane", "fake", "--config", self.startup, "--state-dir", self.dir + "/state"],
                stdout=log, stderr=log, group=GROUP))
            self.processes.append(subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", self.dir + "/sshd_config"],
                                                   stdout=log, stderr=log))
        self.until(lambda: self.spokesh("show privilege").returncode == 0, "the router answers")
        self.until(lambda: socket.socket().connect_ex(("127.0.0.1", PORT)) == 0, "sshd listens")

    def until(self, condition, what):
        end = time.monotonic() + BOUND
        while not condition():
            assert time.monotonic() < end and all(p.poll() is None for p in self.processes), "never: %s\n%s" % (what, self.log())
            select.select([], [], [], 0.05)

    def log(self):
        with open(self.dir + "/log", errors="replace") as f:
            return f.read()

    def spokesh(self, *commands):
        """On the box itself."""
        return subprocess.run([self.shell] + [a for c in commands for a in ("-c", c)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=BOUND)

    def ssh(self, user="netops"):
        """The command line of a client that logs in with its key."""
        return ["ssh", "-p", str(PORT), "-i", self.dir + "/client_key", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "LogLevel=ERROR", user + "@127.0.0.1"]

    def environment(self, **more):
        """Of a client program: its home is the test's, no agent and no locale of the caller."""
        return {"PATH": os.environ["PATH"], "HOME": self.home, "TERM": "vt100", "LC_ALL": "C.UTF-8", **more}

    def close(self):
        for p in reversed(self.processes):
            p.send_signal(signal.SIGTERM)
            try:
                p.wait(BOUND)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        text = self.log() if os.path.exists(self.dir + "/log") else ""
        for name in ("passwd", "shadow", "group"):
            subprocess.run(["umount", "/etc/" + name], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.dir)
        assert "AddressSanitizer" not in text and "runtime error" not in text, text


def run(main):
    """Enters the namespaces (once), makes a box and gives it to main."""
    if "SPOKE_CLIENTS_INSIDE" not in os.environ:
        os.environ["SPOKE_CLIENTS_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--net", "--propagation", "private", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    box = Box(os.path.abspath(sys.argv[1]))
    try:
        main(box)
    except BaseException:
        print(box.log())
        raise
    finally:
        box.close()
