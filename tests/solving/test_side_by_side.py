"""Other solvers on the same workbook: textbook optima, planted liars, files solved elsewhere."""

import csv
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from classic_books import product_mix_book
from click.testing import CliRunner
from hock_books import hock_book
from nist_books import FOLDER, nist_book, read_nist

import sheetsim
from sheetsim.cli import main
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.peers import choice
from sheetsim.peers.base import Answer, Claim, Peer, Task
from sheetsim.peers.claims import Verdict
from sheetsim.peers.side_by_side import SideBySide
from sheetsim.solver.endings import Stop

NAMES = ("highs", "ipopt", "scipy-lm", "scipy-slsqp", "scipy-trust-constr", "uno")
NEED = {"ipopt": "casadi", "uno": "unopy"}


def installed(name: str) -> bool:
    return importlib.util.find_spec(NEED.get(name, "scipy")) is not None


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hillier & Lieberman's product mix, whose best is 36."""
    return product_mix_book(tmp_path_factory.mktemp("mix") / "mix.xlsx")


def test_all_peers_are_found() -> None:
    assert tuple(choice.peers()) == NAMES


@pytest.mark.parametrize("name", [name for name in NAMES if name != "scipy-lm"])
def test_each_reaches_the_textbooks_optimum(mix: Path, name: str) -> None:
    if not installed(name):
        pytest.skip(f"{NEED[name]} is not installed")
    ours, theirs = sheetsim.side_by_side(mix, name).rows
    assert ours.objective == pytest.approx(36, rel=1e-9)
    assert (ours.claims, ours.holds) == (Claim.BEST, Verdict.PROVED)
    assert theirs.objective == pytest.approx(36, rel=1e-4)
    assert theirs.evaluations is not None
    assert theirs.claims in (Claim.NEARBY, Claim.BEST)
    if name == "highs":
        assert (theirs.claims, theirs.holds) == (Claim.BEST, Verdict.STANDS)


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no reference data: {FOLDER} is not there")
def test_least_squares_and_a_claim_that_does_not_hold(tmp_path: Path) -> None:
    """From MGH09's far start SLSQP's own tolerance ends it early; NIST's optimum is known."""
    best = read_nist("MGH09").squares
    rows = sheetsim.side_by_side(
        nist_book(tmp_path / "n.xlsx", "MGH09"), ["scipy-lm", "highs"]
    ).rows
    assert [row.solver for row in rows] == ["sheetsim", "scipy-lm", "highs"]
    for row in rows[:2]:
        assert row.objective == pytest.approx(best, rel=1e-9)
        assert row.holds is Verdict.STANDS
    assert rows[2].objective is None
    assert "not linear" in rows[2].message


@dataclass
class Liar(Peer):
    """A peer that says what it is told to."""

    answer: Answer | Stop | Exception
    name = "liar"
    package = module = "numpy"

    def solve(self, task: Task) -> Answer:
        task.point(task.x0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def said(mix: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer | Exception) -> SideBySide:
    monkeypatch.setattr(choice, "peers", lambda: {"liar": Liar(answer)})
    return sheetsim.side_by_side(mix, "liar")


@pytest.mark.parametrize(
    ("x", "claim", "holds"),
    [
        ((2.0, 6.0), Claim.BEST, Verdict.STANDS),
        ((2.0, 6.0), Claim.NEARBY, Verdict.STANDS),
        ((2.0, 5.9), Claim.BEST, Verdict.BEATEN),
        ((2.0, 5.9), Claim.NEARBY, Verdict.NEARBY),
        ((2.1, 6.0), Claim.BEST, Verdict.BROKEN),
        ((9.0, 9.0), Claim.NEARBY, Verdict.BROKEN),
        ((9.0, 9.0), Claim.INFEASIBLE, Verdict.FEASIBLE),
        ((0.0, 0.0), Claim.NOTHING, Verdict.OPEN),
    ],
)
def test_false_claims_are_found_out(
    mix: Path, monkeypatch: pytest.MonkeyPatch, x: tuple[float, float], claim: Claim, holds: Verdict
) -> None:
    row = said(mix, monkeypatch, Answer(np.array(x), claim, "")).rows[1]
    assert row.objective == pytest.approx(3 * x[0] + 5 * x[1])
    assert row.holds is holds


def test_a_peer_that_fails_stops_nobody(mix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = said(mix, monkeypatch, ValueError("no idea")).rows
    assert ours.objective == pytest.approx(36)
    assert theirs.objective is None
    assert theirs.message == "failed: ValueError: no idea"


def test_who_is_not_installed_is_named(mix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for peer in choice.peers().values():
        monkeypatch.setattr(peer, "module", "sheetsim_has_no_such_module")
    rows = sheetsim.side_by_side(mix, "all").rows
    assert [
        row.message for row in rows[1:] if "is not installed: pip install" not in row.message
    ] == []
    assert len(rows) == 1 + len(NAMES)


def test_a_file_that_was_solved_elsewhere_is_a_row(mix: Path, tmp_path: Path) -> None:
    solved = tmp_path / "elsewhere.xlsx"
    sheetsim.solve(mix, out=solved)
    rows = sheetsim.side_by_side(mix, [str(solved), str(mix)]).rows
    assert [row.solver for row in rows] == ["sheetsim", "elsewhere.xlsx", "mix.xlsx"]
    assert rows[1].objective == pytest.approx(36)
    assert rows[2].objective == 0
    assert {row.claims for row in rows[1:]} == {Claim.NOTHING}
    other = nist_book(tmp_path / "other.xlsx", "MGH09") if FOLDER.is_dir() else None
    if other is not None:
        with pytest.raises(WorkbookError, match=r"other\.xlsx: 'Product mix'!C12 holds None"):
            sheetsim.side_by_side(mix, [str(other)])


def test_a_limit_ends_a_peer_at_its_best_point(tmp_path: Path) -> None:
    path = hock_book(tmp_path / "hs071.xlsx", 71)
    (_, theirs) = sheetsim.side_by_side(path, "scipy-trust-constr", max_iterations=2).rows
    assert theirs.claims is Claim.NOTHING
    assert theirs.objective is not None


def test_unknown_names_are_refused(mix: Path) -> None:
    with pytest.raises(OptionError, match="against is 'slsqp'; expected some of all, highs, ipopt"):
        sheetsim.side_by_side(mix, ["slsqp"])


# The command line ---------------------------------------------------------------------------


def test_the_table_and_its_files(mix: Path, tmp_path: Path) -> None:
    out, picture = tmp_path / "t.csv", tmp_path / "t.png"
    one = ["solve", str(mix), "--against", "scipy-slsqp,scipy-lm"]
    shown = CliRunner().invoke(main, [*one, "--out", str(out)])
    assert shown.exit_code == 0, shown.output
    assert "G12, larger is better; 0 at the start" in shown.output
    assert "scipy-lm: takes sums of squares" in shown.output
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["solver"] for row in rows] == ["sheetsim", "scipy-slsqp", "scipy-lm"]
    assert float(rows[1]["objective"]) == pytest.approx(36)
    assert rows[2]["claims"] == ""
    assert CliRunner().invoke(main, [*one, "--out", str(picture)]).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    found = CliRunner().invoke(main, [*one, "--json"])
    data = json.loads(found.stdout)
    assert data["start"] == 0
    assert data["rows"][1]["variables"] == pytest.approx([2, 6])
    assert data["rows"][1]["trace"][-1][1] == pytest.approx(36)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--out", "t.xlsx"], "--out is t.xlsx; expected a name that ends in .csv, .json, .png"),
        (["--sweep", "G9=1:2:2"], "--sweep was given; expected it without --against"),
        (["--report"], "--report was given; expected it without --against"),
        (["--no-copy"], "--no-copy was given; expected it without --against"),
    ],
)
def test_what_does_not_go_with_it(mix: Path, more: list[str], message: str) -> None:
    asked = ["solve", str(mix), "--against", "highs", *more]
    found = CliRunner().invoke(main, asked)
    assert found.exit_code == 2
    assert message in found.output
