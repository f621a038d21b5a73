"""What `sheetsim race` is given, put as the API wants it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sheetsim.cli._files import file_of
from sheetsim.errors import OptionError


def lr_of(texts: Sequence[str], optimizers: Sequence[str]) -> dict[str, Any]:
    """Learning rates by optimizer, from `0.1` for all and `adam=0.1` for one."""
    everyone: list[str] = []
    named: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not equals:
            everyone.append(value)
        elif name in named:
            raise OptionError(f"--lr is given twice for {name}; expected once")
        else:
            named[name] = value
    if len(everyone) > 1:
        raise OptionError(f"--lr is {everyone[0]} and {everyone[1]}; expected one for all")
    return {name: everyone[0] for name in optimizers if everyone} | named


def sweep_given(given: Mapping[str, Any], gif: bool | None) -> dict[str, Any]:
    """The options of a sweep.

    Raises:
        OptionError: an option that a race alone has, or several optimizers.
    """
    options = dict(given)
    for name in ("lr", "frames", "fps"):
        if name in options:
            instead = "; expected --lr-range" if name == "lr" else "; a sweep has no moving picture"
            raise OptionError(f"--{name.replace('_', '-')} is given with --sweep{instead}")
    if gif:
        raise OptionError("--gif is given with --sweep; a sweep has no moving picture")
    names = options.pop("optimizer", ("momentum",))
    if len(names) > 1:
        raise OptionError(f"--optimizer is {' and '.join(names)}; a sweep has one")
    return options | {"optimizer": names[0]}


def targets(out: Path, stem: str, second: str) -> list[Path]:
    """The PNG to write, and the file of another kind beside it.

    Raises:
        OptionError: `out` is neither a folder nor the name of a PNG.
    """
    picture = file_of(out, f"{stem}.png", (".png",))
    return [picture, picture.with_suffix(second)]
