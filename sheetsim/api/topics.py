"""What there is of the lecture: workbooks and topics, named without importing any of them."""

from dataclasses import dataclass

from sheetsim.topics import covers, outlines


@dataclass(frozen=True)
class TopicInfo:
    """What `list_topics` says of a topic.

    Attributes:
        name: of the topic and of its sheet.
        workbook: the file that it is in, without its suffix.
        about: the workbook's title.
        title: heading.
        summary: one line.
        solvable: whether `solve` takes it.
        traceable: whether `trace` takes it.
    """

    name: str
    workbook: str
    about: str
    title: str
    summary: str
    solvable: bool
    traceable: bool


def list_topics() -> dict[str, TopicInfo]:
    """Every topic by name.

    Returns:
        name -> what is known of it, in the order of the workbooks and their sheets.
    """
    return {
        topic.name: TopicInfo(
            topic.name,
            lesson.name,
            lesson.title,
            topic.title,
            topic.summary,
            topic.solvable,
            topic.traceable,
        )
        for lesson in covers().values()
        for topic in outlines()[lesson.name]
    }


def list_workbooks() -> tuple[str, ...]:
    """The names of the workbooks that are built from options alone.

    Returns:
        The names, in order; `build` also takes those that need more, such as `movielens`.
    """
    return tuple(lesson.name for lesson in covers().values() if not lesson.needs)
