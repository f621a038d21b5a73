"""LibreOffice, run headless: the workbook is converted to .xlsx and the result is read.

Three things stand between a conversion and a recalculation:

- LibreOffice hands back the cached values of a file that looks as if Excel had made it. The
  profile that is used here tells it to recalculate always.
- It keeps one process for each profile, and a second call is handed over to the first. The
  profile used here is private to this Python process, and a lock lets one run use it at a time.
- It returns 0 even if it could not load the file. Only the file that it writes says that it did.

The profile also fixes the language (so that 1.5 joined to a text is "1.5" everywhere). A workbook
may come from anywhere, so it forbids macros and leaves links to other files alone. That is not
enough: LibreOffice 7.4 fetches a linked picture whatever its setting for links is. So the profile
also names a proxy that is not there, port 9 of this very computer, and nothing gets out.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsim.engines.base import DEFAULT_TIMEOUT, Facts, require_recalculated
from sheetsim.engines.child_process import run
from sheetsim.errors import EngineError, EngineMissingError, WorkbookError
from sheetsim.files import replace_file
from sheetsim.formula.functions import Elsewhere
from sheetsim.workbook.read.all_cells import read_cells
from sheetsim.workbook.read.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.engines.base import Values

VARIABLE = "SHEETSIM_SOFFICE"
"""The environment variable that names the program, for those who keep several."""

_USUAL_PLACES = (
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.com",
    "C:/Program Files (x86)/LibreOffice/program/soffice.com",
)

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
<prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings">
<prop oor:name="ooInetProxyType" oor:op="fuse"><value>2</value></prop>
<prop oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop>
<prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop>
<prop oor:name="ooInetHTTPSProxyName" oor:op="fuse"><value>127.0.0.1</value></prop>
<prop oor:name="ooInetHTTPSProxyPort" oor:op="fuse"><value>9</value></prop>
<prop oor:name="ooInetFTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop>
<prop oor:name="ooInetFTPProxyPort" oor:op="fuse"><value>9</value></prop>
<prop oor:name="ooInetNoProxy" oor:op="fuse"><value></value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooLocale" oor:op="fuse"><value>en-US</value></prop>
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>en-US</value></prop></item>
</oor:items>
"""

_FLAGS = ("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo")


class LibreOffice:
    """The engine; see `base.Engine`."""

    name = "libreoffice"
    facts = Facts(
        "LibreOffice",
        otherwise=frozenset(
            {
                Elsewhere.BLANK_IN_PAIR,
                Elsewhere.BLANK_IN_MATRIX,
                Elsewhere.ROOT_OF_NEGATIVE,
                Elsewhere.NOT_KNOWN,
                Elsewhere.ARRAY_OF_CELLS,
                Elsewhere.EMPTY_TEXT,
            }
        ),
    )

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._profile: Path | None = None
        self._owner = 0  # the process that made the profile; a fork must make its own

    def version(self) -> str:
        """Return LibreOffice's version; see `base.Engine`."""
        program = _program()
        answer = run([str(program), "--version"], timeout=60)
        words = answer.split()
        if len(words) < 2 or words[0] != "LibreOffice":
            raise EngineError(f"{program}: does not say that it is LibreOffice but {answer[:80]!r}")
        return words[1]

    def recalculate(self, path: str | Path, *, timeout: float = DEFAULT_TIMEOUT) -> Values:
        """Compute every formula of a workbook; see `base.Engine`."""
        return self.recalculate_all([path], timeout=timeout)[0]

    def recalculate_all(
        self, paths: Sequence[str | Path], *, timeout: float = DEFAULT_TIMEOUT
    ) -> list[Values]:
        """Compute several workbooks one after the other, for which LibreOffice starts but once.

        Args:
            paths: the files, at least one.
            timeout: how many seconds all of them may take.

        Returns:
            Of each file what `base.Engine.recalculate` returns.

        Raises:
            WorkbookError: a file is not a workbook.
            EngineError: as `base.Engine.recalculate`.
        """
        with tempfile.TemporaryDirectory(prefix="sheetsim-") as folder:
            to = "xlsx:Calc MS Excel 2007 XML"
            outputs = self._convert(paths, Path(folder), to, timeout)
            return [_read(path, output) for path, output in zip(paths, outputs, strict=True)]

    def convert_to_pdf(
        self, path: str | Path, out_dir: str | Path, *, timeout: float = DEFAULT_TIMEOUT
    ) -> Path:
        """Print a workbook, recalculated, to a PDF of the same name.

        Args:
            path: the workbook.
            out_dir: an existing folder.
            timeout: how many seconds it may take.

        Returns:
            The path of the PDF.

        Raises:
            WorkbookError: the file is not a workbook.
            EngineError: LibreOffice is missing, took too long or died.
            OutputError: the PDF cannot be written.
        """
        target = Path(out_dir) / f"{Path(path).stem}.pdf"
        with tempfile.TemporaryDirectory(prefix="sheetsim-") as folder:
            (output,) = self._convert([path], Path(folder), "pdf:calc_pdf_Export", timeout)
            with replace_file(target) as temporary:
                shutil.copyfile(output, temporary)
        return target

    def _convert(
        self, paths: Sequence[str | Path], folder: Path, to: str, timeout: float
    ) -> list[Path]:
        """Convert copies of the workbooks within `folder`; return the files that were written."""
        program = _program()
        sources = []
        for number, path in enumerate(paths):
            Archive(path).close()  # so that a bad file is not taken for a bad LibreOffice
            # A copy under a plain name: LibreOffice locks the folder of what it opens, and takes a
            # name that starts with "-" for an option.
            sources.append(folder / f"book{number or ''}{Path(path).suffix or '.xlsx'}")
            shutil.copyfile(path, sources[-1])
        out = folder / "out"
        with self._lock:
            profile = self._ready_profile()
            command = [str(program), f"-env:UserInstallation={profile.as_uri()}", *_FLAGS]
            command += ["--convert-to", to, "--outdir", str(out), *map(str, sources)]
            try:
                said = run(command, timeout=timeout)
            except BaseException:
                self._drop_profile()  # a killed process leaves locks and half-written files in it
                raise
        outputs = [out / f"{source.stem}.{to.partition(':')[0]}" for source in sources]
        for path, output in zip(paths, outputs, strict=True):
            if not output.is_file():
                said = said or "nothing"
                raise EngineError(f"{path}: LibreOffice wrote no file; it said: {said}")
        return outputs

    def _ready_profile(self) -> Path:
        """Return the private profile, made at the first call: that costs LibreOffice a second."""
        if self._profile is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._profile = Path(tempfile.mkdtemp(prefix="sheetsim-profile-"))
            settings = self._profile / "user" / "registrymodifications.xcu"
            settings.parent.mkdir()
            settings.write_text(_PROFILE, encoding="utf-8")
            atexit.register(shutil.rmtree, self._profile, ignore_errors=True)
        return self._profile

    def _drop_profile(self) -> None:
        if self._profile is not None:
            shutil.rmtree(self._profile, ignore_errors=True)
            self._profile = None


ENGINE = LibreOffice()


def _read(path: str | Path, output: Path) -> Values:
    """What stands in the file that LibreOffice wrote for a workbook."""
    try:
        cells = read_cells(output)
    except WorkbookError as error:
        raise EngineError(
            f"{path}: LibreOffice wrote something that is no workbook ({error})"
        ) from error
    values = {
        sheet: {place: cell.value for place, cell in found.items() if cell.value is not None}
        for sheet, found in cells.items()
    }
    return require_recalculated(values, "LibreOffice", path)


def _program() -> Path:
    """Find the program: where the user says, on the PATH, in the usual places."""
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise EngineMissingError(
                f"{VARIABLE} names {named}, which is no program that can be run"
            )
        return Path(found)
    for name in ("soffice", "libreoffice", *_USUAL_PLACES):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    how = "brew install --cask libreoffice" if sys.platform == "darwin" else "libreoffice.org"
    if sys.platform == "linux":
        how = "apt install libreoffice-calc-nogui"
    raise EngineMissingError(f"LibreOffice is missing; get it ({how}), or name it in {VARIABLE}")
