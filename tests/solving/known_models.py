"""Small models whose answers are known: saddles, flat starts, far ends, kinks, whole numbers.

Answers are closed forms; those of whole numbers come from trying all points. x1, x2, ... in a
formula are the variables.
"""

import enum
import re
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from sheetsim.solving import Request
from sheetsim.solving.prepare import Prepared, prepare

__all__ = ["KNOWN", "Known", "Right", "known_book"]


class Right(enum.Enum):
    """What is right where no number is."""

    NO_END = "no minimum: unbounded, or a limit that is never reached"
    INFEASIBLE = "no feasible point"


@dataclass(frozen=True)
class Known:
    """A model.

    Attributes:
        name: of it.
        objective: as a formula without its "=".
        starts: from each of which it is solved.
        right: the optimum, or that there is none.
        rules: constraints on formulas.
        bounds: of variables.
        maximize: whether the objective is.
        whole: the numbers of variables that are whole, from 1.
        within: of the optimum, where it is not sharp.
        local: whether there are other optima, which are not bettered nearby.
    """

    name: str
    objective: str
    starts: tuple[tuple[float, ...], ...]
    right: float | Right
    rules: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()
    maximize: bool = False
    whole: tuple[int, ...] = ()
    within: float = 1e-6
    local: bool = False


def known_book(path: Path, known: Known, start: tuple[float, ...]) -> Prepared:
    """Write a model as a workbook, its variables from A1 down, and prepare it."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row, value in enumerate(start, start=1):
        sheet[f"A{row}"] = value
    sheet["C1"] = f"={_placed(known.objective)}"
    subject_to = [_placed(bound) for bound in known.bounds]
    for row, rule in enumerate(known.rules, start=1):
        match = re.fullmatch(r"(.*?)(<=|>=|=)(.*)", rule)
        assert match is not None
        left, relation, right = match.groups()
        sheet[f"E{row}"] = f"={_placed(left)}-({_placed(right)})"
        subject_to.append(f"E{row}{relation}0")
    subject_to += [f"A{number} integer" for number in known.whole]
    book.save(path)
    request = Request(
        objective="C1",
        goal="maximize" if known.maximize else "minimize",
        by=(f"A1:A{len(start)}",),
        subject_to=tuple(subject_to),
    )
    return prepare(path, request)


def _placed(formula: str) -> str:
    return re.sub(r"\bx(\d)", r"A\1", formula)


KNOWN = (
    Known(
        "monkey_saddle",
        "x1^3-3*x1*x2^2",
        ((0.0, 0.0), (0.1, 0.2)),
        -2.0,
        bounds=("x1>=-1", "x1<=1", "x2>=-1", "x2<=1"),
    ),
    Known(
        "saddle_rot",
        "x1*x2",
        ((0.0, 0.0), (1e-09, 0.0), (0.5, 0.5)),
        -1.0,
        bounds=("x1>=-1", "x1<=1", "x2>=-1", "x2<=1"),
    ),
    Known(
        "saddle_3",
        "x1^2+x2^2-x3^2",
        ((0.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1e-12)),
        -4.0,
        bounds=("x3>=-2", "x3<=2"),
    ),
    Known(
        "saddle_circle", "x1", ((1.0, 0.0), (1.0, 0.0), (0.0, 1.0)), -1.0, rules=("x1^2+x2^2=1",)
    ),
    Known("max_of_circle", "x2^2-x1^2", ((1.0, 0.0), (0.0, 1.0)), -1.0, rules=("x1^2+x2^2=1",)),
    Known(
        "quartic_saddle", "x1^4-x2^4", ((0.0, 0.0), (1.0, 0.0)), -1.0, bounds=("x2>=-1", "x2<=1")
    ),
    Known(
        "quartic_saddle_cross",
        "x1^2-3*x1*x2^2+2*x2^4",
        ((0.0, 0.0), (1.0, 0.0)),
        -0.125,
        bounds=("x1>=-1", "x1<=1", "x2>=-1", "x2<=1"),
    ),
    Known("flat6", "x1^6+x2^6", ((1.0, 1.0), (0.01, 0.01)), 0.0),
    Known(
        "flat_start_gauss",
        "-EXP(-((x1-3)^2+(x2-3)^2))",
        ((0.0, 0.0), (-2.0, -2.0), (20.0, 20.0)),
        -1.0,
        bounds=("x1>=-50", "x1<=50", "x2>=-50", "x2<=50"),
    ),
    Known(
        "flat_plateau",
        "1/(1+EXP(-50*(x1-3)))+(x2-1)^2",
        ((10.0, 0.0), (0.0, 0.0)),
        0.0,
        bounds=("x1>=-10", "x1<=10"),
    ),
    Known("tanh_far", "TANH(x1-40)", ((100.0,), (0.0,)), -1.0, bounds=("x1>=-10", "x1<=200")),
    Known(
        "scale8", "(x1/1E8-1)^2+(x2*1E8-1)^2", ((0.0, 0.0), (1.0, 1.0), (100000000.0, 1e-08)), 0.0
    ),
    Known(
        "scale8c",
        "x1/1E8+x2*1E8",
        ((0.0, 0.0), (100000000.0, 1e-08)),
        2.0,
        rules=("x1*x2>=1",),
        bounds=("x1>=0", "x2>=0"),
    ),
    Known(
        "scale_obj_small", "1E-8*((x1-1)^2+(x2-2)^2)", ((0.0, 0.0), (50.0, -3.0)), 0.0, within=1e-16
    ),
    Known("scale_obj_big", "1E8*((x1-1)^4+(x2-2)^2)+7", ((0.0, 0.0), (50.0, -3.0)), 7.0),
    Known(
        "rosen_scaled",
        "100*(x2*1E-4-(x1*1E3)^2)^2+(1-x1*1E3)^2",
        ((0.0, 0.0), (-0.0012, 10000.0)),
        0.0,
    ),
    Known(
        "scale_row",
        "x1+x2",
        ((0.0, 0.0), (5.0, 5.0)),
        0.0002,
        rules=("1E8*x1*x2>=1",),
        bounds=("x1>=0", "x2>=0"),
    ),
    Known("unb_lin", "x1+x2", ((0.0, 0.0), (5.0, 5.0)), Right.NO_END, rules=("x1-x2=1",)),
    Known("unb_quad", "x1^2-x2^2", ((0.0, 0.0), (1.0, 1.0)), Right.NO_END),
    Known(
        "unb_hyper",
        "-x1*x2",
        ((1.0, 1.0), (0.0, 0.0)),
        Right.NO_END,
        rules=("x1-x2<=3",),
        bounds=("x1>=0", "x2>=0"),
    ),
    Known("unb_log", "LN(x1)", ((1.0,), (5.0,)), Right.NO_END, bounds=("x1>=0",)),
    Known("unb_sqrt", "-SQRT(x1)", ((1.0,), (0.0,), (100.0,)), Right.NO_END, bounds=("x1>=0",)),
    Known("unb_loglog", "-LN(1+LN(1+x1))", ((1.0,), (0.0,)), Right.NO_END, bounds=("x1>=0",)),
    Known("nomin_inv", "1/x1", ((1.0,), (5.0,)), Right.NO_END, bounds=("x1>=0.1",)),
    Known("nomin_hyp", "SQRT(x1^2+1)-x1", ((1.0,), (0.0,)), Right.NO_END),
    Known("nomin_atan", "ATAN(x1)", ((1.0,), (0.0,)), Right.NO_END),
    Known("bnd_far", "-x1+x1^2/1E10", ((0.0,), (1.0,)), -2500000000.0),
    Known("bnd_far_exp", "EXP(x1/1000)-x1", ((0.0,), (1.0,)), -5907.755278982137),
    Known(
        "bnd_neg_log",
        "x1-1000*LN(x1)",
        ((1.0,), (0.001,)),
        -5907.755278982137,
        bounds=("x1>=0.000001",),
    ),
    Known("bnd_slow_up", "-x1/(1+x1^2)", ((-5.0,), (0.0,), (100.0,)), -0.5),
    Known(
        "inf_circle_line",
        "x1",
        ((0.0, 0.0), (5.0, 5.0)),
        Right.INFEASIBLE,
        rules=("x1^2+x2^2<=1", "x1+x2>=2"),
    ),
    Known("inf_eq", "x1^2", ((0.0, 0.0),), Right.INFEASIBLE, rules=("x1+x2=1", "2*x1+2*x2=3")),
    Known(
        "inf_box",
        "x1+x2",
        ((0.0, 0.0),),
        Right.INFEASIBLE,
        rules=("x1+x2>=3",),
        bounds=("x1<=1", "x2<=1", "x1>=0", "x2>=0"),
    ),
    Known("inf_exp", "x1", ((0.0,), (-5.0,)), Right.INFEASIBLE, rules=("EXP(x1)<=-1",)),
    Known(
        "feas_thin",
        "x1",
        ((0.0, 0.0), (9.0, 9.0)),
        -10.000004999998751,
        rules=("x1^2+x2^2>=100", "x1^2+x2^2<=100.0001"),
    ),
    Known(
        "feas_far",
        "x1^2",
        ((0.0, 0.0), (-3.0, 1.0)),
        100000000.0,
        rules=("x1>=10000", "SIN(x2)>=0.999"),
    ),
    Known(
        "feas_two_islands",
        "(x1-1)^2",
        ((0.0,), (1.0,)),
        4.0,
        rules=("(x1^2-9)^2<=0.0000000001",),
        within=0.001,
    ),
    Known(
        "feas_nonconvex",
        "x1+x2",
        ((0.0, 0.0), (1.0, 1.0)),
        -2.000049999375016,
        rules=("x1*x2>=1", "x1^2+x2^2<=2.0001"),
        local=True,
    ),
    Known("abs1", "ABS(x1-1)+ABS(x2+2)", ((0.0, 0.0), (5.0, 5.0)), 0.0, within=1e-05),
    Known(
        "abs_sum_nonconvex",
        "ABS(x1*x2-1)+0.1*(x1^2+x2^2)",
        ((0.0, 0.0), (3.0, 0.1), (1.0, 1.0)),
        0.2,
        within=0.0001,
    ),
    Known("max2", "MAX(x1^2+x2,x2^2-x1)", ((0.0, 0.0), (2.0, 2.0)), -0.25),
    Known(
        "max_lin",
        "MAX(x1+x2,x1-x2,-2*x1)",
        ((0.0, 5.0), (2.0, 2.0), (10.0, -1.0)),
        0.0,
        within=1e-05,
    ),
    Known("sqrt_cone", "SQRT(x1^2+x2^2)+0.1*x1", ((3.0, 4.0), (0.0, 1.0)), 0.0, within=1e-05),
    Known("min_of_two", "MIN((x1-1)^2,(x1+1)^2-0.5)", ((1.5,), (0.2,), (-3.0,)), -0.5, local=True),
    Known("if_step", "IF(x1<2,(x1-1)^2+3,(x1-4)^2)", ((0.0,), (3.0,), (2.0,)), 0.0, local=True),
    Known(
        "int_quad",
        "(x1-2.5)^2+(x2-1.3)^2+x1*x2",
        ((0.0, 0.0), (5.0, 5.0)),
        1.94,
        bounds=("x1>=-10", "x1<=10", "x2>=-10", "x2<=10"),
        whole=(1, 2),
    ),
    Known(
        "int_nonconvex",
        "SIN(x1)*x2+x1^2/20",
        ((0.0, 0.0), (5.0, 5.0)),
        -8.892974268256818,
        bounds=("x1>=-10", "x1<=10", "x2>=-10", "x2<=10"),
        whole=(1, 2),
    ),
    Known(
        "int_rows",
        "-3*x1-4*x2",
        ((0.0, 0.0), (3.0, 1.0)),
        -21.0,
        rules=("x1^2+2*x2^2<=30",),
        bounds=("x1>=0", "x2>=0", "x1<=20", "x2<=20"),
        whole=(1, 2),
    ),
    Known(
        "int_eq",
        "x1+x2",
        ((0.0, 0.0),),
        11.0,
        rules=("3*x1+5*x2=47",),
        bounds=("x1>=0", "x2>=0", "x1<=20", "x2<=20"),
        whole=(1, 2),
    ),
    Known(
        "int_infeas",
        "x1+x2",
        ((0.0, 0.0), (2.0, 2.0)),
        Right.INFEASIBLE,
        rules=("2*x1+4*x2=7",),
        bounds=("x1>=0", "x2>=0", "x1<=20", "x2<=20"),
        whole=(1, 2),
    ),
    Known("int_unb_box", "(x1-1234.4)^2+(x2+777.7)^2", ((0.0, 0.0),), 0.25, whole=(1, 2)),
    Known("eq_only", "0", ((1.0, 1.0), (0.0, 0.0)), 0.0, rules=("x1^2+x2^2=4", "x1*x2=1")),
    Known("eq_sing", "x1+x2", ((0.0, 0.0), (1.0, 1.0)), 0.0, rules=("x1^2+x2^2=0",), within=0.002),
    Known(
        "eq_degen",
        "x1^2+x2^2+x3^2",
        ((0.0, 0.0, 0.0), (1.0, 2.0, 3.0)),
        0.3333333333333333,
        rules=("x1+x2+x3=1", "2*x1+2*x2+2*x3=2"),
    ),
    Known(
        "eq_degen_nl",
        "x1+x2",
        ((1.0, 0.0), (2.0, 2.0)),
        -1.4142135623730951,
        rules=("x1^2+x2^2=1", "2*x1^2+2*x2^2=2"),
    ),
    Known(
        "degen_vertex",
        "-x1-x2",
        ((0.0, 0.0), (0.5, 0.5)),
        -2.0,
        rules=("x1<=1", "x2<=1", "x1+x2<=2", "2*x1+x2<=3"),
    ),
    Known(
        "licq_cusp",
        "x1",
        ((1.0, 1.0), (2.0, 0.0)),
        0.0,
        rules=("x2<=x1^3", "x2>=-(x1^3)"),
        within=0.01,
    ),
    Known(
        "mpcc",
        "(x1-1)^2+(x2-1)^2",
        ((0.0, 0.0), (2.0, 2.0), (1.0, 0.0)),
        1.0,
        rules=("x1*x2=0",),
        bounds=("x1>=0", "x2>=0"),
    ),
    Known(
        "outside",
        "(x1-3)^2+(x2+1)^2",
        ((-100.0, 100.0), (50.0, -50.0)),
        5.0,
        bounds=("x1>=0", "x1<=1", "x2>=0", "x2<=10"),
    ),
    Known(
        "outside2",
        "x1^2*x2",
        ((-1.0, -1.0), (1000000.0, 1000000.0)),
        0.0,
        bounds=("x1>=0", "x2>=0", "x1<=4", "x2<=4"),
    ),
    Known(
        "nan_start",
        "x1-LN(x1)+SQRT(x2-1)",
        ((-1.0, 0.0), (0.0, 0.0), (1.0, 1.0)),
        1.0,
        bounds=("x2>=1",),
    ),
    Known(
        "maxlog",
        "3*LN(x1)+2*LN(x2)",
        ((1.0, 1.0), (0.1, 5.0)),
        8.147867129923947,
        rules=("x1+x2<=10",),
        maximize=True,
    ),
    Known(
        "maxlog_entropy",
        "-x1*LN(x1)-x2*LN(x2)-x3*LN(x3)",
        ((0.2, 0.3, 0.5), (0.9, 0.05, 0.05)),
        1.0986122886681098,
        rules=("x1+x2+x3=1",),
        bounds=("x1>=0.000000001", "x2>=0.000000001", "x3>=0.000000001"),
        maximize=True,
    ),
    Known(
        "maxlog_ph",
        "LN(x1)-x1",
        ((1e-06,), (100.0,)),
        -1.0,
        bounds=("x1>=0.000000001",),
        maximize=True,
    ),
    Known(
        "loglik",
        "10*LN(x1)+30*LN(1-x1)",
        ((0.5,), (0.999,), (1e-05,)),
        -22.493405784752333,
        bounds=("x1>=0.0000001", "x1<=0.9999999"),
        maximize=True,
    ),
    Known(
        "maximum_flat", "0-(x1-1)^4*(x1-3)^2", ((1.0,), (0.0,), (3.0,), (2.0,)), 0.0, maximize=True
    ),
    Known(
        "max_start",
        "-(x1^2+x2^2)",
        ((0.0, 0.0),),
        -2.0,
        bounds=("x1>=-1", "x1<=1", "x2>=-1", "x2<=1"),
    ),
    Known("cosine_top", "COS(x1)+COS(x2)", ((0.0, 0.0), (3.141592653589793, 0.0)), -2.0),
    Known(
        "product_zero",
        "x1*x2*x3*x4",
        ((0.0, 0.0, 0.0, 0.0),),
        -1.0,
        bounds=("x1>=-1", "x1<=1", "x2>=-1", "x2<=1", "x3>=-1", "x3<=1", "x4>=-1", "x4<=1"),
    ),
    Known(
        "prod_zero_eq",
        "x1*x2*x3",
        ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        -1.0,
        rules=("x1^2+x2^2+x3^2<=3",),
    ),
)
