#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event trace: its commands, its dump, and the page that `spokesh --trace` writes, as a browser builds it.

    test_trace.py BUILD-DIRECTORY
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from run import BOUND, Router

BUILD = os.path.abspath(sys.argv[1])

CLIENTS = """configure terminal
crypto ikev2 keyring key
 peer any
  address 0.0.0.0 0.0.0.0
  pre-shared-key cisco
crypto ikev2 profile prof
 match identity remote address 10.0.0.1 255.0.0.0
 authentication local pre-share
 authentication remote pre-share
 keyring local key
crypto ipsec profile ip
 set ikev2-profile prof
interface Loopback0
 ip address 172.16.0.1 255.255.255.255
interface Tunnel0
 ip address negotiated
 tunnel source Loopback0
 tunnel destination dynamic
 tunnel mode ipsec ipv4
 tunnel protection ipsec profile ip
interface Tunnel1
 ip address negotiated
 tunnel source Loopback0
 tunnel destination dynamic
 tunnel mode ipsec ipv4
 tunnel protection ipsec profile ip
crypto ikev2 client flexvpn flex
 peer 1 10.0.0.1
 client connect Tunnel0
crypto ikev2 client flexvpn two
 peer 1 10.0.0.2
 connect manual
 client connect Tunnel1
monitor event-trace flexvpn dump-file flash:dumped
end
"""


def run(r, *commands):
    status, out = r.spokesh([a for c in commands for a in ("-c", c)])
    assert status == 0, (commands, status, out)
    return out


def spokesh(*args):
    return subprocess.run([BUILD + "/spokesh", *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def dom(page, view=""):
    """The document after its script has run, in a browser that has no network."""
    with tempfile.TemporaryDirectory() as home:
        out = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                              "--user-data-dir=" + home, "--proxy-server=127.0.0.1:9", "--window-size=1200,500",
                              "--dump-dom", "file://" + page + view],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=120,
                             env={**os.environ, "HOME": home})
    assert "<svg" in out.stdout, out
    return out.stdout


def bars(text, client):
    return re.findall(r'<rect class="bar" data-client="%s" data-state="(\w+)"' % client, text)


def ticks(text, client):
    return len(re.findall(r'<line class="tick" data-client="%s"' % client, text))


def events(r):
    return json.loads(run(r, "show monitor event-trace flexvpn all | json"))


def start(r):
    r.start()
    p = subprocess.run([BUILD + "/spokesh", "--socket", r.socket], input=CLIENTS, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=60)
    assert p.returncode == 0, p.stdout
    until_negotiating(r)


def until_negotiating(r):
    end = time.monotonic() + BOUND
    while not any(e.get("state") == "NEGOTIATING" for e in events(r)):
        assert time.monotonic() < end, "never negotiating"


def commands(r):
    every = run(r, "show monitor event-trace flexvpn all")
    assert "FlexVPN(flex): EVENT state CONNECT_REQUIRED -> NEGOTIATING" in every, every
    assert "FlexVPN(two): EVENT state INIT -> CONNECT_REQUIRED" in every
    for since in ("back 5", "back 00:05", "from-boot", "from-boot 0", "clock 00:00:00 jan 1"):
        assert "FlexVPN(flex)" in run(r, "show monitor event-trace flexvpn " + since), since
    assert "FlexVPN(flex)" not in run(r, "show monitor event-trace flexvpn from-boot 86400")
    assert run(r, "show monitor event-trace flexvpn latest").count("EVENT state") == 0  # shown a moment ago
    assert run(r, "show monitor event-trace flexvpn parameters") == \
        "Trace has 1000 entries\nStacktrace is disabled by default\nTrace dump file is flash:dumped\n"


def dumps(r):
    run(r, "monitor event-trace flexvpn dump pretty")
    assert "FlexVPN(flex): EVENT state" in run(r, "more flash:dumped")
    run(r, "monitor event-trace flexvpn dump")
    page = r.dir + "/dump.html"
    out = spokesh("--trace", page, "--from", r.dir + "/flash/dumped")
    assert out.returncode == 0, out
    assert "NEGOTIATING" in open(page, encoding="utf-8").read()
    out = spokesh("--trace", page, "--from", r.startup)
    assert out.returncode == 2 and "no event trace" in out.stdout, out


def the_page(r):
    page = r.dir + "/trace.html"
    assert spokesh("--socket", r.socket, "--trace", page).returncode == 0
    text = open(page, encoding="utf-8").read()
    assert not re.search(r'(src|href)=', text), "the page asks for something else"
    whole = dom(page)
    assert re.findall(r'<text class="row"[^>]*>(\w+)<', whole) == ["flex", "two"], whole
    assert "NEGOTIATING" in bars(whole, "flex") and "CONNECT_REQUIRED" in bars(whole, "two")
    assert ticks(whole, "flex") == sum(e["client"] == "flex" for e in events(r)) > 2
    narrow = dom(page, "#v=0.9,1")  # nothing happens there, the states go on
    assert ticks(narrow, "flex") < ticks(whole, "flex") and len(bars(narrow, "two")) == 1
    return page


def after_a_crash(r):
    r.process.kill()
    r.process.wait()
    page = r.dir + "/crash.html"
    assert spokesh("--socket", r.socket, "--trace", page).returncode == 2  # nobody is there to ask
    assert spokesh("--trace", page, "--from", r.dir + "/event-trace").returncode == 0
    text = dom(page)
    assert "NEGOTIATING" in bars(text, "flex") and ticks(text, "two") > 0


def one_shot_size_and_stack(r):
    run(r, "monitor event-trace flexvpn size 6", "monitor event-trace flexvpn one-shot")
    run(r, "configure terminal", "monitor event-trace flexvpn stacktrace 4", "end")
    assert "Stacktrace is enabled, depth 4" in run(r, "show monitor event-trace flexvpn parameters")
    for _ in range(5):
        run(r, "crypto ikev2 client flexvpn connect two", "clear crypto ikev2 client flexvpn connect two")
    full = run(r, "show monitor event-trace flexvpn all")
    assert "Tracing currently disabled" in full and full.count("EVENT") == 6, full
    assert "connect requested" in full and "-Traceback= 0x" in full, full
    run(r, "monitor event-trace flexvpn enable")
    assert "disabled" not in run(r, "show monitor event-trace flexvpn all")


def everything(r):
    start(r)
    commands(r)
    dumps(r)
    the_page(r)
    one_shot_size_and_stack(r)
    r.stop()


def killed(r):
    start(r)
    after_a_crash(r)


for test in (everything, killed):
    router = Router(BUILD)
    try:
        test(router)
        print("ok", test.__name__)
    finally:
        if router.process and router.process.poll() is None:
            router.process.kill()
            router.process.wait()
        shutil.rmtree(router.dir)
