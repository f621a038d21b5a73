"""Functions of texts: cutting, searching, joining, and numbers as texts."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable

from sheetsim.book import CellError, Value
from sheetsim.formula.functions._make import coerced, plain
from sheetsim.formula.functions._number_format import fixed, show
from sheetsim.formula.functions._wildcards import search
from sheetsim.formula.functions.dates import base, dated, number_in_book
from sheetsim.formula.values import NA_ERROR, VALUE_ERROR, ExcelError, plain_number_of, text_of

LONGEST = 32767
"""Characters of a text; a longer one is `#VALUE!`."""

LONGEST_FORMAT = 255
Rows = list[list[Value]]


def _piece(text: str, start: int, count: int) -> str:
    if start < 1 or count < 0:
        raise ExcelError(VALUE_ERROR)
    return text[start - 1 : start - 1 + count]


def _right(text: str, count: int = 1) -> str:
    if count < 0:
        raise ExcelError(VALUE_ERROR)
    return text[len(text) - count :] if count < len(text) else text


def _proper(text: str) -> str:
    """Return each run of letters with a capital first: `2-way`, but `John'S`, as in Excel."""
    return re.sub(r"[^\W\d_]+", lambda match: match[0][:1].upper() + match[0][1:].lower(), text)


def _clean(text: str) -> str:
    return "".join(one for one in text if ord(one) > 31)


def _find(wanted: str, text: str, start: int = 1) -> float:
    """Return the position of a text in another, case included."""
    at = text.find(wanted, start - 1) if 1 <= start <= len(text) + 1 else -1
    if at < 0:
        raise ExcelError(VALUE_ERROR)
    return at + 1.0


def _search(wanted: str, text: str, start: int = 1) -> float:
    """Return the position of a text in another; wildcards, case does not matter."""
    at = search(wanted, text, start - 1) if 1 <= start <= len(text) + 1 else -1
    if at < 0:
        raise ExcelError(VALUE_ERROR)
    return at + 1.0


def _substitute(text: str, old: str, new: str, which: int | None = None) -> str:
    if which is not None and which < 1:
        raise ExcelError(VALUE_ERROR)
    if not old:
        return text
    if which is None:
        if len(text) + text.count(old) * (len(new) - len(old)) > LONGEST:
            raise ExcelError(VALUE_ERROR)
        return text.replace(old, new)
    at = -len(old)
    for _ in range(which):
        at = text.find(old, at + len(old))
        if at < 0:
            return text
    return _short(text[:at] + new + text[at + len(old) :])


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise ExcelError(VALUE_ERROR)
    return text


def _replace(text: str, start: int, count: int, new: str) -> str:
    if start < 1 or count < 0:
        raise ExcelError(VALUE_ERROR)
    return _short(text[: start - 1] + new + text[start - 1 + count :])


def _repeat(text: str, count: int) -> str:
    if count < 0 or len(text) * count > LONGEST:
        raise ExcelError(VALUE_ERROR)
    return text * count


def joined(*texts: str) -> str:
    """Return texts as one.

    Raises:
        ExcelError: it is longer than a cell can hold; found before it is made.
    """
    return _together(texts)


def _together(texts: Iterable[str]) -> str:
    parts, left = [], LONGEST
    for text in texts:
        left -= len(text)
        if left < 0:
            raise ExcelError(VALUE_ERROR)
        parts.append(text)
    return "".join(parts)


def _all_in(ranges: Iterable[Rows]) -> Iterable[str]:
    return (text_of(one) for rows in ranges for row in rows for one in row)


def _concat(*ranges: Rows) -> str:
    return _together(_all_in(ranges))


def _join(between: Rows, skip: bool, *ranges: Rows) -> str:
    """Join texts, the separators taken in turn."""
    signs = list(_all_in([between]))

    def parts() -> Iterable[str]:
        i = 0
        for text in _all_in(ranges):
            if text or not skip:
                if i:
                    yield signs[(i - 1) % len(signs)]
                yield text
                i += 1

    return _together(parts())


def _char(code: int) -> str:
    """Return a character of Windows' code page 1252."""
    if not 1 <= code <= 255:
        raise ExcelError(VALUE_ERROR)
    return bytes([code]).decode("cp1252", errors="replace").replace("\ufffd", chr(code))


def _code(text: str) -> float:
    if not text:
        raise ExcelError(VALUE_ERROR)
    return float(text[0].encode("cp1252", errors="replace")[0])


def _unichar(code: int) -> str:
    if not 1 <= code <= 0x10FFFF:
        raise ExcelError(VALUE_ERROR)
    if 0xD800 <= code <= 0xDFFF:
        raise ExcelError(NA_ERROR)
    return chr(code)


def _unicode(text: str) -> float:
    if not text:
        raise ExcelError(VALUE_ERROR)
    return float(ord(text[0]))


def _value(value: Value) -> float:
    if isinstance(value, bool):
        raise ExcelError(VALUE_ERROR)
    return number_in_book(value) if isinstance(value, str) else float(coerced(value, "n"))


def _number_value(text: str, point: str = ".", group: str = ",") -> float:
    """Return the number that a text spells with these signs; spaces do not count."""
    point, group = point[:1], group[:1]
    text = re.sub(r"\s", "", text)
    if not point or point == group:
        raise ExcelError(VALUE_ERROR)
    body = text.rstrip("%")
    front, sign, behind = body.partition(point)
    if group and group in behind:
        raise ExcelError(VALUE_ERROR)
    body = (front.replace(group, "") if group else front) + ("." if sign else "") + behind
    if not text:
        return 0.0
    number = plain_number_of(body)
    if number != number:
        raise ExcelError(VALUE_ERROR)
    return float(number / 100 ** (len(text) - len(text.rstrip("%"))))


def _text(value: Value, code: str) -> str:
    """Return a value in a number format; see `_number_format` for what is known."""
    if isinstance(value, CellError):
        raise ExcelError(value)
    if len(code) > LONGEST_FORMAT:
        raise ExcelError(VALUE_ERROR)
    if isinstance(value, str):
        with contextlib.suppress(ExcelError):
            value = number_in_book(value)
    try:
        return _short(show(0.0 if value is None else value, code, base()))
    except (ValueError, ArithmeticError) as error:
        raise ExcelError(VALUE_ERROR) from error


def _fixed(number: float, decimals: int = 2, plain_digits: bool = False) -> str:
    if not -127 <= decimals <= 127:
        raise ExcelError(VALUE_ERROR)
    return fixed(number, decimals, commas=not plain_digits)


def _dollar(number: float, decimals: int = 2) -> str:
    shown = _fixed(number, decimals)
    return f"(${shown[1:]})" if shown.startswith("-") else f"${shown}"


def _encode_url(text: str) -> str:
    """Return a text as RFC 3986 writes it in an address: %20 for a space."""
    plain_ones = set(b"-_.~")
    return _together(
        chr(byte) if byte in plain_ones or (byte < 128 and chr(byte).isalnum()) else f"%{byte:02X}"
        for byte in text.encode("utf-8", errors="replace")
    )


def _only_text(value: Value) -> Value:
    return value if isinstance(value, str | CellError) else ""


def _around(
    text: str, mark: str, which: int, nocase: int, ends: int, *rest: Value, after: bool
) -> str:
    """Return what stands before (or after) one of the places of a mark."""
    if which == 0 or nocase not in (0, 1):
        raise ExcelError(VALUE_ERROR)
    flags = re.IGNORECASE if nocase else 0
    spans = [match.span() for match in re.finditer(re.escape(mark), text, flags)] if mark else []
    if not mark:
        spans = [(0, 0)] if which > 0 else [(len(text), len(text))]
    elif ends:
        spans = [*spans, (len(text), len(text))] if which > 0 else [(0, 0), *spans]
    at = which - 1 if which > 0 else which
    if not -len(spans) <= at < len(spans):
        if rest:
            return text_of(rest[0])
        raise ExcelError(NA_ERROR)
    first, last = spans[at]
    return text[last:] if after else text[:first]


def _side(*, after: bool) -> Callable[..., str]:
    def cut(
        text: str, mark: str, which: int = 1, nocase: int = 0, ends: int = 0, *rest: Value
    ) -> str:
        return _around(text, mark, which, nocase, ends, *rest, after=after)

    return cut


def _as_text(value: Value, strict: float = 0.0) -> str:
    """Return VALUETOTEXT: as it is shown, or (1) as a formula would write it."""
    if int(strict) not in (0, 1):
        raise ExcelError(VALUE_ERROR)
    if isinstance(value, CellError):
        return value.code
    if isinstance(value, str) and int(strict):
        return '"' + value.replace('"', '""') + '"'
    return text_of(value)


def _array_as_text(rows: list[list[Value]], strict: float = 0.0) -> str:
    """Return ARRAYTOTEXT: all values with commas, or (1) as an array in a formula."""
    written = [[_as_text(value, strict) for value in row] for row in rows]
    if int(strict):
        return "{" + ";".join(",".join(row) for row in written) + "}"
    return ", ".join(one for row in written for one in row)


FUNCTIONS = (
    plain("VALUETOTEXT", "v|n", _as_text),
    plain("ARRAYTOTEXT", "r|n", _array_as_text),
    plain("LOWER", "t", lambda text: text.lower()),
    plain("UPPER", "t", lambda text: text.upper()),
    plain("PROPER", "t", _proper),
    plain("TRIM", "t", lambda text: re.sub(" +", " ", text.strip(" "))),
    plain("CLEAN", "t", _clean),
    plain("LEN", "t", lambda text: float(len(text)), also="LENB"),
    plain("LEFT", "t|i", lambda text, count=1: _piece(text, 1, count), also="LEFTB"),
    plain("RIGHT", "t|i", _right, also="RIGHTB"),
    plain("MID", "tii", _piece, also="MIDB"),
    plain("FIND", "tt|i", _find, also="FINDB"),
    plain("SEARCH", "tt|i", _search, also="SEARCHB"),
    plain("SUBSTITUTE", "ttt|i", _substitute),
    plain("REPLACE", "tiit", _replace, also="REPLACEB"),
    plain("REPT", "ti", _repeat),
    plain("EXACT", "tt", lambda a, b: a == b),
    plain("CONCATENATE", "t", joined, most=255),
    plain("CONCAT", "r", _concat, most=255),
    plain("TEXTJOIN", "rbr", _join, most=252),
    plain("TEXTBEFORE", "tt|iiiv", _side(after=False)),
    plain("TEXTAFTER", "tt|iiiv", _side(after=True)),
    plain("CHAR", "i", _char),
    plain("CODE", "t", _code),
    plain("UNICHAR", "i", _unichar),
    plain("UNICODE", "t", _unicode),
    dated("VALUE", "v", _value),
    plain("NUMBERVALUE", "t|tt", _number_value),
    dated("TEXT", "vt", _text),
    plain("FIXED", "n|ib", _fixed),
    plain("DOLLAR", "n|i", _dollar),
    plain("T", "v", _only_text, over_references=True),
    plain("ENCODEURL", "t", _encode_url),
    plain("HYPERLINK", "t|v", lambda link, *name: name[0] if name else link),
)
