"""Options that several commands have."""

from collections.abc import Callable, Collection

import click

from sheetsim.option_values import whole
from sheetsim.terminal import parsed_option

Command = Callable[..., None]

SHOWN = 10
"""How many differences are printed unless told otherwise."""

FOR_SHEETS_ONLY = {"at", "epochs", "variant", "lr", "beta1", "beta2"}
"""Options that change a workbook but not its Solver models."""


def workbook_options(command: Command, without: Collection[str] = ()) -> Command:
    """An option of the command for every option of every workbook."""
    from sheetsim.topics import covers  # not for who wants but --show

    helps: dict[str, tuple[str, str]] = {}
    for lesson in covers().values():
        for option in () if lesson.needs else lesson.options:
            known = helps.get(option.name)
            text = option.help + (f" [{option.default}]" if option.default is not None else "")
            both = text if known is None else f"{known[1]}; {text}"
            helps[option.name] = (option.metavar, f"{both} ({lesson.name})")
    for name, (metavar, text) in reversed(helps.items()):
        if name in without:
            continue
        command = click.option(f"--{name}", metavar=metavar, help=text)(command)
    return command


show_option = parsed_option(
    "--show",
    whole(0, 10**9),
    default=SHOWN,
    metavar="N",
    help=f"differences to print [{SHOWN}]",
)
