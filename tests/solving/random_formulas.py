"""Random models of IF, MAX, SUMIF and the like, small enough that all their points can be tried."""

import random

from sheetsim.book import Book, Cell, Place
from sheetsim.solver.model import Model
from sheetsim.solving.compiled import compile_model
from sheetsim.solving.request import Request, choose_model

__all__ = ["Formulas", "model_of"]

SIGNS = ("=", "<>", "<", ">", "<=", ">=")
WHOLE = (0, 1, 2, 3, -1, -2, 5, 0.5, 2.5)
ANY = (0, 1, 2, -1, 0.3, 1.7, -0.6, 5, 0.1)


class Formulas:
    """Formulas of the variables A1:A4 and of each other, drawn by a seed."""

    def __init__(self, seed: int, *, whole: bool) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - no secret
        self.numbers = WHOLE if whole else ANY
        self.cells = ["A1", "A2", "A3", "A4"]

    def number(self, depth: int) -> str:
        """A formula that is a number."""
        if depth <= 0 or self.draw.random() < 0.25:
            of = self.draw.choice
            return of(self.cells) if self.draw.random() < 0.75 else repr(of(self.numbers))
        kinds = (self._arithmetic, self._choice, self._statistic, self._criteria, self._rest)
        return self.draw.choice(kinds)(depth - 1)

    def condition(self, depth: int) -> str:
        """A formula that is a boolean."""
        kind = self.draw.choice(("compare", "compare", "AND", "OR", "XOR", "NOT"))
        if depth <= 0 or kind == "compare":
            return f"{self.number(depth - 1)}{self.draw.choice(SIGNS)}{self.number(depth - 1)}"
        parts = [self.condition(depth - 1) for _ in range(1 if kind == "NOT" else 2)]
        return f"{kind}({','.join(parts)})"

    def _arithmetic(self, depth: int) -> str:
        a, b = self.number(depth), self.number(depth)
        kinds = (f"({a}+{b})", f"({a}-{b})", f"{self.draw.choice(self.numbers)}*({a})")
        return self.draw.choice(kinds)

    def _choice(self, depth: int) -> str:
        holds, a, b = self.condition(depth), self.number(depth), self.number(depth)
        kinds = (f"IF({holds},{a},{b})", f"({holds})*{a}", f"IFS({holds},{a},TRUE,{b})")
        return self.draw.choice((*kinds, f"(IF({holds},{a})+0)"))

    def _statistic(self, depth: int) -> str:
        a, b, c = (self.number(depth) for _ in range(3))
        kinds = (f"MAX({a},{b},{c})", f"MIN({a},{b})", f"MEDIAN({a},{b},{c})", f"ABS({a})")
        return self.draw.choice(kinds)

    def _criteria(self, _depth: int) -> str:
        one, other = (
            f'"{self.draw.choice(SIGNS)}{self.draw.choice(self.numbers)}"' for _ in range(2)
        )
        kinds = (
            f"COUNTIF($A$1:$A$4,{one})",
            f"COUNTIFS($A$1:$A$3,{one},$A$2:$A$4,{other})",
            f"SUMIF($A$1:$A$3,{one},$A$2:$A$4)",
            f"SUMIFS($A$1:$A$3,$A$2:$A$4,{one},$A$1:$A$3,{other})",
            "SUMIF($A$1:$A$3,A4)",
            f"SUMPRODUCT(--(A1:A3>{self.draw.choice(self.numbers)}),A2:A4)",
        )
        return self.draw.choice(kinds)

    def _rest(self, depth: int) -> str:
        a = self.number(depth)
        kinds = (f"INT({a})", f"MOD({a},3)", f"SIGN({a})", f"ROUNDUP(ABS({a})/2,0)")
        return self.draw.choice(kinds)


def model_of(seed: int, *, whole: bool) -> tuple[Model, dict[str, str]]:
    """A model of four variables from -2 to 3, with a constraint or two, and its formulas."""
    made = Formulas(seed, whole=whole)
    draw = made.draw
    texts = {}
    for name in ("B1", "B2"):
        texts[name] = f"={made.number(3)}"
        made.cells.append(name)
    texts["C1"] = f"={made.number(3)}+{made.number(1)}+0.25*A1-0.5*A2"
    texts["D1"] = f"={made.number(3)}"
    texts["D2"] = f"={made.condition(1)}"
    cells: dict[Place, Cell] = {
        (int(name[1:]) - 1, "ABCD".index(name[0])): Cell(text) for name, text in texts.items()
    }
    cells |= {(row, 0): Cell(value=float(draw.randint(-2, 3))) for row in range(4)}
    limits = ["A1:A4>=-2", "A1:A4<=3", f"D1<={draw.choice(made.numbers)}"]
    limits += ["D2=1"] if draw.random() < 0.5 else []
    limits += ["A1:A4 integer"] if whole else []
    book = Book("random.xlsx", {"S": cells})
    goal = draw.choice(("minimize", "maximize"))
    request = Request(objective="C1", goal=goal, by=("A1:A4",), subject_to=tuple(limits))  # type: ignore[arg-type]
    return compile_model(book, choose_model(book, request)).model(), texts
