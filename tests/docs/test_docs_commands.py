"""Every command line of the Markdown files names commands, options and scripts that exist.

A line of a shell block is parsed by click itself, values and all, without being run; of code in a
sentence the command and the options are held against the same tree, since it may be a fragment.
"""

import re
import shlex
import tomllib

import click
import pytest
from docs_pages import MEASURED, ROOT, Page, page, pages

from sheetsim.cli import COMMANDS, FOR_A_TOPIC, main
from sheetsim.errors import SheetsimError

PAGES = pages()
SHELL = {"sh", "bash", "shell", "console"}
EXTRA = re.compile(r"pip install -e \"?\.\[(\w+)\]\"?")
OPTION = re.compile(r"--[a-z][a-z_-]*|-[a-zA-Z]\b")


def context() -> click.Context:
    """That of `sheetsim` itself."""
    return click.Context(main, info_name="sheetsim", **main.context_settings)


def extras() -> set[str]:
    """What may stand in the brackets behind the package's name."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return set(tomllib.load(file)["project"]["optional-dependencies"])


def lines_of(shell: str) -> list[list[str]]:
    """The words of each command line, without comments; a \\ at the end goes on in the next."""
    joined = shell.replace("\\\n", " ")
    return [words for line in joined.splitlines() if (words := shlex.split(line, comments=True))]


def wrong_in(words: list[str], *, whole: bool) -> str:
    """What is wrong with a command line; "" if nothing is.

    Args:
        words: the command line.
        whole: it is all of a command, values included, and no fragment.
    """
    line = " ".join(words)
    name = words[0].removeprefix(".venv/bin/")
    if name == "python" and words[1:3] == ["-m", "sheetsim"]:
        return wrong_arguments(words[3:], whole=whole)
    if name == "sheetsim":
        return wrong_arguments(words[1:], whole=whole)
    if name == "python" and words[1:3] == ["-m", "pytest"]:
        return "" if (ROOT / words[3]).is_dir() else f"there is no {words[3]}"
    if name == "python" and len(words) > 1:
        name = words[1]
    if name.startswith("scripts/"):
        return wrong_script(name, words)
    if name == "pip":
        match = EXTRA.search(line)
        if words[1:] == ["install", "."]:
            return ""
        return "" if match and match[1] in extras() else f"no such extra: {line}"
    return "" if words == [".", ".venv/bin/activate"] else f"nobody checks this: {line}"


def wrong_script(name: str, words: list[str]) -> str:
    """A script that is not there, or an option that its text does not have."""
    if not (ROOT / name).is_file():
        return f"there is no {name}"
    text = (ROOT / name).read_text(encoding="utf-8")
    unknown = [option for option in sorted(named(words)) if option not in text]
    return f"{name} has no {', '.join(unknown)}" if unknown else ""


def wrong_arguments(args: list[str], *, whole: bool) -> str:
    """What is wrong with arguments of `sheetsim`."""
    ctx = context()
    if not args or args[0].startswith("-"):
        return unknown_options(args, main)
    try:
        name, command, rest = main.resolve_command(ctx, list(args))
        assert command is not None
        if whole:
            command.make_context(name, rest, parent=ctx)
            return ""
        return unknown_options(args, command)
    except click.exceptions.Exit:  # --help
        return ""
    except click.ClickException as error:
        return f"sheetsim {' '.join(args)}: {error.format_message()}"
    except SheetsimError as error:
        return f"sheetsim {' '.join(args)}: {error}"


def options_of(command: click.Command) -> set[str]:
    """All spellings of all options of a command."""
    params = command.get_params(click.Context(command, **main.context_settings))
    return {
        spelling
        for option in params
        if isinstance(option, click.Option)
        for spelling in [*option.opts, *option.secondary_opts]
    }


def unknown_options(words: list[str], command: click.Command) -> str:
    """Options that a command does not have."""
    unknown = named(words) - options_of(command)
    return f"{command.name} has no {', '.join(sorted(unknown))}" if unknown else ""


def named(words: list[str]) -> set[str]:
    """The options that a command line or a fragment names."""
    return {word.partition("=")[0] for word in words if OPTION.fullmatch(word.partition("=")[0])}


def every_command() -> list[click.Command]:
    found = [main.get_command(context(), name) for name in (*COMMANDS, FOR_A_TOPIC)]
    return [command for command in found if command is not None]


def wrong_commands(page: Page) -> list[str]:
    """What is wrong with the command lines of a page, in blocks and in sentences."""
    wrong = []
    for block in page.blocks:
        if block.language in SHELL:
            found = [wrong_in(words, whole=True) for words in lines_of(block.text)]
            wrong += [f"{block.where}: {why}" for why in found if why]
        else:
            assert block.language == "python", f"{block.where}: expected sh or python"
    for code in page.codes:
        if re.match(r"(sheetsim|python -m sheetsim|scripts/\w+|pip)\b(?![./])", code.text):
            why = wrong_in(shlex.split(code.text), whole=False)
        elif code.text.startswith("-") and (options := named(code.text.split())):
            having = [one for one in every_command() if options <= options_of(one)]
            why = "" if having else f"no command has {code.text}"
        else:
            continue
        wrong += [f"{code.where}: {why}"] if why else []
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_exist(page: Page) -> None:
    assert wrong_commands(page) == []


def test_every_command_is_shown() -> None:
    blocks = [block for page in PAGES for block in page.blocks if block.language in SHELL]
    lines = [line for block in blocks for line in lines_of(block.text)]
    shown = {words[1] for words in lines if words[0] == "sheetsim" and len(words) > 1}
    assert shown >= set(COMMANDS)


PLANTED = {
    "sheetsim biuld": "biuld",
    "sheetsim build --chekc": "--chekc",
    "sheetsim check": "FILE",
    "sheetsim solve model.xlsx --start middle": "middle",
    "sheetsim solve model.xlsx --jobs": "--jobs",
    "sheetsim race --steps many": "many",
    "python -m sheetsim lits": "lits",
    "scripts/biuld": "scripts/biuld",
    "scripts/make_functions_list --wirte": "--wirte",
    ".venv/bin/python scripts/make_modles models": "scripts/make_modles",
    'pip install -e ".[pl]"': "pl",
    "rm -r workbooks": "nobody checks",
}


@pytest.mark.parametrize(("line", "named"), PLANTED.items())
def test_planted_mistakes_in_blocks_are_found(line: str, named: str) -> None:
    text = f"# A\n```sh\nsheetsim list  # all is well\n{line}\n```\n"
    (wrong,) = wrong_commands(Page("A.md", text))
    assert named in wrong


def test_planted_mistakes_in_sentences_are_found() -> None:
    text = (
        "`sheetsim check --engine` `sheetsim check --engines` `--noise SD --seed N`\n"
        "`--noise SD --functions` `sheetsim.solve` `scripts/make_ratings` `scripts/make_rating`\n"
        "`sheetsim slove FILE` `--out` `--outt` `-2^2`\n"
    )
    found = wrong_commands(Page("A.md", text))
    assert [line.split(":")[1] for line in found] == ["1", "2", "2", "3", "3"]


# Scripts -----------------------------------------------------------------------------------


def scripts() -> set[str]:
    """What can be run: neither modules (with a _ in front) nor what others source."""
    files = (ROOT / "scripts").iterdir()
    return {
        path.name for path in files if path.is_file() and not path.suffix and path.name[0] != "_"
    }


def wrong_in_table(measured: Page) -> set[str]:
    """Scripts that are in the folder or in the table, and not in both."""
    rows = measured.table("The scripts")
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert len(listed) == len(set(listed))
    return set(listed) ^ scripts()


def test_every_script_is_in_the_table() -> None:
    assert wrong_in_table(page(MEASURED)) == set()


def test_a_missing_script_is_found() -> None:
    held = page(MEASURED)
    stale = held.text.replace("`make_digits`", "`make_dogs`")
    assert wrong_in_table(Page(held.name, stale)) == {"make_digits", "make_dogs"}


def test_the_parts_of_bench_are_named() -> None:
    parts = {path.stem.split("_")[2] for path in (ROOT / "scripts").glob("_bench_*.py")}
    rows = {row[0]: row[1] for row in page(MEASURED).table("The scripts")}
    assert set(re.findall(r"`(\w+)`", rows["`bench`"])) == parts
