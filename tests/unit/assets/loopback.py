"""A server on loopback, and an asset folder of its own for every test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

CONTENT = np.random.default_rng(0).bytes(700_000)


@dataclass
class Server:
    """A loopback server, which can be told to misbehave."""

    content: bytes = CONTENT
    """What it sends for every path that is not among the files."""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    """After how many bytes to break each of the next connections."""
    ranges: bool = True
    """Whether it can send a part."""
    status: int = 200
    refused: dict[str, int] = field(default_factory=dict)
    """Path -> the status that it is answered with."""
    asked: list[str | None] = field(default_factory=list)
    """The Range header of every request."""
    paths: list[str] = field(default_factory=list)
    """The path of every request."""
    port: int = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.asked.append(wanted)
        self.paths.append(handler.path)
        status = self.refused.get(handler.path, self.status)
        if status != 200:
            handler.send_error(status)
            return
        content = self.files.get(handler.path, self.content)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.ranges else 0
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        length = self.cuts.pop(0) if self.cuts else len(content)
        handler.wfile.write(content[start : start + length])
        handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.port = http.server_port
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name an asset folder that does not exist yet."""
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "assets"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "assets"
