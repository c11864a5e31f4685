#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays terminal transcripts against a router of their own and compares every character.

    run.py --build DIR [--update] FILE.t...

A transcript is what the terminals show. Its parts begin with a line `== KIND [NAME]`:

    == startup             the startup-config that the router finds (before anything else)
    == terminal NAME       a terminal, opened at its first use. The lines are its screen. What stands in «» is typed, with Enter behind
                           it, unless it ends with `?`, ⇥ (Tab), ^Z or ^C, or begins with ' (a single key). Behind ~ it does not show.
                           A part begins with the line that the terminal's part before it ended with: its prompt.
    == paste NAME          text for a terminal, in one write; behind `--`, what the screen then shows
    == script              spokesh's standard input; behind `-- STATUS`, its output
    == commands            one `-c` a line; behind `-- STATUS`, the output
    == check [--strict] [--json]   a file for --check (called FILE in the output); behind `-- STATUS`, the output
    == restart             the router ends (status 0) and starts again; all terminals are gone
    # ...                  a remark, in front of the first part

Clocks, what they measure and who runs the test are normalised, nothing else. With --update the transcript is rewritten to what was seen.
"""
import argparse
import difflib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

BOUND = 20.0  # seconds until something that should come is given up
QUIET = 0.3   # --update only: the screen is complete when nothing came for this long

CLOCKS = [
    (re.compile(r"\*[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{3})?(?=:)"), "*Mmm dd hh:mm:ss.mmm"),
    (re.compile(r"\*\d\d:\d\d:\d\d\.\d{3} UTC \w{3} \w{3} \d\d? \d{4}"), "*hh:mm:ss.mmm UTC Www Mmm dd yyyy"),
    (re.compile(r"\*[A-Z][a-z]{2} [ \d]\d \d{4} \d\d:\d\d:\d\d\.\d{3} UTC(?=:)"), "*Mmm dd yyyy hh:mm:ss.mmm UTC"),
    (re.compile(r"(?m)^(\d{6})(?=: )"), "nnnnnn"),
    (re.compile(r"copied in [\d.]+ secs \(\d+ bytes/sec\)"), "copied in N secs (N bytes/sec)"),
    (re.compile(r"[A-Z][a-z]{2}-\d\d-\d\d-\d\d-\d\d\.\d{3}"), "Mmm-dd-hh-mm-ss.mmm"),
    (re.compile(r" +\S+@vty"), " USER@vty"),
    (re.compile(r"locked by \S+ on vty"), "locked by USER on vty"),
    (re.compile(r"(?m)^User              : (?!unknown)\S+"), "User              : USER"),
    (re.compile(r"(?m)^( *(?:pre-shared-key|authentication \w+ pre-share key)(?: \w+)? 6 )[A-i]{21,}$"), r"\1SEALED"),
    (re.compile(r"elapsed time was \d+ seconds"), "elapsed time was n seconds"),
    (re.compile(r"[A-Z][a-z]{2} [ \d]\d \d{4} \d\d:\d\d:\d\d \+00:00"), "Mmm dd yyyy hh:mm:ss +00:00"),
    (re.compile(r"\d+ bytes total \(\d+ bytes free\)"), "N bytes total (N bytes free)"),
    (re.compile(r"(?m)^(username admin privilege 15 secret 9 |.*password 7 )\S+"), r"\1HIDDEN"),
    (re.compile(r"(?m)^([ *] +\d+ vty \d+ +)(?!viewer)\S+ +idle +"), r"\1USER idle "),
    (re.compile(r"(?m)idle +\d\d:\d\d:\d\d$"), "idle hh:mm:ss"),
    (re.compile(r"Time since activation: \S+"), "Time since activation: hh:mm:ss"),
    (re.compile(r"min/avg/max = \d+/\d+/\d+ ms"), "min/avg/max = N/N/N ms"),
    (re.compile(r"\b\d+ msec\b"), "N msec"),
    (re.compile(r"from console by \S+ on vty"), "from console by USER on vty"),
]


def normal(text):
    text = text.replace("\r\n", "\n")
    for pattern, name in CLOCKS:
        text = pattern.sub(name, text)
    return text


class Failure(Exception):
    pass


class Router:
    """spoked on the fake back ends, in a directory of its own."""

    def __init__(self, build):
        self.build = build
        self.dir = tempfile.mkdtemp(prefix="spoke-golden-")
        self.socket = self.dir + "/sock"
        self.startup = self.dir + "/startup-config"
        self.process = None
        self.terminals = {}

    def start(self):
        log = open(self.dir + "/log", "ab")
        self.process = subprocess.Popen(
            [self.build + "/spoked", "--foreground", "--dataplane", "fake", "--config", self.startup, "--socket", self.socket,
             "--state-dir", self.dir],
            stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + BOUND
        while subprocess.run([self.build + "/spokesh", "--socket", self.socket, "-c", "show privilege"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure("spoked did not start:\n" + self.log())
            select.select([], [], [], 0.02)

    def log(self):
        with open(self.dir + "/log", errors="replace") as f:
            return f.read()

    def stop(self):
        for t in self.terminals.values():
            t.close()
        self.terminals = {}
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(BOUND)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure("spoked did not end on SIGTERM:\n" + self.log())
        self.process = None
        if status:
            raise Failure("spoked ended with status %d:\n%s" % (status, self.log()))

    def remove(self):
        shutil.rmtree(self.dir)

    def terminal(self, name):
        if name not in self.terminals:
            self.terminals[name] = Terminal(self)
        return self.terminals[name]

    def spokesh(self, args, text=""):
        r = subprocess.run([self.build + "/spokesh", "--socket", self.socket] + args, input=text.encode(), timeout=60,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return r.returncode, normal(r.stdout.decode(errors="replace"))


class Terminal:
    """spokesh on a pseudo-terminal. `seen` is what it showed since the last call of take()."""

    def __init__(self, router, rows=1000, columns=200):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "vt100"
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execv(router.build + "/spokesh", ["spokesh", "--socket", router.socket])
        os.set_inheritable(self.fd, False)  # or the next terminal's process would keep this one from hanging up
        self.seen = ""
        self.raw = b""

    def type(self, text):
        data = text.encode()
        while data:
            readable, writable, _ = select.select([self.fd], [self.fd], [], BOUND)
            if readable:
                self.read()
            if writable:
                data = data[os.write(self.fd, data[:512]):]

    def read(self):
        try:
            self.raw += os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen = normal(self.raw.decode(errors="replace"))
        return True

    def take(self, expected, update):
        """Waits for the expected text. Returns what came instead when it cannot come any more."""
        end = time.monotonic() + (QUIET if update else BOUND)
        while update or (self.seen != expected and expected.startswith(self.settled(expected))):
            ready = select.select([self.fd], [], [], max(0.0, end - time.monotonic()))[0]
            if not ready or not self.read():
                break
            if update:
                end = time.monotonic() + QUIET
        got, self.seen, self.raw = self.seen, "", b""
        return got

    def settled(self, expected):
        """A clock that has come in part, or a lone carriage return, is no difference yet."""
        text = self.seen.rstrip("\r")
        at = text.rfind("*")
        return text[:at] if at >= 0 and len(text) - at < 24 and not expected.startswith(text) else text

    def give_back(self, text):
        """The next part begins with what this one ended with."""
        self.seen = text + self.seen
        self.raw = text.encode() + self.raw

    def close(self):
        """Hangs up."""
        os.close(self.fd)
        end = time.monotonic() + BOUND
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                state = "".join(open("/proc/%d/%s" % (self.pid, name)).read() for name in ("status", "wchan", "syscall"))
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise Failure("spokesh did not end when its terminal hung up:\n" + state)
            select.select([], [], [], 0.005)


def parts(text):
    """(head, [(first line, body)...])"""
    head, found = [], []
    for line in text.split("\n"):
        if line.startswith("== "):
            found.append((line, []))
        else:
            (found[-1][1] if found else head).append(line)
    for _, body in found:
        while body and body[-1] == "":
            body.pop()
    return head, found


INPUT = re.compile("«([^»]*)»(\n?)")
NO_ENTER = {"⇥": ("\t", "\n"), "^Z": ("\x1a", "^Z\n"), "^C": ("\x03", "^C\n"), "?": ("?", "?\n")}


def keys_of(marked):
    """What is sent, and how it shows."""
    if marked.startswith("~"):
        return marked[1:] + "\r", "\n"
    if marked.startswith("'"):
        return marked[1:], marked[1:] + "\n"
    for end, (key, echo) in NO_ENTER.items():
        if marked.endswith(end):
            text = marked[:-len(end)]
            return text + key, text + echo
    return marked + "\r", marked + "\n"


def play_terminal(t, body, update):
    """Returns the screen as it was, in the transcript's form."""
    text, shown, at, echo = "\n".join(body), "", 0, ""
    for m in list(INPUT.finditer(text)) + [None]:
        want = text[at:m.start()] if m else text[at:]
        got = t.take(echo + want, update)
        if not got.startswith(echo) or (got != echo + want and not update):
            return shown + (got[len(echo):] if got.startswith(echo) else got) + "\n<-- here the screen differs"
        shown += got[len(echo):]
        if not m:
            break
        at = m.end()
        keys, echo = keys_of(m.group(1))
        shown += "«" + m.group(1) + "»\n"
        t.type(keys)
    t.give_back(shown.rsplit("\n", 1)[-1])
    return shown


def play_paste(t, body, update):
    """The prompt is on the screen already: what is shown begins behind it."""
    lines, mark, shown = split_result(body)
    t.type("".join(line + "\r" for line in lines))
    got = t.take("\n".join(shown), update)
    t.give_back(got.rsplit("\n", 1)[-1])
    return "\n".join(lines + [mark, got])


def split_result(body):
    for i, line in enumerate(body):
        if line.startswith("--"):
            return body[:i], line, body[i + 1:]
    return body, "--", []


def with_status(lines, status, output):
    return "\n".join(lines + ["-- %d" % status] + output.rstrip("\n").split("\n") if output else lines + ["-- %d" % status])


def play_script(router, body):
    lines, _, _ = split_result(body)
    return with_status(lines, *router.spokesh([], "\n".join(lines) + "\n"))


def play_commands(router, body):
    lines, _, _ = split_result(body)
    return with_status(lines, *router.spokesh([arg for line in lines for arg in ("-c", line)]))


def play_check(router, body, *options):
    lines, _, _ = split_result(body)
    path = router.dir + "/checked"
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    status, output = router.spokesh([*options, "--check", path])
    return with_status(lines, status, output.replace(path, "FILE"))


def play_startup(router, body):
    with open(router.startup, "w") as f:
        f.write("\n".join(body) + "\n")
    return "\n".join(body)


def play_restart(router, body):
    router.stop()
    router.start()
    return "\n".join(body)


def play_part(router, first, body, update):
    words = first.split()
    kind, name = words[1], " ".join(words[2:]) or "A"
    if kind != "startup" and not router.process:
        router.start()
    if kind == "terminal":
        return play_terminal(router.terminal(name), body, update)
    if kind == "paste":
        return play_paste(router.terminal(name), body, update)
    if kind == "check":
        return play_check(router, body, *words[2:])
    return {"script": play_script, "commands": play_commands, "startup": play_startup,
            "restart": play_restart}[kind](router, body)


def play(build, path, update):
    with open(path) as f:
        text = f.read()
    head, found = parts(text)
    out, router, failed = list(head), Router(build), None
    try:
        for first, body in found:
            got = play_part(router, first, body, update)
            out += [first] + (got.rstrip("\n").split("\n") if got else []) + [""]
            if got.rstrip("\n") != "\n".join(body).rstrip("\n") and not update:
                break
        router.stop()
        if "AddressSanitizer" in router.log() or "runtime error" in router.log():
            raise Failure(router.log())
    except Failure as e:
        failed = str(e)
    finally:
        if router.process:
            router.process.kill()
            router.process.wait()
        router.remove()
    seen = "\n".join(out).rstrip("\n") + "\n"
    if update and not failed:
        with open(path, "w") as f:
            f.write(seen)
    want = text.rstrip("\n") + "\n"
    if failed or (seen != want and not update):
        sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), seen.splitlines(True), path, "seen"))
        if failed:
            print("%s: %s" % (path, failed))
        return False
    return True


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True, help="where spoked and spokesh are")
    p.add_argument("--update", action="store_true")
    p.add_argument("file", nargs="+")
    a = p.parse_args()
    results = [play(os.path.abspath(a.build), f, a.update) for f in a.file]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
