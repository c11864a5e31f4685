#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`| json` behind every show command: docs/json.md lists the keys of each, from the sources, and a router that runs the commands prints no other.

    test_json.py BUILD-DIRECTORY            compares docs/json.md with the sources, then asks a router
    test_json.py BUILD-DIRECTORY --update   writes docs/json.md

A key is the literal that a show function, or what it calls, hands to the writer of base/out.h.
"""
import glob
import json
import os
import re
import sys

from run import Router

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOC = os.path.join(ROOT, "docs/json.md")
WRITER = r"out_(?:obj|list|str|int|bool|field_str|field_int)"
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
HEAD = """# JSON of the show commands

`| json` behind a show command gives one JSON value; below are the keys that each may print, wherever in it they stand. A key that has
nothing to say is left out; one that is listed keeps its name and its meaning. Written by `tests/golden/test_json.py BUILD --update`, and
compared with the sources and with a running router by the same test.

| command | keys |
|---|---|
"""

# Where what a command is about must be named, and what is in no configuration of its own.
WORDS = {"show archive config differences": ["", " nvram:startup-config"], "show archive config incremental-diffs": [" nvram:startup-config"],
         "show monitor event-trace flexvpn": [" all", " latest", " parameters", " back 5"], "show crypto key mypubkey": [" all"],
         "show track": ["", " 1", " brief"], "show crypto ikev2 client flexvpn": ["", " flex", " flex detail"],
         "show crypto ikev2 sa": ["", " detailed"], "show crypto ipsec sa": ["", " detail"], "show interfaces": ["", " Tunnel0"], "show crypto session": ["", " detail", " brief"],
         "show ip route": ["", " 10.9.0.0", " summary", " vrf red"], "show vrf": ["", " detail"], "show hosts": ["", " summary"]}
CONFIG = """crypto ikev2 keyring K
 peer hub
  address 10.0.0.1
  pre-shared-key k
crypto ikev2 authorization policy A
 route set interface
crypto ikev2 proposal P
 encryption aes-cbc-256
 integrity sha256
 group 19
crypto ikev2 policy PO
 proposal P
crypto ikev2 profile PR
 match identity remote address 10.0.0.1 255.255.255.255
 authentication local pre-share
 authentication remote pre-share
 keyring local K
 aaa authorization group psk list default A
crypto ipsec transform-set T esp-gcm
crypto ipsec profile IP
 set transform-set T
 set ikev2-profile PR
crypto ikev2 client flexvpn flex
  peer 1 10.0.0.1
  client connect Tunnel0
ip local pool LP 10.8.0.1 10.8.0.9
ip host somewhere 10.1.2.3
ip dns view INTERNAL
 dns forwarder 10.0.0.53
ip dns view-list L
 view INTERNAL 1
ip dns name-list 1 permit .*.example.com
vrf definition red
 address-family ipv4
interface Tunnel0
 ip address negotiated
 tunnel source Loopback0
 tunnel mode ipsec ipv4
 tunnel destination dynamic
 tunnel protection ipsec profile IP
interface Loopback0
 description of its own
 ip address 10.7.0.1 255.255.255.255
ip sla 1
 icmp-echo 10.0.0.9
track 1 interface Tunnel0 line-protocol
track 2 ip sla 1 reachability
ip access-list extended ACL
 permit ip any any
access-list 10 permit 10.0.0.0 0.255.255.255
route-map RM permit 10
 match ip address 10
ip nat inside source list 10 interface Loopback0 overload
ip route 10.9.0.0 255.255.0.0 Tunnel0
ip dhcp pool D
 network 10.6.0.0 255.255.255.0
"""


class Source:
    """The functions of the folders that print, and what each may call."""

    def __init__(self):
        self.text, self.found, self.public = {}, {}, {}
        for path in sorted(glob.glob(ROOT + "/flexvpn/*.c") + glob.glob(ROOT + "/cli/*.c") + glob.glob(ROOT + "/net/*.c")):
            text = self.text[path] = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
            self.found[path] = {}
            for m in re.finditer(r"^[a-z][^;{}#=]*?\b(\w+)\(([^;{}]*)\)\n\{\n.*?^\}", text, re.M | re.S):
                params = [(re.findall(r"\w+", p) or [""])[-1] for p in m.group(2).split(",")]
                self.found[path][m.group(1)] = (path, params, m.group(0))
                if not m.group(0).startswith("static"):
                    self.public[m.group(1)] = self.found[path][m.group(1)]

    def look_up(self, path, name, called):
        return self.found[path].get(name) or (self.public.get(name) if called else None)

    def table(self, path, name):
        """What stands in an array of this file."""
        m = re.search(r"\b%s\[[^]]*\] = \{(.*?)\};" % name, self.text[path], re.S)
        return m.group(1) if m else ""

    def counters(self, body):
        """Of a list that a macro spells."""
        for name in re.findall(r"\b([A-Z_]+_LIST)\(X\)", body) if "#name" in body else []:
            for header in glob.glob(ROOT + "/*/*.h"):
                m = re.search(r"#define %s\(X\)((?:[^\n]*\\\n)*[^\n]*)" % name, open(header).read())
                yield from re.findall(r"X\((\w+)", m.group(1)) if m else []

    def keys(self, start):
        todo, done, keys = [self.public[start]], set(), set()
        while todo:
            path, params, body = todo.pop()
            keys.update(self.counters(body))
            for name, args in calls(body):
                known = self.look_up(path, name, True)
                at = 1 if re.fullmatch(WRITER, name) else self.key_at(known) if known else None
                if at is not None and at < len(args):
                    keys.update(LITERAL.findall(args[at]))
                    for array in re.findall(r"(\w+)\[", args[at]):
                        keys.update(LITERAL.findall(self.table(path, array)))
            arrays = "".join(self.table(path, name) for name in set(re.findall(r"\b(\w+)\[", body)))
            for name in set(re.findall(r"\b[a-z]\w+\b", body + LITERAL.sub("", arrays))):
                known = self.look_up(path, name, re.search(r"\b%s\(" % name, body))
                if known and known[2] not in done and re.search(r"\bout_|->o\b|\bstruct (out|exec)\b", known[2]) and not name.startswith("exec_"):
                    done.add(known[2])
                    todo.append(known)
        return keys

    def key_at(self, known):
        """Which of its arguments a function hands on as the key."""
        path, params, body = known
        for name, args in calls(body[body.index("{"):]):
            if re.fullmatch(WRITER, name) and len(args) > 1 and args[1] in params:
                return params.index(args[1])
        return None


def calls(body):
    """(name, arguments) of every call, nested ones too."""
    for m in re.finditer(r"\b(\w+)\(", body):
        depth, quoted, args, at = 1, False, [""], m.end()
        while depth and at < len(body):
            c = body[at]
            quoted ^= c == '"' and body[at - 1] != "\\"
            depth += 0 if quoted else (c in "({") - (c in ")}")
            if c == "," and depth == 1 and not quoted:
                args.append("")
            elif depth:
                args[-1] += c
            at += 1
        yield m.group(1), [a.strip() for a in args]


def commands():
    """(words, function) of every show command of the grammar."""
    for path in sorted(glob.glob(ROOT + "/grammar/*.gram")):
        text = open(path).read()
        for m in re.finditer(r"^exec (show_\w+)[^\n]*\n((?: [^\n]*\n)+)", text, re.M):
            words = []
            for w in re.finditer(r"\s*([\w-]+)\*?'(?:\\.|[^'\\])*'", m.group(2)):
                if m.group(2)[:w.start()].strip() and re.search(r"[\[({<]", re.sub(r"'(?:\\.|[^'\\])*'", "", m.group(2)[:w.end()])):
                    break
                words.append(w.group(1))
            yield " ".join(words), "exec_" + m.group(1)


def document():
    source = Source()
    rows = {words: sorted(source.keys(fn)) for words, fn in commands()}
    return rows, HEAD + "".join("| `%s` | %s |\n" % (words, ", ".join("`%s`" % k for k in rows[words])) for words in sorted(rows))


def keys_in(value):
    if isinstance(value, dict):
        return set(value).union(*(keys_in(v) for v in value.values()))
    if isinstance(value, list):
        return set().union(*(keys_in(v) for v in value))
    return set()


def a_router_prints_no_other_keys(rows):
    router = Router(os.path.abspath(sys.argv[1]))
    try:
        with open(router.startup, "w") as f:
            f.write(CONFIG)
        router.start()
        wrong = []
        for command, tails in sorted((c, WORDS.get(c, [""])) for c in rows):
            for tail in tails:
                status, text = router.spokesh(["-c", command + tail + " | json"])
                try:
                    more = keys_in(json.loads(text)) - set(rows[command])
                    wrong += ["%s%s: not documented: %s" % (command, tail, ", ".join(sorted(more)))] if more else []
                except ValueError:
                    wrong.append("%s%s: status %d, no JSON: %s" % (command, tail, status, text[:200]))
        assert not wrong, "\n".join(wrong)
    finally:
        router.stop()
        router.remove()


if __name__ == "__main__":
    rows, text = document()
    if sys.argv[2:] == ["--update"]:
        with open(DOC, "w") as f:
            f.write(text)
    else:
        assert open(DOC).read() == text, "docs/json.md is not what the sources say: write it with --update"
    assert len(rows) > 50 and all(w.startswith("show ") for w in rows)
    a_router_prints_no_other_keys(rows)
