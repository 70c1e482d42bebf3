"""A server of files, on sockets that it inherits: 3 plain, 4 a Unix socket, 5 TLS. Its log: number of the connection, method, path."""

import gzip
import http.server
import itertools
import socket
import ssl
import sys
import threading
import time

numbers = itertools.count(1)


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, fd, tls=None):
        super().__init__(("", 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = socket.socket(fileno=fd)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def get_request(self):
        conn, _ = self.socket.accept()
        return conn, next(numbers)  # instead of the address of the client


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go out together: by themselves, the second waits until the first is acknowledged, 40 ms

    def do_GET(self):
        sys.stdout.write(f"{self.client_address} {self.command} {self.path}\n")
        sys.stdout.flush()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match self.path:
            case "/hello":
                self.reply(b"hello\n")
            case "/connection":
                self.reply(str(self.client_address).encode())
            case "/echo":
                self.reply(body)
            case "/chunked":
                self.head({"Transfer-Encoding": "chunked"})
                for chunk in [b"6\r\nhello\n\r\n"] * 3 + [b"0\r\n\r\n"]:
                    if self.command != "HEAD":
                        self.wfile.write(chunk)
            case "/gzip":
                zipped = "gzip" in self.headers.get("Accept-Encoding", "")
                self.reply(gzip.compress(b"hello\n", mtime=0) if zipped else b"hello\n", {"Content-Encoding": "gzip"} if zipped else {})
            case "/close":
                self.close_connection = True
                self.reply(b"hello\n", {"Connection": "close"})
            case "/old":  # as many servers are by default: HTTP/1.0, and the body ends with the connection
                self.protocol_version = "HTTP/1.0"
                self.close_connection = True
                self.head({})
                self.wfile.write(b"hello\n")
            case "/slow":  # byte by byte
                self.head({"Content-Length": "6"})
                for byte in b"hello\n":
                    time.sleep(0.001)
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
            case "/204":
                self.head({}, 204)
            case "/304":
                self.head({"Content-Length": "6"}, 304)
            case _:
                try:
                    with open(self.path[1:], "rb") as file:
                        self.reply(file.read())
                except FileNotFoundError:
                    self.reply(b"no such file\n", status=404)

    do_HEAD = do_POST = do_GET

    def reply(self, body, headers={}, status=200):
        self.head(headers | {"Content-Length": str(len(body))}, status)
        if self.command != "HEAD":
            self.wfile.write(body)

    def head(self, headers, status=200):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("server.pem", "server.key")
for server in Server(3), Server(4), Server(5, tls):
    threading.Thread(target=server.serve_forever).start()
