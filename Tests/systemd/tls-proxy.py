#!/usr/bin/python3
# Ends TLS in front of a port of this host: `tls-proxy.py PORT TARGET-PORT CERTIFICATE KEY`. Reads both files for each connection, so
# that a test can replace them. Tells on standard output of each client that did not trust what it was shown.

import socket, ssl, sys, threading

from relay import relay

port, target, certificate, key = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]


def serve(plain):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    try:
        client = context.wrap_socket(plain, server_side=True)
        # With TLS 1.3 the client's verdict comes after the handshake, in place of its first bytes.
        first = client.recv(65536)
        if not first:
            raise ssl.SSLError(0, "closed without a request")
        server = socket.create_connection(("127.0.0.1", target))
        server.sendall(first)
    except OSError as error:
        if isinstance(error, ssl.SSLError):
            print(f"refused: {error.reason or error.args[1]}", flush=True)
        plain.close()
        return
    relay(client, server)
    client.close()
    server.close()


listener = socket.create_server(("0.0.0.0", port), backlog=50)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
