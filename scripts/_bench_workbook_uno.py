"""LibreOffice's own solvers, driven headless through UNO; the part of `_bench_workbook` for them.

Run by a Python that has `uno` (Debian's python3-uno; LibreOffice's own where it brings one), so it
uses the standard library alone: `python _bench_workbook_uno.py TASK.json SERVICE`. It speaks to
its parent in lines of JSON, as `_bench_workbook_peers` does.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

WAIT = 60.0
"""Seconds that LibreOffice may take to come up."""

FLAGS = ("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo")


def main() -> int:
    """Solve from each start of the task, by the service that is named."""
    task = json.loads(Path(sys.argv[1]).read_text())
    service = sys.argv[2]
    office, context = start_office(task["soffice"], Path(task["folder"]) / "profile")
    manager = context.ServiceManager
    try:
        solver = manager.createInstanceWithContext(service, context)
        if solver is None:
            tell(event="absent", note=f"this LibreOffice has no {service}")
            return 0
        desktop = manager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        for start in task["starts"]:
            solve(desktop, manager.createInstanceWithContext(service, context), task, start)
    finally:
        with contextlib.suppress(Exception):  # it says goodbye by closing the connection
            desktop.terminate()
        office.wait(20)
    return 0


def tell(**event):  # type: ignore[no-untyped-def]
    """Send the parent a line."""
    print(json.dumps(event), flush=True)


def start_office(program, profile):  # type: ignore[no-untyped-def]
    """Start LibreOffice with a profile of its own; return the process and its context."""
    import uno

    pipe = f"sheetsim-bench-{os.getpid()}"
    command = [program, f"-env:UserInstallation={profile.as_uri()}", *FLAGS]
    command.append(f"--accept=pipe,name={pipe};urp;")
    # `import uno` points this variable at the LibreOffice it belongs to; another one dies of it.
    clean = {name: value for name, value in os.environ.items() if name != "URE_BOOTSTRAP"}
    office = subprocess.Popen(command, env=clean, stdout=subprocess.DEVNULL)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", local
    )
    deadline = time.monotonic() + WAIT
    while True:
        try:
            return office, resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:  # NoConnectException, which only exists once connected
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def solve(desktop, solver, task, start):  # type: ignore[no-untyped-def]
    """Load the file, put the start in, and solve, with the options that LibreOffice has."""
    import uno

    hidden = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    hidden.Name, hidden.Value = "Hidden", True
    # A copy of its own: one that was ended leaves a lock behind, and the next would get no book.
    own = Path(task["folder"]) / "book.xlsx"
    shutil.copyfile(task["file"], own)
    began, before = time.perf_counter(), used()
    book = desktop.loadComponentFromURL(own.as_uri(), "_blank", 0, (hidden,))
    loaded = time.perf_counter() - began
    sheet = book.Sheets.getByName(task["sheet"])
    cells = [sheet.getCellByPosition(column, row) for row, column in task["cells"]]
    for cell, value in zip(cells, start, strict=True):
        cell.Value = value
    row, column = task["target"]
    target = sheet.getCellByPosition(column, row)
    tell(event="start", objective=target.Value, seconds=loaded)
    solver.Document = book
    solver.Objective = target.CellAddress
    solver.Variables = tuple(cell.CellAddress for cell in cells)
    solver.Constraints = tuple(bounds(cells, task["bound"]))
    solver.Maximize = False
    names = {one.Name for one in solver.PropertySetInfo.Properties}
    if "EnhancedSolverStatus" in names:
        solver.EnhancedSolverStatus = False  # a window
    solver.solve()
    seconds, cpu = time.perf_counter() - began, used() - before
    note = "" if solver.Success else "says that it found no solution"
    x = list(solver.Solution)
    zeros = bool(x) and not any(x)
    if zeros:
        note = "answers all zeros" + (" and calls it success" if solver.Success else "")
    x = x if len(x) == len(cells) else None
    tell(event="run", seconds=seconds, cpu=cpu if cpu > 0 else None, x=x, note=note)
    book.close(True)


def used():  # type: ignore[no-untyped-def]
    """Processor seconds of the group of processes that this one leads; 0 where there is no /proc.

    In `/proc/PID/stat` the group is the third field behind the name in brackets, and the ticks of
    user and system time are the twelfth and thirteenth.
    """
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):  # it ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == os.getpgrp():
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def bounds(cells, bound):  # type: ignore[no-untyped-def]
    """Every cell between minus a bound and the bound; nothing if it is 0."""
    import uno

    names = ("GREATER_EQUAL", -bound), ("LESS_EQUAL", bound)
    for cell in cells if bound else ():
        for name, limit in names:
            one = uno.createUnoStruct("com.sun.star.sheet.SolverConstraint")
            one.Left, one.Right = cell.CellAddress, limit
            one.Operator = uno.Enum("com.sun.star.sheet.SolverConstraintOperator", name)
            yield one


if __name__ == "__main__":
    sys.exit(main())
