"""`sheetsim build`."""

import functools
from typing import Any

import click

from sheetsim import api
from sheetsim.cli._files import Written, folder_of, make_folder
from sheetsim.cli._options import show_option, workbook_options
from sheetsim.cli._reports import print_report, stage_words
from sheetsim.errors import OptionError
from sheetsim.terminal import one_line, print_json, progress
from sheetsim.topics import home_of
from sheetsim.topics._options import checked
from sheetsim.topics.gradient_descent._outlines import of_others


@click.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-o", "--out", default=".", metavar="DIR", help="folder for the workbooks [.]")
@click.option("--check/--no-check", "checked", default=False, help="check each when it is written")
@show_option
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@workbook_options
def command(
    names: tuple[str, ...], out: str, checked: bool, show: int, as_json: bool, **options: Any
) -> None:
    """Write the lecture's workbooks: all, or those that are named.

    A NAME is that of a workbook or of a topic, which stands in a workbook with the topics that it
    needs. Behind an option stand the workbooks that have it. A file that would change by no more
    than rounding is left as it is: `unchanged`.

    Exits with 0, or with 1 if --check finds cells that differ, with 2 for bad input, with 3 if an
    engine that --check needs is missing, hung or died, with 130 if interrupted.

    \b
    Examples:
      sheetsim build --out workbooks --check
      sheetsim build collab_filter --ratings class.csv --k 4
      sheetsim build collab_filter --ratings class.csv --without "Grade;Remarks"
      sheetsim build gradient_descent --points line.csv --variant textbook
    """
    folder = folder_of(out, "files named as the workbooks")
    wanted = tuple(dict.fromkeys(names)) or api.list_workbooks()
    given = {key: value for key, value in options.items() if value is not None}
    chosen = {name: _options_of(name, given, alone=len(wanted) == 1) for name in wanted}
    unused = set(given).difference(*chosen.values())
    if unused:
        raise OptionError(f"{_dashed(min(unused))} is no option of {', '.join(wanted)}")
    written, reports = Written(), []
    with progress(len(wanted) * (3 if checked else 2)) as bar:
        books = {}
        for name in wanted:  # whatever is wrong with options or data shows before a file is written
            bar(f"{name}: solving")
            books[name] = api.prepare(name, **chosen[name])
            bar(f"{name}: solved", 1)
        make_folder(folder)
        for name, book in books.items():
            bar(f"{name}: writing")
            path = folder / f"{name}.xlsx"
            done = written.add(path, functools.partial(api.write, book, path))
            bar(f"{name}: {done}", 1)
            if not as_json:
                with bar.aside():
                    click.echo(one_line(f"{path}: {done}, with {book.plan['topics']}"))
                    for note in book.notes:
                        click.echo(one_line(note), err=True)
            if checked:
                reports.append(api.check(path, progress=stage_words(bar, name)))
                bar(f"{name}: checked", 1)
                if not as_json:
                    with bar.aside():
                        print_report(reports[-1], show)
    if as_json:
        notes = [note for book in books.values() for note in book.notes]
        found = [report.as_dict() for report in reports]
        print_json({**written.as_dict(), "notes": notes, "reports": found})
    if not all(report.ok for report in reports):
        raise click.exceptions.Exit(1)


def _dashed(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _options_of(name: str, given: dict[str, Any], *, alone: bool) -> dict[str, Any]:
    """Those of the given options that the workbook has; a lone workbook must have all."""
    lesson = home_of(name)
    if lesson.needs:
        raise OptionError(
            f"{name} is built from a trained model: see sheetsim {lesson.name} --help"
        )
    known = {option.name for option in lesson.options}
    for key in given:
        if alone and key not in known:
            own = ", ".join(map(_dashed, sorted(known - of_others(name))))
            raise OptionError(f"{name} has no option {_dashed(key)}; it has {own}")
    chosen = {key: value for key, value in given.items() if key in known}
    checked(lesson.options, chosen, name)  # at once, and not after all that solves is imported
    return chosen
