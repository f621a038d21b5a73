"""Labels of points keep apart, and numbers that outgrow their columns change their form in time."""

import numpy as np
import pytest
from xlsxwriter.utility import xl_pixel_width

from sheetsim.sheet import Array, Sheet
from sheetsim.workbook.write.growth import growing, limit, scientific
from sheetsim.workbook.write.labels import LETTER, LINE, sides

SIZE = (560, 480)


def boxes(x: Array, y: Array, texts: list[str], chosen: list[str | None]) -> list[list[float]]:
    """Left, top, right and bottom of each label that is drawn, on axes around the points."""
    across = (x - x.min()) / np.ptp(x) * (SIZE[0] - 110) * 0.6
    up = (y.max() - y) / np.ptp(y) * (SIZE[1] - 120) * 0.6
    found = []
    for left, top, text, side in zip(across, up, texts, chosen, strict=True):
        wide = LETTER * len(text)
        shift = {"right": (5, -LINE / 2), "left": (-5 - wide, -LINE / 2)}
        shift |= {"above": (-wide / 2, -5 - LINE), "below": (-wide / 2, 5)}
        if side is not None:
            dx, dy = shift[side]
            found.append([left + dx, top + dy, left + dx + wide, top + dy + LINE])
    return found


def overlapping(found: list[list[float]]) -> int:
    """How many pairs of boxes share more than a fifth of a label's height and a letter."""
    count = 0
    for i, one in enumerate(found):
        for other in found[:i]:
            wide = min(one[2], other[2]) - max(one[0], other[0])
            high = min(one[3], other[3]) - max(one[1], other[1])
            count += wide > LETTER and high > LINE / 5
    return count


@pytest.mark.parametrize("seed", range(5))
def test_labels_lie_on_no_other(seed: int) -> None:
    """Where turning about by number, as labels did before, puts several on one another."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 12))
    texts = [f"Movie no. {i}" for i in range(12)]
    chosen = sides(x, y, texts, SIZE)
    assert sum(side is None for side in chosen) <= 2
    by_number: list[str | None] = [("right", "left", "above", "below")[i % 4] for i in range(12)]
    before = overlapping(boxes(x, y, texts, by_number))
    assert overlapping(boxes(x, y, texts, chosen)) <= before // 2


def test_points_that_are_one_have_one_label_for_each_side() -> None:
    ones = np.zeros(9)
    chosen = sides(ones, ones, ["the same"] * 9, SIZE)
    drawn = [side for side in chosen if side is not None]
    assert 1 <= len(drawn) == len(set(drawn)) <= 4


@pytest.mark.parametrize("width", [6.3, 8.43, 10.5, 13.5])
@pytest.mark.parametrize("form", ["0", "0.00", "0.0000", "0.000000"])
def test_the_greatest_number_of_a_fixed_form_fits(width: float, form: str) -> None:
    pixels = int(7 * width + 5)
    most = limit(pixels, form)
    assert most is not None
    decimals = len(form.partition(".")[2])
    room_for_one = xl_pixel_width(f"-1.{'1' * decimals}") <= pixels
    if room_for_one:
        assert xl_pixel_width(f"{-most * 0.9:.{decimals}f}") <= pixels
        assert xl_pixel_width(f"{-most * 90:.{decimals}f}") > pixels - 8, "and no sooner"
    if width > 7:
        assert xl_pixel_width(f"-9.{'9' * (len(scientific(pixels)) - 6)}E+99") <= pixels


def test_general_and_scientific_forms_grow_by_themselves() -> None:
    assert limit(100, "General") is None
    assert limit(100, "0.00E+00") is None


def test_ranges_of_one_width_share_a_rule() -> None:
    sheet = Sheet("s", "S")
    sheet.fill(0, 0, "f", "=1", np.ones((3, 4)), "calc.step")
    sheet.fill(5, 1, "g", "=1", 1.0, "calc.step")
    sheet.width(2, 2, 20)
    found = sorted(ranges for _, _, ranges in growing(sheet))
    assert found == ["A1:B3 D1:D3 B6", "C1:C3"]
