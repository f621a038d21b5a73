"""Names for NumPy's arrays, for those who compute with them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""Of whatever a cell may hold: floats, or objects for texts and booleans."""

Floats = NDArray[np.float64]
"""Of double precision, as all maths here."""
