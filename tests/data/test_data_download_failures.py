"""Downloads that do not come, or cannot be written: one line that says what to do."""

import errno
import hashlib
import io
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from children import PATIENCE
from faulty_server import (
    CHILD,
    CONTENT,
    NAME,
    SHA256,
    Server,
    assert_fetched,
    refusal,
    running,
    source,
)

from sheetsim.data import download
from sheetsim.data.download import Source
from sheetsim.errors import OutputError


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with running(Server()) as state:
        yield state


# It does not come --------------------------------------------------------------------------

BY_HAND = "download it yourself from {url} and give its folder with --data DIR"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "404 Not Found"),
        (403, "403 Forbidden"),
        (500, "500 Internal Server Error); try later"),
        (503, "503 Service Unavailable); try later"),
        (429, "429 Too Many Requests); try later"),
    ],
)
def test_server_refuses(server: Server, tmp_path: Path, status: int, words: str) -> None:
    server.status = status
    message = refusal(source(server), tmp_path)
    assert words in message
    assert NAME in message
    assert BY_HAND.format(url=server.url) in message


def test_redirect_to_another_kind_of_address(server: Server, tmp_path: Path) -> None:
    server.status, server.location = 302, "file:///etc/hostname"
    assert "302" in refusal(source(server), tmp_path)


def test_endless_redirect(server: Server, tmp_path: Path) -> None:
    server.status = 301
    assert "301" in refusal(source(server), tmp_path)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/ml.zip"
        message = refusal(Source("ml.zip", url, SHA256), tmp_path)
    assert message.startswith(f"{url}: no network, or the server does not answer")
    assert "refused" in message
    assert f"download it yourself from {url}, unpack it and give its folder" in message


def test_no_such_name(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown(*args: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    message = refusal(source(server), tmp_path)
    assert "no network" in message
    assert "Name or service not known" in message


def test_server_is_slow_to_answer(server: Server, tmp_path: Path) -> None:
    server.pause = PATIENCE
    message = refusal(source(server), tmp_path, timeout=0.2)
    assert "no network" in message
    assert "nothing came for 0.2 s" in message


def test_server_stalls(server: Server, tmp_path: Path) -> None:
    server.cut, server.stall = 5000, PATIENCE
    message = refusal(source(server), tmp_path, timeout=0.3)
    assert "broke off (nothing came for 0.3 s)" in message
    assert (tmp_path / f"{NAME}.part").stat().st_size == 5000


def test_chunks_break_off(server: Server, tmp_path: Path) -> None:
    server.chunked, server.cut = True, 5000
    assert "broke off" in refusal(source(server, None), tmp_path)


def test_no_answer_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            connection, _ = listening.accept()
            connection.recv(100_000)
            connection.sendall(b"what?\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        message = refusal(Source(NAME, url, SHA256), tmp_path)
        thread.join()
    assert "does not answer" in message


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with")
def test_untrusted_certificate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("no_proxy", "*")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=127.0.0.1",
        "-days",
        "1",
    ]
    subprocess.run(
        [*words, "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with running(Server(), context) as server:
        message = refusal(source(server), tmp_path / "cache")
    assert "certificate is not trusted" in message
    assert "self" in message
    assert "clock" in message


def test_wrong_bytes(server: Server, tmp_path: Path) -> None:
    server.content = bytes(len(CONTENT))
    message = refusal(source(server), tmp_path)
    assert SHA256 in message
    assert hashlib.sha256(server.content).hexdigest() in message
    assert BY_HAND.format(url=server.url) in message
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.lock"]


def test_wrong_size_is_refused_unread(server: Server, tmp_path: Path) -> None:
    server.content = b"<html>Welcome to the school's network!</html>"
    message = refusal(source(server), tmp_path)
    assert "offers 45 bytes" in message
    assert "expected 300,000" in message
    assert not (tmp_path / f"{NAME}.part").exists()


def test_more_than_expected(server: Server, tmp_path: Path) -> None:
    server.content, server.length = CONTENT + CONTENT, False
    assert "too much" in refusal(source(server), tmp_path)
    assert (tmp_path / f"{NAME}.part").stat().st_size <= len(CONTENT)
    server.content = CONTENT
    assert_fetched(source(server), tmp_path)


def test_far_too_large(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheetsim.data.download.MAX_BYTES", 1000)
    assert "at most 1,000" in refusal(source(server, None), tmp_path)
    server.length = False
    assert "at most 1,000" in refusal(source(server, None), tmp_path)


# It cannot be written ----------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_disk_full(server: Server, tmp_path: Path) -> None:
    """/dev/full refuses every byte with ENOSPC, as a full disk does."""
    part = tmp_path / f"{NAME}.part"
    part.symlink_to("/dev/full")
    message = refusal(source(server), tmp_path, OutputError)
    assert message.startswith(f"{part}: cannot be written ({os.strerror(errno.ENOSPC)})")
    assert "free some space" in message
    part.unlink()
    assert_fetched(source(server), tmp_path)


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_file_cannot_grow(server: Server, tmp_path: Path) -> None:
    """Writes that succeed in part and then fail: what is kept is what came, and is built on."""
    words = [NAME, server.url, SHA256, str(len(CONTENT)), str(tmp_path)]
    found = subprocess.run(
        [sys.executable, "-c", LIMITED + CHILD, *words], capture_output=True, text=True
    )
    assert "OutputError" in found.stderr
    assert "cannot be written" in found.stderr
    assert (tmp_path / f"{NAME}.part").read_bytes() == CONTENT[:100_000]
    assert_fetched(source(server), tmp_path)
    assert server.asked[1:] == [("bytes=100000-", '"one"')]


class Sip(io.FileIO):
    """A file that takes half of what it is given, as the system may."""

    def write(self, data: Any) -> int:
        return super().write(memoryview(data)[: len(data) // 2 + 1])


def test_writes_in_part(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_prepared", lambda _, part, *__: Sip(part, "w"))
    assert_fetched(source(server), tmp_path)


def test_cache_is_a_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    for folder in (tmp_path / "cache", tmp_path / "cache" / "below"):
        message = refusal(source(server), folder, OutputError)
        assert message.startswith(f"{folder}: cannot be written")
    assert server.asked == []


def test_name_is_taken_by_a_folder(server: Server, tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    message = refusal(source(server), tmp_path, OutputError)
    assert message.startswith(f"{tmp_path / NAME}: cannot be written")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_cache_without_permission(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o500)
    assert "cannot be written" in refusal(source(server), folder, OutputError)


def test_file_system_without_locks(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(handle: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("sheetsim.data._lock._take", no_locks)
    assert_fetched(source(server), tmp_path)
