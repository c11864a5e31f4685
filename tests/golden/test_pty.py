#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""spokesh on a pseudo-terminal, octet by octet: what people's fingers and the programs that imitate them depend on.

    test_pty.py BUILD-DIRECTORY
"""
import os
import pty
import select
import struct
import subprocess
import sys
import fcntl
import termios
import time

from run import BOUND, Terminal
from test_daemon import run_tests

ERASE_MORE = "\b" * 10 + " " * 10 + "\b" * 10


class Screen(Terminal):
    """All that the terminal showed, as it came."""

    def expect(self, text):
        """Waits until the screen ends with the text; returns what stands before it and forgets both."""
        end = time.monotonic() + BOUND
        while not self.raw.decode(errors="replace").endswith(text):
            ready = select.select([self.fd], [], [], max(0.0, end - time.monotonic()))[0]
            assert ready and self.read(), "no %r at the end of %r" % (text, self.raw)
        got, self.raw = self.raw.decode(), b""
        return got[:-len(text)]

    def run(self, line, prompt="Router#"):
        self.type(line + "\r")
        return self.expect("\r\n" + prompt)[len(line):]


def opened(r, **kw):
    if not r.process:
        r.start()
    t = Screen(r, **kw)
    r.terminals[len(r.terminals)] = t
    assert t.expect("Router#") == "", "something stands in front of the first prompt"
    return t


def lines_show_once_and_without_escapes(r):
    t = opened(r)
    for line in ("show privilege", "  show   privilege", "show privilege\t"[:-1]):
        t.type(line + "\r")
        assert t.expect("Router#") == line + "\r\nCurrent privilege level is 15\r\n"
    t.type("\r")
    assert t.expect("Router#") == "\r\n"
    t.type("! a remark\r")
    assert t.expect("Router#") == "! a remark\r\n"


def line_ends_and_noise(r):
    t = opened(r)
    for end in ("\r", "\n", "\r\n", "\r\0"):
        t.type("show privilege" + end)
        assert t.expect("Router#") == "show privilege\r\nCurrent privilege level is 15\r\n", repr(end)
    t.type("\0\0show\0 privilege\x1e\r")
    assert t.expect("Router#") == "show privilege\r\nCurrent privilege level is 15\r\n"
    t.type("\x04\x04show privilege\r")  # Ctrl-D on an empty line is nothing
    assert t.expect("Router#") == "show privilege\r\nCurrent privilege level is 15\r\n"


def help_comes_at_once_and_keeps_the_line(r):
    t = opened(r)
    t.type("show cl?")
    assert t.expect("Router#show cl") == "show cl?\r\nclock  \r\n\r\n"
    t.type("ock ?")
    assert t.expect("Router#show clock ") == "ock ?\r\n  detail  Display detailed information\r\n" \
        "  |       Output modifiers\r\n  <cr>\r\n"
    t.type("\r")
    assert t.expect("Router#").startswith("\r\n*")
    t.type("show version\x01?\x03")  # at the start of the line: what may stand there
    assert "\r\nExec commands:\r\n" in t.expect("^C\r\nRouter#")
    t.type("\x16?\r")  # quoted, it is a character
    assert t.expect("\r\nRouter#").startswith("?\r\n")


def tab_reprints_the_line(r):
    t = opened(r)
    t.type("sh\t")
    assert t.expect("Router#show ") == "sh\r\n"
    t.type("priv\t")
    assert t.expect("Router#show privilege ") == "priv\r\n"
    t.type("\r")
    assert t.expect("Router#") == "\r\nCurrent privilege level is 15\r\n"
    t.type("xyz\t")
    assert t.expect("Router#xyz") == "xyz\r\n"
    t.type("\x15show privilege\r")
    t.expect("Current privilege level is 15\r\nRouter#")


def ctrl_z_and_ctrl_c(r):
    t = opened(r)
    t.run("configure terminal", "Router(config)#")
    t.type("hostname R9\x1a")
    assert t.expect("R9#") == "hostname R9^Z\r\n"
    t.run("configure terminal", "R9(config)#")
    t.type("hostname Dropped\x03")
    assert t.expect("R9#") == "hostname Dropped^C\r\n"
    t.type("half a line\x03")
    assert t.expect("R9#") == "half a line^C\r\n"
    t.type("\x1a")
    t.run("show privilege", "R9#")


def history_by_mode(r):
    t = opened(r)
    t.run("show privilege")
    t.run("show clock")
    t.run("configure terminal", "Router(config)#")
    t.run("hostname Router", "Router(config)#")
    t.type("\x10")
    t.expect("hostname Router")
    t.type("\r")
    t.expect("Router(config)#")
    t.type("\x1a")
    t.expect("Router#")
    t.type("\x10\x10\x10\r")
    assert t.expect("\r\nRouter#").endswith("\r\nCurrent privilege level is 15")
    t.type("\x1b[A\r")  # the cursor key
    assert t.expect("\r\nRouter#").endswith("\r\nCurrent privilege level is 15")


def editing_keys(r):
    t = opened(r)
    for keys in ("show privilegee\x7f", "xshow privilege\x01\x04", "hsow privilege\x01\x06\x14", "show clock\x17privilege",
                 "privilege\x01show ", "show privilege of all\x02\x02\x02\x02\x02\x02\x02\x0b", "nonsense\x15show privilege",
                 "nonsense\x18show privilege", "show privi\x0clege", "show privi\x12lege"):
        t.type(keys + "\r")
        assert t.expect("\r\nRouter#").endswith("\r\nCurrent privilege level is 15"), repr(keys)


def every_key_of_the_table(r):
    """What each key makes of a line: `show privilege` comes out, or the command says otherwise."""
    t = opened(r)
    for keys in ("how privilege\x01s", "show privilegX\x1b[D\x04e", "show privileg\x1b[D\x1b[De\x05\x1b[D\x7f\x04g\x05e",  # A E D, cursor keys
                 "show rivilege\x01\x06\x06\x06\x06\x06p", "show privilege\x1bOD\x1bOC",                                # F
                 "show privilege of\x1bb\x02\x0b", "privilege show \x17\x01\x19\x05\x17\x17show privilege",           # B K W
                 "show of privilege\x01\x1bf\x1bd", "show of privilege\x01\x1bF\x1bD",                                 # Esc F, Esc D
                 "show privilege nonsense\x1bB\x1b[D\x0b", "SHOW PRIVILEGE\x01\x1bl\x1bL", "show privilege\x01\x1bu\x1bU",
                 "show privilege\x01\x1bc\x1bC", "privilege\x15show \x19", "privilege\x18show \x19", "show privilegx\x08e",
                 "show privilege\x01\x0b\x19",
                 "show rpivilege\x01\x06\x06\x06\x06\x06\x06\x14", "show privilege\x0f\x1d\x1f\x07"):
        t.type(keys + "\r")
        got = t.expect("\r\nRouter#")
        assert got.endswith("\r\nCurrent privilege level is 15"), (keys, got)
    for again in ("\x1by", "\x1bY"):  # the buffer goes round
        for keys, shows in (("show privilege", "show privilege"), ("\x15", "Router#"), ("xx", "xx"), ("\x15", "\b\b")):
            t.type(keys)
            t.expect(shows)
        t.type("\x19" + again + "\r")
        assert t.expect("\r\nRouter#").endswith("\r\nCurrent privilege level is 15")
    t.run("show clock")
    t.type("\x1b<")  # the first line of all
    t.expect("show privilege")
    t.type("\x1b>\x15")  # and the one that was being typed
    t.type("\x10\x10\x0e\x10\r")
    assert t.expect("\r\nRouter#").endswith("\r\nCurrent privilege level is 15")
    for quote in ("\x16", "\x1bq", "\x1bQ"):
        t.type("! " + quote + "?" + quote + "\x01\r")
        assert t.expect("\r\nRouter#").startswith("! ?")


def keys_without_editing(r):
    t = opened(r)
    t.run("terminal no editing")
    assert "\r\nEditing is disabled.\r\n" in t.run("show terminal")
    t.type("show privilege\x01x\r")  # Ctrl-A is no key now
    assert "% Invalid input" in t.expect("\r\nRouter#")
    t.type("nonsense\x15show privilegx\x7fe\r")
    assert t.expect("\r\nRouter#").endswith("\r\nCurrent privilege level is 15")
    t.type("show cl?")
    t.expect("Router#show cl")
    t.type("\x15terminal editing\r")
    t.expect("Router#")
    t.type("how privilege\x01s\r")
    assert t.expect("\r\nRouter#").endswith("\r\nCurrent privilege level is 15")


def history_has_its_size(r):
    t = opened(r)
    t.run("terminal history size 2")
    for line in ("show privilege", "! one", "! two"):
        t.run(line)
    assert t.run("show history") == "\r\n  ! two\r\n  show history"
    t.type("\x10\x10\x10\x10\r")
    got = t.expect("\r\nRouter#")
    assert "! two" in got and "! one" not in got and "privilege" not in got, got
    t.run("terminal no history")
    t.run("show privilege")
    t.type("\x10! nothing before\r")
    assert t.expect("\r\nRouter#") == "! nothing before"
    assert "\r\nHistory is disabled.\r\n" in t.run("show terminal")


def lines_of_the_configuration_shape_a_terminal(r):
    t = opened(r)
    t.run("configure terminal", "Router(config)#")
    t.run("line vty 0 4", "Router(config-line)#")
    for line in ("length 7", "width 132", "history size 3", "no editing", "full-help", "logging synchronous level all limit 20"):
        t.run(line, "Router(config-line)#")
    t.run("end")
    u = opened(r)
    got = u.run("show terminal | include ^Len|^Edit|^Hist|^Full")
    assert got == "\r\nLength: 7 lines, Width: 132 columns\r\nEditing is disabled.\r\n" \
        "History is enabled, history size is 3.\r\nFull user help is enabled", got
    u.run("disable", "Router>")
    u.type("configure ?")
    u.expect("Router>configure ")
    u.type("\x03")
    u.expect("Router>")
    u.run("terminal no full-help", "Router>")
    u.type("configure ?")
    assert "% Unrecognized command" in u.expect("Router>configure ")
    u.type("\x03")
    u.expect("Router>")


def no_shell_on_the_line(r):
    t = opened(r)
    t.run("configure terminal", "Router(config)#")
    t.run("line vty 1 4", "Router(config-line)#")
    t.run("no exec", "Router(config-line)#")
    u = Screen(r)
    assert os.waitstatus_to_exitcode(os.waitpid(u.pid, 0)[1]) == 0
    os.close(u.fd)
    t.run("exec", "Router(config-line)#")
    opened(r)


def expressions_at_more(r):
    t = opened(r, rows=6)
    t.run("configure terminal", "Router(config)#")
    for i in range(30):
        t.run("ip route 10.0.%d.0 255.255.255.0 192.0.2.%d" % (i, 1 + i % 2), "Router(config)#")
    t.run("end")
    show = "show running-config | include ip route\r"
    found = ["ip route 10.0.%d.0 255.255.255.0 192.0.2.%d\r\n" % (i, 1 + i % 2) for i in range(30)]
    t.type(show)
    t.expect(" --More-- ")
    t.type("/10_20\r")  # a character that matches nothing: all is skipped
    assert t.expect("Router#") == ERASE_MORE + "/10_20\r\nfiltering...\r\n"
    t.type(show)
    t.expect(" --More-- ")
    t.type("/\\.20\\.\r")
    assert t.expect(" --More-- ") == ERASE_MORE + "/\\.20\\.\r\nfiltering...\r\n" + "".join(found[20:25])
    t.type("+2$\r")
    assert t.expect("Router#") == ERASE_MORE + "+2$\r\nfiltering...\r\n" + "".join(found[25:30:2])
    t.type(show)
    t.expect(" --More-- ")
    t.type("-1$\r")
    page = t.expect(" --More-- ")
    assert page == ERASE_MORE + "-1$\r\nfiltering...\r\n" + "".join(found[5:15:2]), page
    t.type(" ")  # the filter stays
    assert t.expect(" --More-- ") == ERASE_MORE + "".join(found[15:25:2])
    t.type("/x\x7f\x7f")  # all of it rubbed out
    assert t.expect(" --More-- ") == ERASE_MORE + "/x" + "\b \b" * 2
    t.type("+ab\x15c\x03")  # thought better of
    assert t.expect(" --More-- ").startswith(ERASE_MORE + "+ab")
    t.type("/a(\r")
    assert t.expect(" --More-- ") == ERASE_MORE + "/a(\r\n% Invalid regular expression\r\n"
    t.type("\x1e")
    assert t.expect("Router#") == ERASE_MORE
    t.run("show privilege")


def paging(r):
    t = opened(r, rows=10)
    t.run("configure terminal", "Router(config)#")
    for i in range(40):
        t.run("ip route 10.0.%d.0 255.255.255.0 192.0.2.1" % i, "Router(config)#")
    t.run("end")
    t.type("show running-config | include ip route\r")
    assert t.expect(" --More-- ").count("ip route 10") == 9
    t.type(" ")
    page = t.expect(" --More-- ")
    assert page.startswith(ERASE_MORE + "ip route 10.0.9.0") and page.count("ip route") == 9, page
    t.type("\r")
    assert t.expect(" --More-- ") == ERASE_MORE + "ip route 10.0.18.0 255.255.255.0 192.0.2.1\r\n"
    t.type("q")
    assert t.expect("Router#") == ERASE_MORE
    t.run("show privilege")
    t.run("terminal length 0")
    assert t.run("show running-config").count("ip route 10") == 40
    t.run("terminal length 24")
    t.type("show running-config | include ip route\r")
    assert t.expect(" --More-- ").count("ip route 10") == 23
    t.type(" ")
    assert t.expect("Router#").count("ip route 10") == 17
    fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 100, 0, 0))
    t.type("show running-config | include ip route\r")
    assert t.expect(" --More-- ").count("ip route 10") == 23  # what was set by hand stands
    t.type("q")
    t.expect("Router#")


def help_is_paged_too(r):
    t = opened(r, rows=6)
    t.type("?")
    assert t.expect(" --More-- ").count("\r\n") == 6
    t.type("q")
    t.expect("Router#")
    t.run("show privilege")


def log_lines_leave_the_line_alone(r):
    t, other = opened(r), opened(r)
    t.run("terminal monitor")
    t.type("show priv")
    t.expect("show priv")
    other.run("configure terminal", "Router(config)#")
    other.type("end\r")
    got = t.expect("\r\nRouter#show priv")
    assert got.startswith("\r\n*") and ": %SYS-5-CONFIG_I: Configured from console by " in got and got.endswith(" on vty1"), got
    t.type("ilege\r")
    assert t.expect("Router#") == "ilege\r\nCurrent privilege level is 15\r\n"
    t.run("configure terminal", "Router(config)#")
    t.type("end\r")
    got = t.expect("\r\nRouter#")  # the prompt
    if "CONFIG_I" not in got:      # and behind it the line, and the prompt again
        got += t.expect("\r\nRouter#")
    assert got.count("%SYS-5-CONFIG_I") == 1, got


def type_ahead_is_neither_lost_nor_shown_twice(r):
    t = opened(r, columns=511)
    n = 400
    t.type("configure terminal\r" + "".join("ip route 10.1.%d.%d 255.255.255.255 192.0.2.1\r" % (i // 256, i % 256) for i in range(n)) +
           "end\rshow running-config | count ^ip route\r")
    got = t.expect("Number of lines which match regexp = %d\r\nRouter#" % n)
    want = "configure terminal\r\nEnter configuration commands, one per line.  End with CNTL/Z.\r\n" + \
        "".join("Router(config)#ip route 10.1.%d.%d 255.255.255.255 192.0.2.1\r\n" % (i // 256, i % 256) for i in range(n)) + \
        "Router(config)#end\r\nRouter#show running-config | count ^ip route\r\n"
    assert got == want


def long_lines_are_not_folded(r):
    t = opened(r, columns=80)
    line = "! " + "x" * 300
    for width in ("0", "511"):
        t.run("terminal width " + width)
        t.type(line + "\r")
        assert t.expect("Router#") == line + "\r\n"


def utf8_passes(r):
    t = opened(r)
    t.run("configure terminal", "Router(config)#")
    t.run("interface Tunnel0", "Router(config-if)#")
    t.type("description Zürich–Köln\r")
    assert t.expect("Router(config-if)#") == "description Zürich–Köln\r\n"
    t.type("end\r")
    t.expect("Router#")
    assert t.run("show running-config | include descr") == "\r\n description Zürich–Köln"


def questions(r):
    t = opened(r)
    t.type("copy running-config startup-config\r")
    assert t.expect("Destination filename [startup-config]? ") == "copy running-config startup-config\r\n"
    t.type("\r")
    assert t.expect("Router#") == "\r\nBuilding configuration...\r\n[OK]\r\n"
    t.type("write erase\r")
    t.expect("[confirm]")
    t.type("n")
    assert t.expect("Router#") == "n\r\n"
    assert os.path.exists(r.startup)
    t.type("write erase\r")
    t.expect("[confirm]")
    t.type("\r")
    assert t.expect("Router#") == "\r\n[OK]\r\nErase of nvram: complete\r\n"


def the_end_of_the_router_is_told(r):
    t = opened(r)
    before = termios.tcgetattr(t.fd)
    r.process.kill()
    r.process.wait()
    r.process = None
    t.type("")
    t.expect("spokesh: the connection to the router was lost\r\n")
    pid, status = os.waitpid(t.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 2
    assert not before[3] & termios.ICANON and termios.tcgetattr(t.fd)[3] & termios.ICANON  # the terminal is as it was
    os.close(t.fd)
    r.terminals.clear()


def hanging_up_ends_whatever_it_waits_for(r):
    """Without a signal: the terminal is not its controlling one. At --More--, and while a command goes on."""
    r.start()
    for line, sign in ((b"?", b" --More-- "), (b"ping 127.0.0.1 repeat 100000000\r", b"!!!")):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 80, 0, 0))
        p = subprocess.Popen([r.build + "/spokesh", "--socket", r.socket], stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        os.write(master, line)
        seen = b""
        while sign not in seen:
            assert select.select([master], [], [], BOUND)[0], seen
            seen += os.read(master, 65536)
        os.close(master)
        p.wait(BOUND)


def exit_ends_with_status_0(r):
    t = opened(r)
    t.type("exit\r")
    t.expect("exit\r\n")
    assert os.waitstatus_to_exitcode(os.waitpid(t.pid, 0)[1]) == 0
    os.close(t.fd)
    r.terminals.clear()


TESTS = [lines_show_once_and_without_escapes, line_ends_and_noise, help_comes_at_once_and_keeps_the_line, tab_reprints_the_line,
         ctrl_z_and_ctrl_c, history_by_mode, editing_keys, every_key_of_the_table, keys_without_editing,
         history_has_its_size, lines_of_the_configuration_shape_a_terminal, no_shell_on_the_line, expressions_at_more, paging, help_is_paged_too, log_lines_leave_the_line_alone,
         type_ahead_is_neither_lost_nor_shown_twice, long_lines_are_not_folded, utf8_passes, questions,
         the_end_of_the_router_is_told, exit_ends_with_status_0, hanging_up_ends_whatever_it_waits_for]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, os.path.abspath(sys.argv[1])))
