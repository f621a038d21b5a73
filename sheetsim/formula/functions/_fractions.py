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
    slash = tokens.index(("/", "/"))
    first = slash
    while first and tokens[first - 1][0] == "digit":
        first -= 1
    end = slash + 1
    while end < len(tokens) and (tokens[end][0] == "digit" or tokens[end][1] in set("123456789")):
        end += 1
    over = "".join(text for _, text in tokens[first:slash])
    under = "".join(text for _, text in tokens[slash + 1 : end])
    whole = [i for i, (kind, _) in enumerate(tokens[:first]) if kind == "digit"]
    if not (over and under) or max(len(over), len(under)) > _MOST_PLACES:
        raise ValueError(shown)
    if any(kind not in {"digit", "text"} for kind, _ in tokens[:first] + tokens[end:]):
        raise ValueError(shown)
    number, part = divmod(Fraction(shown), 1) if whole else (0, Fraction(shown))
    top, bottom = _nearest(part, under)
    if whole and top == bottom:
        number, top = number + 1, 0
    head = [text for _, text in tokens[:first]]
    if whole:
        digits = str(number) if number or (not top and "0" not in over) else ""
        places = "".join(head[i] for i in whole)
        head[whole[0]] = _right(digits, places)
        for i in whole[1:]:
            head[i] = ""
    if whole and not top and "0" not in over:
        body = " " * (len(over) + 1 + len(under))
    else:
        body = f"{_right(str(top), over)}/{_left(str(bottom), under)}"
    return "".join([*head, body, *(text for _, text in tokens[end:])])


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
