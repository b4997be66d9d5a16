"""A small hub of models on this machine: gated, with redirects, ranges and broken transfers."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "hf_test"


class Hub:
    """Serves `files` of repository "ai4bharat/…" to who has the token, and notes what was asked.

    Files whose names are in `large` are redirected to a second host, as the Hub does with weights.
    `breaks` transfers are cut off in the middle; `spoiled` names a file with one byte changed.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.large: set[str] = set()
        self.breaks = 0
        self.spoiled = ""
        self.ranges = True
        self.asked: list[tuple[str, str, str]] = []  # method, path, Range
        self.tokens_elsewhere: list[str] = []
        self.address = self.elsewhere = ""

    def digest(self, name: str) -> str:
        data = self.files[name]
        if name in self.large:
            return hashlib.sha256(data).hexdigest()
        return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The hub at `hub.address`, its store of large files at `hub.elsewhere`."""
    servers = [_Server(hub, elsewhere=elsewhere) for elsewhere in (False, True)]
    hub.address, hub.elsewhere = (f"http://127.0.0.1:{s.server_address[1]}" for s in servers)
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    try:
        for thread in threads:
            thread.start()
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, hub: Hub, *, elsewhere: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub, self.elsewhere = hub, elsewhere


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        hub = self.server.hub
        hub.asked.append((self.command, self.path, self.headers.get("Range") or ""))
        token = self.headers.get("Authorization") or ""
        if self.server.elsewhere:
            hub.tokens_elsewhere.append(token)
        elif token != f"Bearer {TOKEN}":
            self._send(401, b"")
            return
        name = self.path.partition("/resolve/main/")[2] or self.path.rpartition("/")[2]
        if self.path.startswith("/api/"):
            listed = {"siblings": [{"rfilename": file} for file in hub.files]}
            self._send(200, json.dumps(listed).encode())
        elif name not in hub.files:
            self._send(404, b"")
        elif name in hub.large and not self.server.elsewhere:
            data = hub.files[name]
            told = {"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{hub.digest(name)}"'}
            self._send(302, b"", {"Location": f"{hub.elsewhere}/{name}", **told})
        else:
            self._send_file(name, body=body)

    def _send_file(self, name: str, *, body: bool) -> None:
        hub = self.server.hub
        data = hub.files[name]
        if name == hub.spoiled:
            data = bytes([data[0] ^ 1]) + data[1:]
        wanted = self.headers.get("Range") or ""
        begun = int(wanted[6:-1]) if wanted and hub.ranges else 0
        self.send_response(206 if begun else 200)
        self.send_header("ETag", f'"{hub.digest(name)}"')
        self.send_header("Content-Length", str(len(data) - begun))
        self.end_headers()
        if not body:
            return
        rest = data[begun:]
        if hub.breaks and len(rest) > 1:
            hub.breaks -= 1
            rest = rest[: len(rest) // 2]
            self.close_connection = True
        self.wfile.write(rest)

    def _send(self, code: int, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(code)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
