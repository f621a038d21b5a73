"""What a list says of a topic, read from its file, is what the topic says when it is imported."""

import sys
from pathlib import Path

import pytest

from sheetsim.module_text import source_of
from sheetsim.topics import home_of, lessons, outlines
from sheetsim.topics._outline import _parsed, read_outline
from sheetsim.topics.gradient_descent._all import optimizers
from sheetsim.topics.gradient_descent._outlines import outlines as outlines_of_optimizers
from sheetsim.topics.gradient_descent._outlines import parsed


def test_every_outline_is_its_topics() -> None:
    assert list(outlines()) == list(lessons())
    for name, lesson in lessons().items():
        listed = [
            (t.name, t.title, t.summary, t.order, t.solvable, t.traceable) for t in outlines()[name]
        ]
        assert listed == [
            (t.name, t.title, t.summary, t.order, t.model is not None, t.trace is not None)
            for t in lesson.topics
        ]
        assert home_of(name) == home_of(lesson.topics[0].name)


def test_every_topic_is_read_without_an_import() -> None:
    for name, lesson in lessons().items():
        for topic in lesson.topics:
            source = source_of(f"sheetsim.topics.{name}.{topic.name}")
            assert _parsed(source) is not None, topic.name


def test_every_optimizers_parameters_are_read_without_an_import() -> None:
    for one in optimizers():
        lecture = one.lecture.hyper if one.lecture else {}
        read = parsed(source_of(f"sheetsim.topics.gradient_descent.{one.name}"))
        assert read is not None, one.name
        assert (read.name, read.order) == (one.name, one.order)
        assert read.sheet == {**lecture, **one.textbook.hyper}
        assert read.training == (one.training.hyper if one.training else None)
    assert [one.name for one in outlines_of_optimizers()] == [one.name for one in optimizers()]


@pytest.mark.parametrize(
    ("variant", "training"),
    [
        ("Variant(1, 2, hyper=dict(lr=1.0), formulas={})", "Training({}, 1.0)"),
        ("made(lr=1.0)", "Training({}, 1.0)"),
        ("Variant(1, 2, {'lr': 1.0}, {})", "Training(HYPER | {}, 1.0)"),
    ],
)
def test_parameters_that_are_not_plain_are_not_guessed(variant: str, training: str) -> None:
    """The file is imported then."""
    source = "\nOPTIMIZER = Optimizer(name='a', order=1, lecture=None, textbook=%s, training=%s)"
    found = parsed(source % ("Variant(1, 2, {'lr': 1.0}, {})", "Training({}, 1.0)"))
    assert found is not None
    assert found.sheet == {"lr": 1.0}
    assert parsed(source % (variant, training)) is None


TOPICS = {
    "computed": """
from sheetsim.topics import Topic
WORDS = "computed"
TOPIC = Topic(name=WORDS, title="A", summary="b", sheet=None, tries=(), order=3)
""",
    "in_a_branch": """
from sheetsim.topics import Topic
if True:
    TOPIC = Topic(name="in_a_branch", title="A", summary="b", sheet=None, tries=(), order=3)
""",
    "by_another_maker": """
from sheetsim.topics import Topic
def made(name, **rest):
    return Topic(name=name, sheet=None, tries=(), **rest)
TOPIC = made(name="by_another_maker", title="A", summary="b", order=3)
""",
}


@pytest.mark.parametrize("name", TOPICS)
def test_what_is_not_plain_is_imported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = f"topics_of_a_test_{name}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / f"{name}.py").write_text(TOPICS[name])
    (tmp_path / package / "none.py").write_text("TOPICS = ()\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = read_outline(f"{package}.{name}")
    assert found is not None
    assert (found.name, found.title, found.order, found.solvable) == (name, "A", 3, False)
    assert f"{package}.{name}" in sys.modules
    assert read_outline(f"{package}.none") is None
