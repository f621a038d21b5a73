"""What a list says of a topic, read from its file, is what the topic says when it is imported."""

import sys
from pathlib import Path

import pytest

from sheetsim.topics import home_of, lessons, outlines
from sheetsim.topics._outline import _parsed, _source, read_outline


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
            assert _parsed(_source(f"sheetsim.topics.{name}.{topic.name}")) is not None, topic.name


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
