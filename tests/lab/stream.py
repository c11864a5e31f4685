# SPDX-License-Identifier: GPL-3.0-or-later
"""stream.py receive PORT FILE | send HOST PORT FILE: one TCP stream, bounded in time; the lab's netcat."""
import socket
import sys
import time

BOUND = 15.0


def receive(port, path):
    with socket.create_server(("0.0.0.0", port)) as listener, open(path, "wb") as out:
        listener.settimeout(BOUND)
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(BOUND)
            while data := peer.recv(65536):
                out.write(data)


def send(host, port, path):
    end = time.monotonic() + BOUND
    while True:
        try:
            peer = socket.create_connection((host, port), timeout=BOUND)
            break
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
    with peer, open(path, "rb") as src:
        peer.sendfile(src)


if sys.argv[1] == "receive":
    receive(int(sys.argv[2]), sys.argv[3])
else:
    send(sys.argv[2], int(sys.argv[3]), sys.argv[4])
