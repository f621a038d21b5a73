"""Models to .npz files and back; files from strangers."""

import contextlib
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsim.errors import DataError, OutputError
from sheetsim.learn.classifier import Classifier
from sheetsim.learn.collab import DotProductBias
from sheetsim.learn.saving import load_model, save_model

MODELS: list[Any] = [
    DotProductBias(3, 4, 2, seed=1),
    DotProductBias(3, 4, 2, y_range=None, dtype=np.float64),
    Classifier((6, 5, 3), seed=2),
]


@pytest.mark.parametrize("model", MODELS, ids=["collab", "no range", "classifier"])
def test_there_and_back(model: Any, tmp_path: Path) -> None:
    labels = {"titles": np.array(["Ünï", "b"], dtype=object), "ids": np.arange(3)}
    path = save_model(model, tmp_path / "model.npz", labels)
    loaded, found = load_model(path)
    assert type(loaded) is type(model)
    assert loaded.settings == model.settings
    for name, group in model.groups.items():
        np.testing.assert_array_equal(loaded.groups[name], group)
        assert loaded.groups[name].dtype == group.dtype
    assert found["titles"].tolist() == ["Ünï", "b"]
    assert found["ids"].tolist() == [0, 1, 2]


def test_nothing_in_it_is_a_pickle(tmp_path: Path) -> None:
    path = save_model(MODELS[0], tmp_path / "model.npz", {"t": np.array(["a", None], dtype=object)})
    with np.load(path, allow_pickle=False) as file:
        assert {file[name].dtype.kind for name in file.files} <= set("fiuU")


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")
    with pytest.raises(OutputError):
        save_model(MODELS[0], path / "below")
    path.chmod(0o444)
    assert path.read_bytes() == b"old"


def written(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def settings_of(**changed: Any) -> np.ndarray[Any, Any]:
    return np.array(json.dumps({**MODELS[0].settings, **changed}))


GROUPS = {f"group {name}": group for name, group in MODELS[0].groups.items()}
GOOD = {"kind": np.array("collab"), "settings": settings_of(), **GROUPS}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "expected a model saved by sheetsim"),
        ({**GOOD, "kind": np.array("tree")}, "expected a model saved by sheetsim"),
        ({**GOOD, "settings": np.array("{")}, "expected a model saved by sheetsim"),
        ({**GOOD, "settings": np.array("[]")}, "expected a model saved by sheetsim"),
        ({**GOOD, "settings": settings_of(k=10**9)}, r"expected floats \(3, 1000000001\)"),
        ({**GOOD, "settings": settings_of(k=-1)}, r"expected floats \(3, 0\)"),
        ({**GOOD, "settings": settings_of(k="1")}, "expected a model saved by sheetsim"),
        ({**GOOD, "settings": np.array("[" * 100_000)}, "expected a model saved by sheetsim"),
        ({**GOOD, "settings": settings_of(y_range="ab")}, "its settings are of no model"),
        ({**GOOD, "settings": settings_of(y_range=[1])}, "its settings are of no model"),
        ({**GOOD, "settings": settings_of(y_range=[5, 1])}, "its settings are of no model"),
        ({**GOOD, "settings": settings_of(y_range=[float("nan"), 1])}, "are of no model"),
        ({**GOOD, "settings": settings_of(y_range=[0, 10**400])}, "are of no model"),
        ({**GOOD, "group users": np.ones((2, 2))}, r"'users' holds float64 \(2, 2\); expected flo"),
        ({**GOOD, "group users": GROUPS["group users"].astype(int)}, "holds int64"),
        ({**GOOD, "group users": GROUPS["group users"] * np.nan}, "number that is not finite"),
        ({k: v for k, v in GOOD.items() if k != "group items"}, "'items' holds nothing"),
    ],
)
def test_files_that_are_no_model(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = written(tmp_path / "model.npz", **arrays)
    with pytest.raises(DataError, match=message) as error:
        load_model(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


class Bomb:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was run",))


def test_pickles_are_never_run(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError, match=r"is no \.npz; expected a model"):
        load_model(path)
    written(path, **{**GOOD, "label x": np.array([Bomb()], dtype=object)})
    with pytest.raises(DataError, match="expected a model"):
        load_model(path)


def test_an_array_alone_is_no_model(tmp_path: Path) -> None:
    np.save(tmp_path / "model.npy", np.ones(3))
    with pytest.raises(DataError, match="expected a model"):
        load_model(tmp_path / "model.npy")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        load_model(tmp_path / "none.npz")
    with pytest.raises(DataError, match="cannot be read"):
        load_model(tmp_path)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_damage_anywhere_is_an_error_or_the_same_model(tmp_path: Path, data: st.DataObject) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **GOOD)
    raw = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "model.npz"
    end = data.draw(st.just(len(raw)) | st.integers(1, len(raw)))
    path.write_bytes(raw[:end])
    with contextlib.suppress(DataError):
        load_model(path)
