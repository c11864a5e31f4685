#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""spoked as a process: who may run, what it survives, how it ends; and the exit statuses of spokesh.

    test_daemon.py BUILD-DIRECTORY
"""
import os
import signal
import socket
import stat
import subprocess
import sys
import time

from run import BOUND, Router

BUILD = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""


def until(condition, what):
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end, "never: " + what
        time.sleep(0.01)


def spoked(*args, **kw):
    return subprocess.run([BUILD + "/spoked", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, **kw)


def fake(r):
    return ["--dataplane", "fake", "--config", r.startup, "--socket", r.socket, "--state-dir", r.dir]


def options(r):
    assert spoked("--version").stdout.startswith("spoked ")
    assert "--dataplane" in spoked("--help").stdout
    for bad in (["--bogus"], ["extra"], ["--dataplane", "warp"]):
        out = spoked(*bad)
        assert out.returncode == 2 and out.stderr, bad


def one_router_serves_a_path(r):
    r.start()
    out = spoked("--foreground", *fake(r))
    assert out.returncode == 1 and "another spoked serves" in out.stderr, out
    assert r.spokesh(["-c", "show privilege"]) == (0, "Current privilege level is 15\n")
    r.stop()
    assert not os.path.exists(r.socket)


def a_killed_one_is_replaced(r):
    r.start()
    r.process.kill()
    r.process.wait()
    assert stat.S_ISSOCK(os.stat(r.socket).st_mode)
    assert r.spokesh(["-c", "show clock"])[0] == 2
    r.start()
    assert stat.S_IMODE(os.stat(r.socket).st_mode) == 0o660
    r.stop()


def hup_is_ignored(r):
    r.start()
    r.process.send_signal(signal.SIGHUP)
    assert r.spokesh(["-c", "show privilege"])[0] == 0
    r.stop()


def no_core_is_kept(r):
    r.start()
    with open("/proc/%d/limits" % r.process.pid) as f:
        core = [line.split() for line in f if line.startswith("Max core file size")][0]
    assert core[4] == "0" and core[5] == "0", core
    r.stop()


def a_bad_startup_config_starts_with_what_is_valid(r):
    with open(r.startup, "w") as f:
        f.write("hostname Kept\nthis is no command\ninterface Tunnel0\n ip address negotiated\nend\nhostname Behind\n")
    r.start()
    status, text = r.spokesh(["-c", "show running-config"])
    assert status == 0 and "hostname Kept\n" in text and "interface Tunnel0\n" in text and "no command" not in text, text
    assert "startup-config line 2: " in r.log(), r.log()
    r.stop()


def the_background_serves_when_the_command_returns(r):
    out = spoked(*fake(r))
    assert out.returncode == 0, out
    assert r.spokesh(["-c", "show privilege"])[0] == 0
    again = spoked(*fake(r))
    assert again.returncode == 1 and "another spoked serves" in again.stderr, again
    assert r.spokesh(["-c", "reload"])[0] == 0  # it comes back, and in order
    until(lambda: r.spokesh(["-c", "show privilege"])[0] == 0, "served again after reload")
    pid = server_pid(r.socket)
    os.kill(pid, signal.SIGTERM)
    until(lambda: not os.path.exists(r.socket), "the socket is gone")
    until(lambda: not os.path.exists("/proc/%d" % pid), "the process is gone")


def server_pid(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    cred = s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    s.close()
    return int.from_bytes(cred[:4], sys.byteorder)


def a_relative_path_survives_the_background(r):
    out = spoked("--dataplane", "fake", "--config", "startup-config", "--socket", "sock", "--state-dir", ".", cwd=r.dir)
    assert out.returncode == 0, out
    assert r.spokesh(["-c", "write memory"])[0] == 0
    assert os.path.exists(r.startup)
    os.kill(server_pid(r.socket), signal.SIGTERM)
    until(lambda: not os.path.exists(r.socket), "the socket is gone")


def reload_keeps_the_process(r):
    r.start()
    pid = r.process.pid
    r.spokesh([], "configure terminal\nhostname Saved\nend\nwrite memory\n")
    r.spokesh([], "configure terminal\nhostname Unsaved\nend\nreload\n")
    until(lambda: "Saved uptime" in r.spokesh(["-c", "show version"])[1].replace("Unsaved", "-"), "the saved configuration is back")
    assert r.process.poll() is None and server_pid(r.socket) == pid
    r.stop()


def the_service_manager_is_told(r):
    path = r.dir + "/notify"
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(BOUND)
    os.environ["NOTIFY_SOCKET"] = path
    os.environ["WATCHDOG_USEC"] = "200000"
    try:
        r.start()
        told = [s.recv(256).decode()]
        assert told[0].startswith("READY=1"), told
        assert s.recv(256) == b"WATCHDOG=1"
        r.spokesh(["-c", "reload"])
        while not told[-1].startswith("RELOADING=1"):
            told.append(s.recv(256).decode())
        told.append(s.recv(256).decode())
        assert told[-1].startswith("READY=1") and "STOPPING=1" not in told, told
        r.stop()
        while told[-1] != "STOPPING=1":
            told.append(s.recv(256).decode())
    finally:
        del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
        s.close()


def directories_are_made(r):
    r.socket = r.dir + "/run/spoke/sock"
    r.start()
    assert stat.S_ISSOCK(os.stat(r.socket).st_mode)
    r.stop()


def a_dead_data_plane_is_said(r):
    out = spoked("--foreground", "--dataplane", "kernel", "--config", r.startup, "--socket", r.socket, "--state-dir", "/",
                 preexec_fn=drop_privileges(r))
    assert out.returncode == 1 and out.stderr.startswith("spoked: ") and len(out.stderr.strip().split("\n")) == 1, out


def drop_privileges(r):
    os.chmod(r.dir, 0o777)

    def drop():
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
    return drop


def statuses_of_spokesh(r):
    r.start()
    assert r.spokesh(["-c", "show privilege", "-c", "show clock"])[0] == 0
    assert r.spokesh(["-c", "show privilege", "-c", "shoe clock"])[0] == 1
    assert r.spokesh([], "configure terminal\nhostname A\nend\n") == (0, "")
    status, text = r.spokesh([], "configure terminal\nhostname A\nhostnome B\nend")
    assert status == 1 and text.startswith("line 3: hostnome B\n"), (status, text)
    assert r.spokesh([], "exit\nthis is never read\n") == (0, "")
    assert r.spokesh([], "") == (0, "")
    status, text = r.spokesh([], "x" * 9000 + "\n")
    assert status == 1 and "line 1 is longer than" in text, (status, text)
    os.environ["SSH_ORIGINAL_COMMAND"] = "show privilege"
    try:
        assert r.spokesh([]) == (0, "Current privilege level is 15\n")
    finally:
        del os.environ["SSH_ORIGINAL_COMMAND"]
    r.stop()
    assert r.spokesh(["-c", "show clock"])[0] == 2
    assert r.spokesh(["--bogus"])[0] == 2
    assert r.spokesh(["--version"])[1].startswith("spokesh ")


def a_long_script_is_taken_whole(r):
    lines = ["configure terminal"] + ["ip route 10.%d.%d.0 255.255.255.0 192.0.2.1" % (i // 256, i % 256) for i in range(20000)]
    r.start()
    assert r.spokesh([], "\n".join(lines) + "\n") == (0, "")
    assert r.spokesh(["-c", "show running-config | count ^ip route"])[1] == "Number of lines which match regexp = 20000\n"
    assert len(r.spokesh([], "show running-config\n" * 20)[1]) > 20 * 20000 * 40  # more than any buffer, none of it lost
    r.stop()


TESTS = [options, one_router_serves_a_path, a_killed_one_is_replaced, hup_is_ignored, no_core_is_kept,
         a_bad_startup_config_starts_with_what_is_valid, the_background_serves_when_the_command_returns,
         a_relative_path_survives_the_background, reload_keeps_the_process, the_service_manager_is_told, directories_are_made,
         a_dead_data_plane_is_said, statuses_of_spokesh, a_long_script_is_taken_whole]


def end_background(r):
    """What a failed test left."""
    try:
        os.kill(server_pid(r.socket), signal.SIGKILL)
    except OSError:
        pass


def run_tests(tests, build):
    failed = 0
    for test in tests:
        r = Router(build)
        try:
            test(r)
            print("ok      " + test.__name__)
        except Exception as e:  # each is reported, all are run
            failed += 1
            print("FAILED  %s: %s: %s\n%s" % (test.__name__, type(e).__name__, e, r.log() if os.path.exists(r.dir + "/log") else ""))
        finally:
            if r.process:
                r.process.kill()
                r.process.wait()
            end_background(r)
            r.remove()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, BUILD))
