#!/usr/bin/python3
# A site's proxy: `connect-proxy.py ADDRESS PORT HOST=TARGET...` does CONNECT to the hosts that it is told, and to no others. It
# tells each request on standard output.

import os, socket, sys, threading

from relay import relay

address, port = sys.argv[1], int(sys.argv[2])
hosts = dict(pair.split("=") for pair in sys.argv[3:])


def serve(client):
    head = b""
    while b"\r\n\r\n" not in head:
        part = client.recv(65536)
        if not part:
            return
        head += part
    head, rest = head.split(b"\r\n\r\n", 1)
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    os.write(1, f"{method} {target}\n".encode())  # in one piece, whoever else writes
    host, _, target_port = target.rpartition(":")
    if method != "CONNECT" or host not in hosts:
        client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        client.close()
        return
    server = socket.create_connection((hosts[host], int(target_port)))
    client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
    server.sendall(rest)
    relay(client, server)


listener = socket.create_server((address, port), backlog=50)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
