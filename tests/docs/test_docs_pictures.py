"""What scripts/make_pictures cuts out of a page: all that is on it but its footer, on white."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    loader = SourceFileLoader("make_pictures", str(root / "scripts" / "make_pictures"))
    spec = spec_from_loader("make_pictures", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def page(*lines: tuple[int, int]) -> Image.Image:
    """A white page, 200 pixels wide and 300 high, with grey bands from row to row."""
    pixels = np.full((300, 200, 3), 255, dtype=np.uint8)
    for first, last in lines:
        pixels[first:last, 40:150] = 120
    return Image.fromarray(pixels)


def test_the_footer_goes_and_the_last_row_stays(script: ModuleType) -> None:
    """Even where the last row ends a few pixels above the footer."""
    cut = script.without_footer(page((20, 60), (70, 265), (275, 285)))
    pixels = np.asarray(cut)
    margin = script.MARGIN
    assert pixels.shape == (265 - 20 + 2 * margin, 110 + 2 * margin, 3)
    assert (pixels[margin:-margin, margin:-margin][-1] == 120).all()
    for edge in (pixels[:margin], pixels[-margin:], pixels[:, :margin], pixels[:, -margin:]):
        assert (edge == 255).all(), "white, not black"


def test_an_empty_page_has_no_picture(script: ModuleType) -> None:
    assert script.without_footer(page((275, 285))) is None
