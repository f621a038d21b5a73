"""`verify` on workbooks from strangers: what they refer to is neither fetched nor opened."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from installed import installed
from verify_books import hostile, one_sheet, saved

from sheetsim.engines import libreoffice
from sheetsim.engines.libreoffice import ENGINE as LIBREOFFICE
from sheetsim.engines.libreoffice import LibreOffice
from sheetsim.errors import WorkbookError
from sheetsim.verifying.verify import verify

SECRET = 777.0


class _Listener(BaseHTTPRequestHandler):
    """Answers whatever is asked, and notes it down."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<a>777</a>")

    do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """The address of a server on this computer, and what it was asked for."""
    asked: list[str] = []
    handler = type("Listener", (_Listener,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_nothing_is_fetched_or_opened(tmp_path: Path, web: tuple[str, list[str]]) -> None:
    """Web services, links to other workbooks, DDE, and a picture that LibreOffice would fetch."""
    address, asked = web
    secret = one_sheet(tmp_path / "other.xlsx", f'<row r="1"><c r="A1"><v>{SECRET}</v></c></row>')
    one = verify(hostile(tmp_path / "a.xlsx", address, secret))
    assert asked == []
    assert one.notes == ("it refers to 2 other files; none was opened",)
    assert one.cells >= 1  # 1+1
    assert all(SECRET not in each.values.values() for each in one.differences)
    numpy = one.sources[0]
    assert {"WEBSERVICE", "a link to another file", "a formula that cannot be read"} <= set(
        numpy.reasons
    )


@pytest.mark.skipif(not installed(LIBREOFFICE), reason="LibreOffice is not installed here")
def test_the_proxy_is_what_holds_libreoffice_back(
    tmp_path: Path, web: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above itself: with a profile that names no proxy the picture is asked for."""
    address, asked = web
    secret = one_sheet(tmp_path / "other.xlsx", f'<row r="1"><c r="A1"><v>{SECRET}</v></c></row>')
    path = hostile(tmp_path / "a.xlsx", address, secret)
    values = LibreOffice().recalculate(path)
    assert asked == []
    assert SECRET not in values["one"].values()
    kind = '"ooInetProxyType" oor:op="fuse"><value>'
    assert f"{kind}2" in libreoffice._PROFILE
    open_profile = libreoffice._PROFILE.replace(f"{kind}2", f"{kind}0")
    monkeypatch.setattr(libreoffice, "_PROFILE", open_profile)
    LibreOffice().recalculate(path)
    assert set(asked) == {"/d.png"}


def test_a_circle_is_named_and_the_rest_is_verified(tmp_path: Path) -> None:
    cells = {"A1": ("=B1+1", 1.0), "B1": ("=C1", 1.0), "C1": ("=A1", 1.0), "D1": ("=C1+1", 2.0),
             "E1": ("=1+1", 3.0)}  # fmt: skip
    found = verify(saved(tmp_path / "a.xlsx", cells), engines=["numpy"])
    assert found.sources[0].reasons == {"the circular reference S!A1 -> S!B1 -> S!C1 -> S!A1": 3}
    assert (found.cells, found.agree) == (2, 1)
    assert found.first is not None
    assert found.first.cell == "E1"


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("<row", "not well-formed"),
        ('<row r="1"><c r="A1" t="s"><v>7</v></c></row>', "has no part|is no value"),
        ("<a>" * 100_000 + "</a>" * 100_000, "nests elements 1,000 deep"),
    ],
)
def test_a_bad_sheet_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: str, problem: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an engine was run")

    monkeypatch.setattr(LibreOffice, "recalculate", refuse)
    path = one_sheet(tmp_path / "a.xlsx", rows)
    with pytest.raises(WorkbookError, match=problem) as caught:
        verify(path)
    assert str(caught.value).isprintable()
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_formula_that_cannot_be_read_is_counted_apart(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><f>1+</f><v>7</v></c><c r="B1"><f>A1+1</f><v>8</v></c>'
        '<c r="C1"><f>1+1</f><v>3</v></c></row>'
    )
    one = verify(one_sheet(tmp_path / "a.xlsx", rows), engines=["numpy"])
    assert (one.cells, one.agree, one.unsupported) == (2, 1, 1)
    assert one.sources[0].reasons == {"a formula that cannot be read": 1}
    assert [each.cell for each in one.differences] == ["C1"]


def test_what_is_no_workbook(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(WorkbookError, match="truncated or damaged zip"):
        verify(tmp_path / "a.xlsx")
    with pytest.raises(WorkbookError, match="no such file"):
        verify(tmp_path / "b.xlsx")
