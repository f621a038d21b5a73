"""What parameters of optimizers are and may be, and the limits of a run.

`SHARED` has those that several optimizers have. One of an optimizer's own needs no entry: its
file says what it may be (`ranges`) and what it is (`terms`). Nothing here imports NumPy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sheetsim.option_values import BELOW_1, LARGEST, Parse, anything, real
from sheetsim.references import MAX_ROWS
from sheetsim.topics._options import Option
from sheetsim.topics.gradient_descent._outlines import outlines

VARIANTS = ("lecture", "textbook")

MAX_STEPS = MAX_ROWS // 1000 * 1000
"""Most steps of a run: a sheet has 1,048,576 rows, some of them for other things."""


@dataclass(frozen=True)
class Parameter:
    """A parameter that several optimizers have.

    Attributes:
        text: what it is, for the help of the command line.
        metavar: what its help calls the value.
        low: the least that it may be.
        high: the greatest.
        above: it must exceed `low`, not only reach it.
    """

    text: str
    metavar: str
    low: float
    high: float
    above: bool = False

    @property
    def parse(self) -> Parse:
        """What checks a value that is given."""
        return real(self.low, self.high, above=self.above)


SHARED: Mapping[str, Parameter] = {
    "lr": Parameter("learning rate of every optimizer", "LR", 0, LARGEST, above=True),
    "beta1": Parameter("decay of the average gradient", "BETA", 0, BELOW_1),
    "beta2": Parameter("decay of the average square", "BETA", 0, BELOW_1),
    "epsilon": Parameter("small number that keeps a divisor from being 0", "EPSILON", 0, 1),
}


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names of parameters, each once: the shared ones first, then the others as they come."""
    given = dict.fromkeys(names)
    return (*(name for name in SHARED if name in given), *(n for n in given if n not in SHARED))


def parse_of(name: str) -> Parse:
    """What checks a parameter as an option; one of an optimizer's own is checked by its file."""
    return SHARED[name].parse if name in SHARED else anything


def parameter_options(terms: Mapping[str, str]) -> tuple[Option, ...]:
    """The parameters of all optimizers' sheets as options of the workbook.

    Args:
        terms: the workbook's, which say what parameters are where the files do not.
    """
    texts: dict[str, str] = {}
    for outline in outlines():
        for name in outline.sheet:
            text = outline.terms.get(name) or terms.get(name) or f"{name} of {outline.name}"
            texts.setdefault(name, SHARED[name].text if name in SHARED else text)
    return tuple(
        Option(
            name,
            None,
            parse_of(name),
            texts[name],
            SHARED[name].metavar if name in SHARED else "VALUE",
        )
        for name in in_order(texts)
    )
