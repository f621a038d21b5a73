"""Numbers as fractions, by the format codes `# ?/?`, `??/??`, `# ?/8` and the like.

The fraction is the nearest one whose denominator has as many digits as there are places for it,
or the one that the code names. A numerator stands to the right of its places and a denominator to
the left; where nothing is left behind the whole number, spaces stand for the fraction.
"""

from __future__ import annotations

from fractions import Fraction

Token = tuple[str, str]

_MOST_PLACES = 10


def fraction(shown: str, tokens: list[Token]) -> str:
    """Return a number that is not negative as a fraction.

    Args:
        shown: its digits.
        tokens: the code's, of which one is a "/" behind a digit's place.

    Raises:
        ValueError: what stands around the "/" is not known here.
    """
    percents = sum(kind == "%" for kind, _ in tokens)
    value = Fraction(shown) * 100**percents
    head, over, middle, under, tail = _parts(shown, tokens)
    texts = [text for _, text in head]
    whole = [i for i, (kind, _) in enumerate(head) if kind == "digit"]
    number, part = divmod(value, 1) if whole else (0, value)
    top, bottom = _nearest(part, under)
    if whole and top == bottom:
        number, top = number + 1, 0
    hidden = top == 0 and "0" not in over
    if whole:
        _put_whole(texts, whole, str(number) if number or hidden else "")
    body = f"{_right(str(top), over)}{middle}{_left(str(bottom), under)}"
    if whole and hidden:
        body = " " * (len(over) + len(middle) + len(under))
    return "".join([*texts, body, *(text for _, text in tail)])


def _parts(shown: str, tokens: list[Token]) -> tuple[list[Token], str, str, str, list[Token]]:
    """Return what stands before a fraction, its parts with what is between, and what is behind.

    Texts may stand around the "/".

    Raises:
        ValueError: something else does.
    """
    slash = tokens.index(("/", "/"))
    before = slash
    while before and tokens[before - 1][0] == "text":
        before -= 1
    first = before
    while first and tokens[first - 1][0] == "digit":
        first -= 1
    behind = slash + 1
    while behind < len(tokens) and _is_text(tokens[behind]):
        behind += 1
    end = behind
    while end < len(tokens) and (tokens[end][0] == "digit" or tokens[end][1] in set("123456789")):
        end += 1
    head, tail = tokens[:first], tokens[end:]
    over = "".join(text for _, text in tokens[first:before])
    middle = "".join(text for _, text in tokens[before:behind])
    under = "".join(text for _, text in tokens[behind:end])
    if not (over and under) or max(len(over), len(under)) > _MOST_PLACES:
        raise ValueError(shown)
    if any(kind not in {"digit", "text", "%"} for kind, _ in head + tail):
        raise ValueError(shown)
    return head, over, middle, under, tail


def _is_text(token: Token) -> bool:
    return token[0] == "text" and token[1] not in set("123456789")


def _put_whole(head: list[str], places: list[int], digits: str) -> None:
    """Put the digits of the whole number into the first of its places, and empty the others."""
    shown = _right(digits, "".join(head[i] for i in places))
    for i in places:
        head[i] = ""
    head[places[0]] = shown


def _nearest(part: Fraction, under: str) -> tuple[int, int]:
    """Return the numerator and the denominator by the places that there are below."""
    if under.isdigit() and int(under):  # it is named: not to be shortened
        return int(part * int(under) + Fraction(1, 2)), int(under)
    near = part.limit_denominator(10 ** len(under) - 1)
    return near.numerator, near.denominator


def _right(digits: str, places: str) -> str:
    """Put digits into places from the right: 0 for a zero, ? for a space, # for nothing."""
    left = places[: max(0, len(places) - len(digits))]
    return "".join({"0": "0", "?": " "}.get(one, "") for one in left) + digits


def _left(digits: str, places: str) -> str:
    if set(places) == {"0"}:
        return digits.rjust(len(places), "0")
    return digits + " " * places[len(digits) :].count("?")
