# SPDX-License-Identifier: GPL-3.0-or-later
# ask.py SERVER NAME: asks for the address of a name and prints it, or "-" where there is none; fails when nobody answers.
# ask.py SERVER NAME COUNT PAUSE: so many times, with a pause between; prints how many were answered.
import socket
import struct
import sys
import time


def question(number, name):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


def skip_name(data, at):
    while data[at] and data[at] < 0xC0:
        at += 1 + data[at]
    return at + (2 if data[at] else 1)


def address(data):
    answers = struct.unpack(">6H", data[:12])[3]
    at = skip_name(data, 12) + 4
    for _ in range(answers):
        at = skip_name(data, at)
        kind, _, _, size = struct.unpack(">2HIH", data[at:at + 10])
        if kind == 1:
            return socket.inet_ntoa(data[at + 10:at + 14])
        at += 10 + size
    return "-"


def ask(server, name, number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.connect((server, 53))
        try:
            s.send(question(number, name))
            while True:
                data = s.recv(2000)
                if data[:2] == struct.pack(">H", number):
                    return address(data)
        except OSError:
            return None


def main():
    server, name = sys.argv[1:3]
    if len(sys.argv) == 3:
        found = ask(server, name, 4711)
        print(found or "no answer")
        return 0 if found else 1
    answered = 0
    for i in range(int(sys.argv[3])):
        answered += ask(server, "n%d.%s" % (i, name), i + 1) is not None
        time.sleep(float(sys.argv[4]))
    print(answered)
    return 0


sys.exit(main())
