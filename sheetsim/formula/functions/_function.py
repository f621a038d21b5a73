"""What a function of the table is: all that is known of it, wherever that is asked.

Derivatives come in two forms. Most functions have partials: out = f(a, b), each partial shaped
like the result (cell by cell) or like the argument (a statistic of a range). Forward mode sums
partial * tangent over what the result does not have; reverse mode sums bar * partial over what
the argument does not have: `fit` does both. Functions of matrices have the two products instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntFlag
from typing import Any, NamedTuple, Protocol

from sheetsim.arrays import Floats
from sheetsim.book import Cell, Value
from sheetsim.formula.areas import Areas
from sheetsim.formula.functions._steps import Steps
from sheetsim.formula.values import ArrayValue, Ints

ALL: frozenset[int] = frozenset(range(256))
"""All arguments; Excel takes at most 255."""

ONE: frozenset[int] = frozenset({-1})
"""For `linear`: linear in any one argument, the others held."""

NUMERIC = None
"""In place of a partial derivative: central differences of the value."""

Partials = Callable[[Sequence[ArrayValue], ArrayValue, Sequence[bool]], Sequence[Floats | None]]
Value1 = Callable[[Sequence[ArrayValue], bool], ArrayValue]


class Reads(Enum):
    """Which cells a function reads."""

    REFERENCES = "those of its references"
    AROUND = "also what lies around its references, on their sheets"
    ANYWHERE = "any: which ones, its references do not say"


class UnequalSizesError(Exception):
    """The results of some cells are of different sizes, so that they are computed apart.

    Attributes:
        labels: (..., R, C), the same number for cells that may go together.
    """

    def __init__(self, labels: Ints) -> None:
        super().__init__("cells with results of different sizes")
        self.labels = labels


class UnknownResultError(Exception):
    """What Excel gives for some arguments is not known here; the message says for which."""


class Unrolls(Enum):
    """What a function with a LAMBDA computes it for."""

    ELEMENTS = "each element of its arrays"
    FOLD = "each element, with the last result; only the last one counts"
    RUN = "each element, with the last result"
    ROWS = "each row"
    COLUMNS = "each column"
    GRID = "each row and column of a new array, by their numbers"


class LinearForm(Enum):
    """What a function is to a linear model with binaries; `structure.binaries` makes it so."""

    SUM_OF_TWO = "a + b"
    DIFFERENCE = "a - b"
    PRODUCT = "a b"
    QUOTIENT = "a / b"
    POWER = "a to the b"
    NEGATIVE = "-a"
    PERCENT = "a hundredth of a"
    SAME = "a"
    EQUAL = "a = b"
    UNEQUAL = "a <> b"
    LESS = "a < b"
    MORE = "a > b"
    AT_MOST = "a <= b"
    AT_LEAST = "a >= b"
    NEGATION = "not a"
    CHOICE = "one of two by a condition"
    CASES = "the first whose condition holds"
    NUMBERED = "one of some by its number"
    VALUE_OR_OTHER = "a, if it is no error"
    SIZE = "|a|"
    SIGN = "-1, 0 or 1"
    FLOOR = "the whole number below a"
    REMAINDER = "what a division leaves"
    CUT = "digits cut off"
    CUT_UP = "digits cut off, away from 0"
    MULTIPLE_ABOVE = "the multiple above a"
    MULTIPLE_BELOW = "the multiple below a"
    TOTAL = "the sum of some"
    MEAN = "their mean"
    GREATEST = "the greatest of some"
    LEAST = "the least of some"
    MIDDLE = "the middle one of some"
    COUNT = "how many numbers there are"
    SUM_OF_PRODUCTS = "the sum of products"
    MATRIX_PRODUCT = "a matrix times another"
    TRANSPOSE = "a matrix turned"
    ALL = "all hold"
    ANY = "any holds"
    ODD = "an odd number hold"
    COUNT_IF = "how many meet criteria"
    SUM_IF = "the sum of what meets a criterion"
    SUM_IFS = "the sum of what meets some criteria"


class Elsewhere(Enum):
    """What other programs take in another way than Excel; `sheetsim.verifying` says which do."""

    BLANK_IN_PAIR = "a pair of which one is blank"
    BLANK_IN_MATRIX = "a matrix with a blank or a text"
    NO_ORDER = "a range that should be in order, and is not"
    ROOT_OF_NEGATIVE = "a negative number to a fraction"
    NOT_KNOWN = "the function or the sign itself"
    ARRAY_OF_CELLS = "an array made of a reference"
    EMPTY_TEXT = "an empty text in arithmetic"


class Sight(IntFlag):
    """What a function that sees may leave out."""

    HIDDEN = 1
    """A cell in a row that is hidden by hand."""
    FILTERED = 2
    """A cell in a row that a filter hides."""
    NESTED = 4
    """A cell whose formula calls such a function itself."""
    VALUE = 8
    """No cell, but a value that was computed."""


class Outer(NamedTuple):
    """What a function does to its one argument that moves, if it is no more than this."""

    factor: float = 1.0
    shift: float = 0.0
    root: bool = False


class Reader(Protocol):
    """What a function that returns a reference may ask, of the cell that it stands in."""

    def read(self, text: Value, *, a1: bool) -> Areas:
        """Return what a text refers to, in either style; `#REF!` if nothing."""

    def spilled(self, first: Areas) -> Areas:
        """Return the ranges of the array formulas that start in some cells."""

    def sheets(self) -> Sequence[str]:
        """Return the names of all sheets, in order."""

    def cell(self, sheet: str, place: tuple[int, int]) -> Cell | None:
        """Return a cell, None for one that holds nothing."""

    @property
    def own(self) -> tuple[str, tuple[int, int]]:
        """The sheet and the place of the formula."""


Squares = list[tuple[tuple[int, ...], Floats]]
"""Arguments whose squares a function sums, or two of whose difference, each with weights."""


@dataclass(frozen=True, eq=False)
class Function:
    """A function or operator of formulas.

    Attributes:
        name: in capitals, or the operator's sign.
        least, most: how many arguments it takes.
        value: (arguments, strict) -> result. Strict: errors are marked with their codes.
        kind: the constructor's name.
        also: other names.
        sign: how a formula writes an operator that is not called by its name: `@`, `#`, or what
            stands before one argument.
        params, sample: see the package's docstring.
        random: whether each recalculation gives another value.
        elsewhere: what other programs take in another way.
        iterates: whether it is the root of an equation, which programs seek step by step.
        from_1904: the same for workbooks that count days from 1904, if it knows dates.

        partials: (arguments, result, which are wanted) -> a partial each; None where not wanted.
        jvp, vjp: for matrices: (i, tangent or bar, result, *arguments) -> tangent or bar.
        kinks, linear: arguments in which it is not smooth, or is linear; see there.
        quadratic: (the arguments that are fixed, None for the others) -> whether it is a
            polynomial of degree 2 in all others together.
        by_places: whether it is a sum over places, of what its arguments have in the same place.
        in_steps: whether it goes in steps, so that its derivative, 0, says nothing.
        picks: whether it chooses among its arguments, or counts them, and so adds nothing up.
        cell_by_cell: whether single values among its arguments are taken together, each number of
            the result from those in the same place.
        outer: (position of the argument that is fixed, its value) -> what it does to the other
            one, None if that is more than `Outer` can say; (None, 0) if there is one argument.
        squares: (the arguments' registers, values, whether they move, weight) -> what it sums
            squares of; None if it does not.

        linear_form: what it is to a linear model with binaries, if that can be made of it.
        steps: how it is computed on single numbers, see `_steps`: an operation of straight-line
            code, cell by cell, or what adds the steps to a plan; None if the function is called.

        returns: arguments that may be its result as they are, of whatever kind; ALL if it is not
            known which. All other functions but `plain` ones have results of a fixed kind.
        default: what it returns for its last argument if that is left out.
        decides: (count of arguments) -> those by whose values it chooses, the first if not given.
        chooses: (these, count=all arguments) -> in each cell, which argument it returns, from 0;
            -1 for none. The result is as large as the argument chosen, and no other is looked at.
        over_sheets: whether the same cells of several sheets are so many arguments to it.
        third_as_first: whether its third argument gets the size of its first.

        refers: (reader, references, values of the other arguments) -> what it refers to, if it
            returns a reference. It may have a value besides, for arguments that are none.
        references: which arguments are taken as references then.
        refers_if_asked: whether it does so where a reference is due, and only there.
        over_references: whether it takes an array of references, one after the other, as
            INDIRECT makes of an array of texts.
        sees: the first argument of those that are references of which it asks which cells are
            shown: behind each comes another, in each place the sum of `Sight`s; None for none.
        asks: (reader, its reference or None, values of the other arguments) -> value, if it asks of
            a reference what it is. It is computed one cell at a time.
        about: which argument that reference is.
        binds: "let" or "lambda": whether it gives names to parts of the formula.
        unrolls: how it goes through its arrays with a LAMBDA, if it does.
        measures: (what its reference is; the formula's own cells if it has none) -> value, if it
            asks of a reference where it lies.
        per_line: whether that is a number for each row or column of the reference.
        ragged: whether the size of its result depends on values, so that it raises
            `UnequalSizesError` for cells whose results are of different sizes.
        sizes: whether an argument's values decide that size; None if all do.
        reads: which cells it reads.
    """

    name: str
    least: int
    most: int
    value: Value1
    kind: str
    also: tuple[str, ...] = ()
    sign: str = ""
    params: str = "V"
    sample: tuple[Any, ...] | None = None
    random: bool = False
    elsewhere: frozenset[Elsewhere] = frozenset()
    iterates: bool = False
    from_1904: Function | None = None

    partials: Partials | None = None
    jvp: Callable[..., Floats] | None = None
    vjp: Callable[..., Floats] | None = None
    kinks: frozenset[int] = frozenset()
    linear: frozenset[int] = frozenset()
    quadratic: Callable[[Sequence[ArrayValue | None]], bool] | None = None
    by_places: bool = False
    in_steps: bool = False
    picks: bool = False
    cell_by_cell: bool = False
    outer: Callable[[int | None, float], Outer | None] | None = None
    squares: (
        Callable[[Sequence[int], Sequence[ArrayValue], Sequence[bool], Floats], Squares | None]
        | None
    ) = None

    steps: str | Steps | None = None
    linear_form: LinearForm | None = None

    returns: frozenset[int] = frozenset()
    default: Value = None
    decides: Callable[[int], Sequence[int]] | None = None
    chooses: Callable[..., Ints] | None = None
    over_sheets: bool = False
    third_as_first: bool = False

    refers: Callable[[Reader, Sequence[Areas], Sequence[ArrayValue]], Areas] | None = None
    references: frozenset[int] = frozenset()
    refers_if_asked: bool = False
    over_references: bool = False
    sees: int | None = None
    asks: Callable[[Reader, Areas | None, Sequence[ArrayValue]], ArrayValue] | None = None
    about: int = 0
    binds: str = ""
    unrolls: Unrolls | None = None
    measures: Callable[[Areas], ArrayValue] | None = None
    per_line: bool = False
    ragged: bool = False
    sizes: Callable[[int], bool] | None = None
    reads: Reads = Reads.REFERENCES

    raw: Callable[..., Any] | None = field(default=None, repr=False)

    @property
    def is_flat(self) -> bool:
        """Whether it goes in steps, so that its derivative, 0, says nothing."""
        return self.kind == "plain" or self.in_steps

    @property
    def is_cell_by_cell(self) -> bool:
        """Whether each number of the result depends on those in the same place alone."""
        return self.cell_by_cell and not {"R", "A"} & set(self.params)

    def deciding(self, count: int) -> Sequence[int]:
        """Return the arguments, of so many, by whose values it chooses among the others."""
        return (0,) if self.decides is None else self.decides(count)

    def letter(self, i: int) -> str:
        """Return how argument i is taken, a letter of `params`."""
        return self.params[min(i, len(self.params) - 1)]

    def slopes(
        self, args: Sequence[ArrayValue], out: ArrayValue, want: Sequence[bool]
    ) -> Sequence[Floats | None]:
        """Return the partials by the wanted arguments, None where they are 0."""
        return [None] * len(args) if self.partials is None else self.partials(args, out, want)


def fit(array: Floats, shape: tuple[int, ...]) -> Floats:
    """Sum over each of the last four axes along which `shape` has length 1."""
    own = array.shape
    if own[-4:] == shape[-4:]:
        return array
    axes = tuple(i for i in (-4, -3, -2, -1) if shape[i] == 1 and own[i] > 1)
    return array.sum(axis=axes, keepdims=True) if axes else array
