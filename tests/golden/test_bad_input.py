#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no terminal and no file should send: the router stays up, other terminals do not notice, and the startup-config is the old or the new.

    test_bad_input.py BUILD-DIRECTORY       (as root, in a mount namespace of its own: one test fills a disk)
"""
import os
import select
import signal
import subprocess
import sys
import time

from run import BOUND, Router, Terminal
from test_daemon import run_tests, until

BANNER, CERTIFICATE = "banner motd #\nthis never\nends\n", """crypto pki trustpoint TP
 enrollment terminal
crypto pki certificate chain TP
 certificate ca 01
  30820122 300D0609 2A864886
"""


def script(r, data, *options):
    """Bytes on spokesh's standard input: (status, bytes)."""
    p = subprocess.run([r.build + "/spokesh", "--socket", r.socket, *options], input=data, timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode, p.stdout


def running(r):
    status, text = script(r, b"", "-c", "show running-config")
    assert status == 0, text
    return text


def well(r, *lines):
    """The router is up, another terminal works, and the configuration has these lines and nothing unprintable."""
    assert r.process.poll() is None, r.log()
    assert r.spokesh(["-c", "show privilege"]) == (0, "Current privilege level is 15\n")
    text = running(r)
    assert not [c for c in text if c < 32 and c != 10] and b"\x7f" not in text, text
    for line in lines:
        assert b"\n" + line.encode() + b"\n" in text, (line, text)
    return text


def control_characters(r):
    r.start()
    noise = bytes(c for c in range(1, 32) if c not in (9, 10, 13)) + b"\x7f"
    script(r, b"configure terminal\nhostname Kept\n" + noise + b"\nhost" + noise + b"name Lost\nend\n" + noise)
    script(r, b"configure terminal\nhostname Kept\ninterface Loopback0\n description a" + noise + b"b\nend\n")
    well(r, "hostname Kept", "interface Loopback0")
    t = Terminal(r)
    r.terminals["A"] = t
    t.type("show privilege\r")
    os.write(t.fd, bytes(c for c in noise if c not in (3, 4, 0x1a, 0x1e)))
    well(r)


def nul(r):
    r.start()
    script(r, b"configure terminal\nhost\0name Nul\n\0\0\0\nhostname Kept\nend\n\0")
    well(r, "hostname Kept")
    with open(r.startup, "wb") as f:
        f.write(b"hostname Nul\0ls\n\0interface Loopback0\nip domain name kept.example\nend\n")
    assert r.spokesh(["--check", r.startup]) == (0, "")
    r.stop()
    r.start()
    well(r, "hostname Nulls", "interface Loopback0", "ip domain name kept.example")


def lines_that_end_with_cr_only(r):
    r.start()
    with open(r.dir + "/cr", "wb") as f:
        f.write(b"hostname Cr\rinterface Loopback0\r ip address 10.0.0.1 255.255.255.255\rend\r")
    status, text = r.spokesh(["--check", r.dir + "/cr"])
    assert status == 0, text
    assert script(r, b"configure terminal\rhostname Cr\rend\r")[0] == 0
    well(r, "hostname Cr")


def broken_utf8(r):
    r.start()
    for bad in (b"\xff\xfe", b"\xc3", b"\xe2\x82", b"\xf0\x9f", b"\xc0\xaf", b"\xed\xa0\x80"):
        script(r, b"configure terminal\ninterface Loopback0\n description x" + bad + b"\nend\n")
        assert script(r, b"configure terminal\nhostname " + bad + b"\nend\n")[0] == 1
        script(r, b"configure terminal\n" + bad + b"\nend\n")
    well(r)
    script(r, "configure terminal\ninterface Loopback0\n description Zürich–Köln\nend\n".encode())
    assert "\n description Zürich–Köln\n".encode() in running(r)


def a_byte_order_mark(r):
    with open(r.startup, "wb") as f:
        f.write(b"\xef\xbb\xbfhostname Marked\nend\n")
    r.start()
    assert " 0 refused" in r.log(), r.log()
    well(r, "hostname Marked")
    assert r.spokesh(["--check", r.startup])[0] == 0
    assert script(r, b"\xef\xbb\xbfconfigure terminal\nhostname Again\nend\n")[0] == 0
    well(r, "hostname Again")


def a_line_of_64_kib(r):
    """It and what follows it is not sent; what came before it counts."""
    r.start()
    script(r, b"configure terminal\nhostname Kept\nend\n")
    for long in (b"hostname " + b"x" * 65536, b" description " + b"y" * 65536, b"z" * 1000000):
        status, text = script(r, b"configure terminal\ninterface Loopback0\n" + long + b"\nhostname Lost\nend\n")
        assert status == 1 and len(text) < 4096, (status, text[:200])
    well(r, "hostname Kept")
    with open(r.dir + "/long", "wb") as f:
        f.write(b"hostname Kept\n" + b"x" * 65536 + b"\nend\n")
    status, text = r.spokesh(["--check", r.dir + "/long"])
    assert status == 1 and ":2:" in text, text[:200]


def sixty_thousand_words(r):
    r.start()
    for line in (b"a " * 4000, b"ip name-server" + b" 10.0.0.1" * 900, b"crypto ikev2 " + b"x " * 4000):  # as many as a line takes
        status, _ = script(r, b"configure terminal\n" + line + b"\nhostname Kept\nend\n")
        assert status == 1
    well(r, "hostname Kept")
    with open(r.startup, "wb") as f:  # a file has no limit
        f.write(b"hostname Kept\n" + b"a " * 60000 + b"\nip name-server" + b" 10.0.0.1" * 60000 + b"\nip domain name kept.example\n")
    assert r.spokesh(["--check", r.startup])[0] == 1
    r.stop()
    r.start()
    assert " 2 refused" in r.log(), r.log()[:4000]
    well(r, "hostname Kept", "ip domain name kept.example")


def a_banner_without_an_end(r):
    r.start()
    script(r, b"configure terminal\nhostname Kept\n" + BANNER.encode())
    text = well(r, "hostname Kept")
    assert b"banner" not in text, text
    with open(r.startup, "w") as f:
        f.write("hostname Kept\n" + BANNER + "interface Loopback0\n")
    r.stop()
    r.start()
    well(r, "hostname Kept")


def a_certificate_without_an_end(r):
    r.start()
    script(r, b"configure terminal\nhostname Kept\n" + CERTIFICATE.encode())
    well(r, "hostname Kept", "crypto pki trustpoint TP")
    with open(r.startup, "w") as f:
        f.write("hostname Kept\n" + CERTIFICATE)
    r.stop()
    r.start()
    well(r, "hostname Kept")
    assert script(r, b"configure terminal\nhostname Next\nend\n")[0] == 0
    well(r, "hostname Next")


def a_hundred_thousand_errors(r):
    r.start()
    with open(r.dir + "/wrong", "wb") as f:
        f.write(b"configure terminal\n" + b"this is wrong\n" * 100000 + b"hostname Kept\nend\n")
    with open(r.dir + "/wrong", "rb") as f:
        p = subprocess.Popen([r.build + "/spokesh", "--socket", r.socket], stdin=f, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, answered, rest = 0, 0, b""
    while True:
        data = p.stdout.read1(1 << 20)
        if not data:
            break
        data = rest + data
        said += data.count(b"% Invalid input")
        rest = data[-14:]
        if answered < 3:  # in the middle of it
            assert r.spokesh(["-c", "show privilege"])[0] == 0
            answered += 1
    assert p.wait(BOUND) == 1 and said == 100000 and answered, (said, answered)
    well(r, "hostname Kept")


def a_terminal_that_never_reads(r):
    r.start()
    script(r, b"configure terminal\n" + b"".join(b"ip route 10.1.%d.%d 255.255.255.255 Null0\n" % (i // 250, i % 250) for i in range(3000)) + b"end\n")
    t = Terminal(r)
    r.terminals["deaf"] = t
    os.write(t.fd, b"terminal length 0\r" + b"show running-config\r" * 50)
    for _ in range(5):
        assert b"ip route 10.1.11.249" in running(r)
    assert r.spokesh([], "configure terminal\nhostname Kept\nend\n") == (0, "")
    well(r, "hostname Kept")


def a_client_that_vanishes_in_the_middle_of_a_paste(r):
    r.start()
    for _ in range(5):
        t = Terminal(r)
        t.type("configure terminal\r" + "".join("ip route 10.2.%d.0 255.255.255.0 Null0\r" % i for i in range(100)) + "ip rou")
        os.kill(t.pid, signal.SIGKILL)
        os.waitpid(t.pid, 0)
        os.close(t.fd)
        assert r.spokesh(["-c", "show privilege"])[0] == 0
    until(lambda: r.spokesh(["-c", "show users"])[1].count("vty") == 1, "only our own line is taken")
    assert r.spokesh([], "configure terminal\nhostname Kept\nend\n") == (0, "")
    well(r, "hostname Kept")


def a_full_disk(r):
    """write memory says so, keeps the old file, and writes the new one when there is room."""
    disk = r.dir + "/disk"
    os.mkdir(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        r.startup = disk + "/startup-config"
        r.start()
        assert r.spokesh([], "configure terminal\nhostname Old\nend\nwrite memory\n")[0] == 0
        with open(r.startup, "rb") as f:
            old = f.read()
        assert b"hostname Old\n" in old
        fill = open(disk + "/fill", "wb", buffering=0)
        try:
            while True:
                fill.write(b"x" * 1024)
        except OSError:
            fill.close()
        status, text = r.spokesh([], "configure terminal\nhostname New\n" +
                                 "".join("ip route 10.3.%d.0 255.255.255.0 Null0\n" % i for i in range(200)) + "end\nwrite memory\n")
        assert status == 1 and "[OK]" not in text and "%" in text, (status, text)
        with open(r.startup, "rb") as f:
            assert f.read() == old
        well(r, "hostname New")
        os.unlink(disk + "/fill")
        assert "[OK]" in r.spokesh(["-c", "write memory"])[1]
        with open(r.startup, "rb") as f:
            assert b"hostname New\n" in f.read()
        assert sorted(os.listdir(disk))[0].startswith("startup-config"), os.listdir(disk)
        r.stop()
    finally:
        if r.process:
            r.process.kill()
            r.process.wait()
            r.process = None
        subprocess.run(["umount", "-l", disk], check=True)


TESTS = [nul, control_characters, lines_that_end_with_cr_only, broken_utf8, a_byte_order_mark, a_line_of_64_kib, sixty_thousand_words,
         a_banner_without_an_end, a_certificate_without_an_end, a_hundred_thousand_errors, a_terminal_that_never_reads,
         a_client_that_vanishes_in_the_middle_of_a_paste, a_full_disk]

if __name__ == "__main__":
    if "SPOKE_OWN_MOUNTS" not in os.environ:
        os.environ["SPOKE_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])
    sys.exit(run_tests(TESTS, os.path.abspath(sys.argv[1])))
