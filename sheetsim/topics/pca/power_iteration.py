"""Power iteration: multiply a vector by the covariance again and again.

The eigenvectors of C are the directions that C only stretches, C v = lambda v. Any start is a mix
of them, and each product stretches every part by its own lambda:

    start = a1 v1 + a2 v2 + ...        C^t start = a1 lambda1^t v1 + a2 lambda2^t v2 + ...

so the part with the largest lambda wins, and what is left of the others shrinks by
lambda2 / lambda1 with every step. The vector is brought back to length 1 each time; |C v| then
tends to lambda1, which is the variance of the movies along v1. To get the next one, take the
first out of the matrix (deflation),

    C' = C - lambda v v^T

which has the same eigenvectors with 0 in place of lambda, and start again. It fails if the start
is at a right angle to v1 (a1 = 0; rounding then decides), and it is slow where two lambdas are
close: whether it has arrived stands on the sheet, as the sum of the sizes of C v - lambda v.

Source: Golub & Van Loan, Matrix Computations, section 7.3 (power method) and Hotelling (1933) for
the deflation. Libraries do not do this: NumPy, scikit-learn and fbpca (in the lecture) take a
singular value decomposition, which gets all components at once and to the last digit.
"""

import numpy as np

from sheetsim.sheet import Array, Block, Column, Sheet, Valid, table
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.pca import N_COMPONENTS, _turning

START, MATRIX = 3, 8
STEPS, PRINTED = 100, 3
"""Steps of each component, and how many of their rows are printed: the first."""


def power_iteration(matrix: Array, start: Array, steps: int) -> tuple[Array, Array, Array]:
    """Repeated products, each brought to length 1.

    Args:
        matrix: (k, k), symmetric.
        start: (k,), not all zeros.
        steps: how many products.

    Returns:
        The vectors v (steps + 1, k), their products C v (steps + 1, k), and those products'
        lengths (steps + 1,); NaN from where a length is 0.
    """
    vectors = np.empty((steps + 1, len(start)))
    products = np.empty_like(vectors)
    lengths = np.empty(steps + 1)
    with np.errstate(all="ignore"):
        v = start / np.sqrt(start @ start)
        for step in range(steps + 1):
            vectors[step], products[step] = v, matrix @ v
            lengths[step] = np.sqrt(products[step] @ products[step])
            v = products[step] / lengths[step]
    return vectors, products, lengths


def deflate(matrix: Array, value: float, vector: Array) -> Array:
    """The matrix (k, k) without its part along an eigenvector (k,) of length 1."""
    return matrix - value * np.outer(vector, vector)


def signed(vector: Array) -> Array:
    """The vector (k,) or its opposite: the one whose cubes have a positive sum."""
    return -vector if np.sum(vector**3) < 0 else vector


def _sheet(book: Draft) -> Sheet:
    k = book.plan["k"]
    sheet = book.new("power_iteration", "Power iteration, three times with deflation")
    sheet.text(0, 0, sheet.title, "title")
    lead = "v = C v / |C v|, over and over; then take that direction out of C, and start again"
    sheet.text(1, 0, lead, "lead")
    sheet.text(START - 1, 1, "start: the same for every component", "band")
    start = sheet.inputs(START, 1, "start", np.ones((1, k)), "input.general", Valid(-1e3, 1e3))
    sheet.text(START, 0, "v", "row heading")
    none = f"SUMPRODUCT({start.range},{start.range})=0"
    zeros = "the start is all zeros and so has no direction; type another number into it."
    sheet.reasons.append((none, bool((start.values**2).sum() == 0), zeros))
    sheet.text(START - 1, k + 2, "decimals", "band")
    sheet.input(START, k + 2, "decimals", 12.0, "input.index", Valid(1, 15))
    _turning.inputs(sheet, START - 1, k + 3, STEPS)
    source = book["covariance"]["covariance"].qualified
    matrix = sheet.fill(MATRIX, 1, "matrix_1", f"={source.cell}", source.values, "calc.step")
    lengths = []
    for number in range(1, N_COMPONENTS + 1):
        left = 1 + (number - 1) * (2 * k + 2)
        if number > 1:
            matrix = _deflated(sheet, matrix, number, left)
        sheet.text(MATRIX - 2, left, f"component {number}: C", "band")
        if number > 1:
            sheet.text(MATRIX - 1, left, f"less component {number - 1}", "note")
        lengths.append(_steps(sheet, matrix, start, number, left))
        sheet.width(left, left + 2 * k, 9)
        sheet.width(left + 2 * k + 1, left + 2 * k + 1, 3)
    drawn = 2 + N_COMPONENTS * (2 * k + 2)
    _turning.charts(sheet, book["covariance"], lengths, (MATRIX + k + 1, k + 1), drawn)
    sheet.width(drawn, drawn + _turning.WIDE + k, 9)
    for number in range(1, N_COMPONENTS + 1):
        eigenvalue, column = sheet[f"eigenvalue_{number}"], 2 * k + 2 + number
        sheet.text(START - 1, column, f"lambda {number}", "fact")
        formula = f"={eigenvalue.range}"
        sheet.fill(START, column, f"lambda_{number}", formula, eigenvalue.value, "key.step")
    sheet.width(0, 0, 9)
    sheet.width(k + 3, k + 3, 12.5)
    sheet.freeze = (START + 2, 1)
    wide, bottom = 2 * k + 2, _first(k) + PRINTED
    sheet.print_areas = (
        (0, 0, bottom, wide + 1 + N_COMPONENTS),
        *((MATRIX - 2, 1 + i * wide, bottom, (i + 1) * wide) for i in range(1, N_COMPONENTS)),
    )
    return sheet


def _first(k: int) -> int:
    """Row of the first step."""
    return MATRIX + k + 20


def _deflated(sheet: Sheet, matrix: Block, number: int, left: int) -> Block:
    """The matrix without the component before."""
    before = number - 1
    vector, value = sheet[f"vector_{before}"], sheet[f"eigenvalue_{before}"]
    k = vector.columns
    formulas = [
        [f"={matrix.at(f, g)}-{value.range}*{vector.at(0, f)}*{vector.at(0, g)}" for g in range(k)]
        for f in range(k)
    ]
    values = deflate(matrix.values, float(value.value), vector.values[0])
    return sheet.formulas(MATRIX, left, f"matrix_{number}", formulas, values, "calc.step")


def _steps(sheet: Sheet, matrix: Block, start: Block, number: int, left: int) -> Block:
    """The steps of one component, and what came of them; returns the lengths."""
    k = matrix.columns
    first = _first(k)
    vectors, products, lengths = power_iteration(matrix.values, start.values[0], STEPS)
    v, w = ([f"{of}{f + 1}_{number}" for f in range(k)] for of in ("v", "cv"))
    norm = f"length_{number}"
    entry = f"SQRT(SUMPRODUCT({start.range},{start.range}))"
    columns = [
        Column(
            name,
            f"={{^{w[f]}}}/{{^{norm}}}",
            vectors[:, f],
            first=f"={start.at(0, f)}/{entry}",
            style="calc.step",
        )
        for f, name in enumerate(v)
    ]
    for f, name in enumerate(w):
        column = matrix.part(slice(None), slice(f, f + 1)).range
        formula = f"=SUM(MMULT({{{v[0]}}}:{{{v[-1]}}},{column}))"
        columns.append(Column(name, formula, products[:, f], style="calc.step"))
    across = f"{{{w[0]}}}:{{{w[-1]}}}"
    columns.append(
        Column(norm, f"=SQRT(SUMPRODUCT({across},{across}))", lengths, style="calc.step")
    )
    headings = [*(f"v{f + 1}" for f in range(k)), *(f"(C v){f + 1}" for f in range(k)), "|C v|"]
    sheet.labels(first - 1, left, [headings], "heading")
    if number == 1:
        sheet.text(first - 1, 0, "step", "heading")
        sheet.numbers(first, 0, [[step] for step in range(STEPS + 1)], "index")
    blocks = table(sheet, first, left, columns, STEPS + 1)
    _outcome(sheet, [blocks[n] for n in v], [blocks[n] for n in w], number, left + k + 1)
    return blocks[norm]


def _outcome(sheet: Sheet, v: list[Block], w: list[Block], number: int, column: int) -> None:
    """The eigenvalue, the vector, and how far C v is from lambda v, beside the matrix."""
    last = v[0].rows - 1
    vector = np.array([block.values[-1, 0] for block in v])
    product = np.array([block.values[-1, 0] for block in w])
    ends = [f"{blocks[0].at(last)}:{blocks[-1].at(last)}" for blocks in (v, w)]
    value = float(vector @ product)
    sheet.text(MATRIX - 2, column, "after the last step", "band")
    sheet.labels(MATRIX, column, [["lambda"], ["sum |C v - lambda v|"]], "label")
    eigenvalue = sheet.fill(
        MATRIX,
        column + 2,
        f"eigenvalue_{number}",
        f"=SUMPRODUCT({ends[0]},{ends[1]})",
        value,
        "calc.step",
    )
    # Rounded: the last bits are noise, of which every processor and program has its own.
    total = f"SUMPRODUCT(ABS({ends[1]}-{eigenvalue.range}*{ends[0]}))"
    away = float(np.sum(np.abs(product - value * vector)))
    if np.isfinite(away):
        away = float(np.round(away, int(sheet["decimals"].value)))
    sheet.fill(
        MATRIX + 1,
        column + 2,
        f"residual_{number}",
        f"=ROUND({total},decimals)",
        away,
        "calc.power",
    )
    sheet.text(MATRIX + 2, column, "v, as the last step has it", "label")
    sheet.formulas(
        MATRIX + 3,
        column - 1,
        f"vector_{number}",
        [[f"={block.at(last)}" for block in v]],
        vector[None, :],
        "calc.step",
    )


TOPIC = Topic(
    name="power_iteration",
    title="Power iteration",
    summary="the three directions of most variance, by repeated products and deflation",
    sheet=_sheet,
    order=2,
    tries=(
        Try(
            "Type another start, such as 1 0 0 0 0.",
            "The first steps change; the last ones end in the same directions, or their opposites.",
            edits=({"start": [[1, 0, 0, 0, 0]]},),
            holds=lambda was, now: every(
                now["v1_1"][0] != was["v1_1"][0],
                *(
                    np.abs(np.abs(now[f"vector_{n}"]) - np.abs(was[f"vector_{n}"])) < 1e-6
                    for n in (1, 2, 3)
                ),
            ),
            rests_on="v1_1",
        ),
        Try(
            "Type a start ten times as long.",
            "Nothing changes but the start: only its direction counts.",
            edits=({"start": lambda s: 10 * s["start"]},),
            holds=lambda was, now: every(
                *(same(now[f"v1_{n}"], was[f"v1_{n}"]) for n in (1, 2, 3)),
                same(sum(now[f"v{f}_1"][0] ** 2 for f in range(1, 6)), 1),
                same(now["length_1"], was["length_1"]),
            ),
            rests_on="v1_1",
        ),
        Try(
            "Set step_to_show to 0, then to 1, 2 and so on.",
            "v turns over the movies until it lies along the first component, as far as they "
            "reach; the steps become short.",
            edits=tuple({"step_to_show": float(step)} for step in (0, 1, 2, 100)),
            holds=lambda was, *after: every(
                *(now["drawn_step"].max() == t for t, now in enumerate(after[:3])),
                *(same(now["v_along_1"][1], now["trail_along_1"][-1]) for now in after),
                np.diff([np.abs(now["v_along_1"][1, 0]) for now in after]) > 0,
                same(np.abs(after[-1]["v_along_1"][1]), was["reach"]),
                np.abs(after[0]["v_along_2"][1]) > 0.8 * was["reach"],
                np.abs(after[-1]["v_along_2"][1]) < 1e-6 * was["reach"],
            ),
            rests_on="v_along_1",
        ),
    ),
    needs=("covariance",),
)
