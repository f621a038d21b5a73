"""The project's Markdown files as data: links, headings, code, tables, with their lines.

No full Markdown: what these files use, which is fenced blocks, headings that begin with #, code
in single backticks, links and pictures in one line, and tables with a | at either end.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FRONT, GALLERY, USE, MEASURED = (
    *("README.md", "workbooks/README.md", "sheetsim/README.md", "scripts/README.md"),
)

NEW_FILE = re.compile(r"# a new file: (\S+)\n")
"""The first line of a block of Python that is a file to be added."""

_HEADING = re.compile(r"(#{1,6}) +(.+)")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")


@dataclass(frozen=True)
class Piece:
    """Some text of a page and the line that it stands in."""

    where: str
    text: str
    language: str = ""


@dataclass(frozen=True)
class Page:
    """One Markdown file, or what a test makes up for one.

    Attributes:
        name: its path from the project's folder, with slashes.
        text: all of it.
    """

    name: str
    text: str

    @cached_property
    def lines(self) -> list[tuple[int, str]]:
        """Line numbers and lines outside fenced blocks."""
        inside, kept = False, []
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.startswith("```"):
                inside = not inside
            elif not inside:
                kept.append((number, line))
        return kept

    @cached_property
    def blocks(self) -> list[Piece]:
        """Fenced blocks with their language."""
        found: list[Piece] = []
        opened, held = None, []
        for number, line in enumerate(self.text.splitlines(), 1):
            if not line.startswith("```"):
                held.append(line)
            elif opened is None:
                opened, held = (number + 1, line[3:].strip()), []
            else:
                found.append(Piece(self._at(opened[0]), "\n".join(held) + "\n", opened[1]))
                opened = None
        assert opened is None, f"{self.name}: a fenced block is not closed"
        return found

    @cached_property
    def codes(self) -> list[Piece]:
        """Code in backticks, outside fenced blocks."""
        return [
            Piece(self._at(number), code)
            for number, line in self.lines
            for code in _CODE.findall(line)
        ]

    @cached_property
    def links(self) -> list[Piece]:
        """What links and pictures point at."""
        return [
            Piece(self._at(number), target)
            for number, line in self.lines
            for target in _LINK.findall(_CODE.sub("", line))
        ]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link may have behind its #, as GitHub makes it from the headings."""
        found: dict[str, int] = {}
        anchors = set()
        for _, line in self.lines:
            if match := _HEADING.fullmatch(line):
                plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[2]).lower()
                slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
                times = found[slug] = found.get(slug, -1) + 1
                anchors.add(f"{slug}-{times}" if times else slug)
        return anchors

    @cached_property
    def sections(self) -> dict[str, str]:
        """Heading to the lines below it, down to the next heading of any depth."""
        found: dict[str, str] = {}
        heading = ""
        for _, line in self.lines:
            if match := _HEADING.fullmatch(line):
                heading = match[2]
                assert heading not in found, f"{self.name}: two headings {heading!r}"
                found[heading] = ""
            else:
                found[heading] = found.get(heading, "") + line + "\n"
        return found

    def table(self, heading: str) -> list[list[str]]:
        """The rows of the first table below a heading, without its head."""
        rows: list[list[str]] = []
        for line in self.sections[heading].splitlines():
            if line.startswith("|") and line.endswith("|"):
                rows.append([cell.strip() for cell in line.strip("|").split("|")])
            elif rows:
                break
        assert len(rows) > 2, f"{self.name}: no table below {heading!r}"
        return rows[2:]

    def _at(self, line: int) -> str:
        return f"{self.name}:{line}"


def pages() -> list[Page]:
    """Every Markdown file of the project."""
    found = []
    for path in sorted(ROOT.rglob("*.md")):
        parts = path.relative_to(ROOT).parts
        if not any(part.startswith(".") or part in {"build", "dist"} for part in parts):
            found.append(page("/".join(parts)))
    return found


def page(name: str) -> Page:
    """One of them."""
    return Page(name, (ROOT / name).read_text(encoding="utf-8"))
