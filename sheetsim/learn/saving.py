"""A trained model as a .npz file: arrays and one text, never a pickle.

    kind        what model it is: "collab" or "classifier"
    settings    JSON: what its class is made with
    group ...   the parameters of each group, by name
    label ...   names of rows, such as users and titles

A file from elsewhere is data: nothing in it is run, and whatever does not fit is refused.
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sheetsim.errors import DataError
from sheetsim.files import replace_file
from sheetsim.learn.classifier import Classifier
from sheetsim.learn.collab import DotProductBias
from sheetsim.sheet import Array

Labels = dict[str, Array]
AnyModel = DotProductBias | Classifier
KINDS: dict[str, Any] = {one.kind: one for one in (DotProductBias, Classifier)}
LARGEST = 1 << 28
"""Most numbers in all groups together: two gigabytes in float64."""


def save_model(
    model: AnyModel, path: str | Path, labels: Mapping[str, Array] | None = None
) -> Path:
    """Write a model's parameters and what it is made with.

    Args:
        model: trained or not.
        path: of the .npz to create or replace.
        labels: names of rows, as arrays of texts or numbers.

    Returns:
        The path.

    Raises:
        OutputError: the file cannot be written; what stood there is untouched.
    """
    arrays = {f"group {name}": array for name, array in model.groups.items()}
    for name, array in (labels or {}).items():
        texts = np.asarray(array)
        arrays[f"label {name}"] = texts.astype(str) if texts.dtype == object else texts
    arrays["kind"], arrays["settings"] = np.array(model.kind), np.array(json.dumps(model.settings))
    with replace_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return Path(path)


def load_model(path: str | Path) -> tuple[AnyModel, Labels]:
    """Read what `save_model` wrote.

    Returns:
        The model, and the labels that were saved with it.

    Raises:
        DataError: there is no such file, it is damaged, or it is not a model of sheetsim.
    """
    try:
        if Path(path).is_file() and not zipfile.is_zipfile(path):
            raise DataError(f"{path}: is no .npz; expected a model saved by sheetsim")
        with Path(path).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            _refuse_bombs(path, file.zip)
            arrays = {name: file[name] for name in file.files}
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    except Exception as error:  # whatever a damaged archive makes NumPy and zipfile raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: expected a model saved by sheetsim as .npz ({reason})") from error
    return _model(path, arrays), {
        name.removeprefix("label "): array
        for name, array in arrays.items()
        if name.startswith("label ")
    }


def _refuse_bombs(path: str | Path, archive: zipfile.ZipFile) -> None:
    size = sum(info.file_size for info in archive.infolist())
    if size > 8 * LARGEST:
        raise DataError(f"{path}: would unpack to {size:,} bytes; expected {8 * LARGEST:,} at most")


def _model(path: str | Path, arrays: Mapping[str, Array]) -> AnyModel:
    """The model that the arrays describe."""
    try:
        kind, settings = str(arrays["kind"]), json.loads(str(arrays["settings"]))
        shapes: dict[str, tuple[int, int]] = KINDS[kind].shapes(settings)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: expected a model saved by sheetsim as .npz ({error!r})"
        ) from error
    groups = {name: _group(path, arrays, name, shape) for name, shape in shapes.items()}
    try:
        model: AnyModel = KINDS[kind].restored(settings, groups)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{path}: its settings are of no model ({error})") from error
    return model


def _group(
    path: str | Path, arrays: Mapping[str, Array], name: str, shape: tuple[int, int]
) -> Array:
    """The parameters of one group."""
    found: Any = arrays.get(f"group {name}")
    if found is None or found.shape != shape or found.dtype not in (np.float32, np.float64):
        held = "nothing" if found is None else f"{found.dtype} {found.shape}"
        raise DataError(f"{path}: group {name!r} holds {held}; expected floats {shape}")
    if found.size == 0 or not np.isfinite(found).all():
        raise DataError(f"{path}: group {name!r} is empty or holds a number that is not finite")
    return np.asarray(found)
