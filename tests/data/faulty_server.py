"""A server on 127.0.0.1 that misbehaves to order, and what the tests of downloads share."""

import contextlib
import hashlib
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import PATIENCE, child, wait_until

from sheetsim.data.download import Source, fetch
from sheetsim.errors import DataError, SheetsimError

CONTENT = np.random.default_rng(1).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "class.bin"


@dataclass
class Server:
    """What the server has, how it behaves, and what it was asked."""

    content: bytes = CONTENT
    etag: str = '"one"'
    modified: str = ""
    ranges: bool = True  # whether it answers Range with 206
    if_range: bool = True  # whether it honours If-Range
    shift: int = 0  # how far off the range is that it sends
    cut: int | None = None  # break off after so many bytes of a body
    status: int = 200
    length: bool = True  # whether it says Content-Length
    chunked: bool = False
    location: str = ""
    pause: float = 0.0  # seconds before the answer
    stall: float = 0.0  # seconds at the end of the body, before it breaks off
    slices: int = 1  # in so many pieces
    between: float = 0.0  # seconds between pieces
    hurry: threading.Event = field(default_factory=threading.Event)  # set: it waits no more
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client that left
            self.answer()

    def answer(self) -> None:
        state = self.state
        wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
        state.asked.append((wanted, condition))
        self.close_connection = True
        state.hurry.wait(state.pause)
        if state.status >= 300:
            self.send_response(state.status)
            if state.location:
                self.send_header("Location", state.location)
                state.status = 200
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = state.content
        same = not state.if_range or condition in {state.etag, state.modified}
        if wanted and state.ranges and same:
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) + state.shift
            if start >= len(body):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            body = body[start:]
        else:
            self.send_response(200)
        for name, value in (("ETag", state.etag), ("Last-Modified", state.modified)):
            if value:
                self.send_header(name, value)
        if state.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif state.length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.send_body(body[: state.cut])

    def send_body(self, body: bytes) -> None:
        state = self.state
        step = max(1, -(-len(body) // state.slices))
        for at in range(0, len(body), step):
            piece = body[at : at + step]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if state.chunked else piece)
            self.wfile.flush()
            state.hurry.wait(state.between)
        if state.chunked and state.cut is None:
            self.wfile.write(b"0\r\n\r\n")
        state.hurry.wait(state.stall)


class running:  # noqa: N801 - used as a function
    """A server in a thread, for as long as the `with` block lasts."""

    def __init__(self, state: Server, context: ssl.SSLContext | None = None) -> None:
        handler = type("Bound", (Handler,), {"state": state})
        self.state = state
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.handle_error = lambda *_: None  # type: ignore[method-assign]
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        scheme = "https" if context else "http"
        state.url = f"{scheme}://127.0.0.1:{self.http.server_port}/{NAME}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))

    def __enter__(self) -> Server:
        self.thread.start()
        return self.state

    def __exit__(self, *args: object) -> None:
        self.state.hurry.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def source(server: Server, size: int | None = len(CONTENT)) -> Source:
    return Source(NAME, server.url, SHA256, size)


def refusal(
    wanted: Source, folder: Path, error: type[SheetsimError] = DataError, timeout: float = PATIENCE
) -> str:
    """The message of a failure: one line; nothing stands under the file's name after it."""
    with pytest.raises(error) as caught:
        fetch(wanted, folder=folder, timeout=timeout)
    message = str(caught.value)
    assert message.isprintable()
    assert not (folder / NAME).is_file()
    return message


def assert_fetched(wanted: Source, folder: Path) -> None:
    """It comes, with the right bytes, and leaves nothing else behind but the lock."""
    assert fetch(wanted, folder=folder, timeout=PATIENCE) == folder / NAME
    assert (folder / NAME).read_bytes() == CONTENT
    assert {path.name for path in folder.iterdir()} == {NAME, f"{NAME}.lock"}


CHILD = """
import sys
from sheetsim.data.download import Source, fetch
fetch(Source(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])), folder=sys.argv[5])
"""


def fetching(
    server: Server, folder: Path
) -> contextlib.AbstractContextManager["subprocess.Popen[str]"]:
    """Another process that fetches the file."""
    return child("-c", CHILD, NAME, server.url, SHA256, str(len(CONTENT)), folder)


def wait_for_part(folder: Path) -> None:
    """Until the first bytes of the file are there."""
    part = folder / f"{NAME}.part"
    wait_until(lambda: part.exists() and part.stat().st_size > 0)
