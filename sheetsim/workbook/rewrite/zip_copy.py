"""Copying a zip with some parts changed and the rest of it as it was, byte for byte.

An unchanged entry keeps its header, its packed bytes, its time and its flags: nothing is unpacked
and packed again, which also makes a copy of a large workbook quick. A changed entry keeps its
place, its time and its attributes, and is packed by the method that it was packed by. New entries
come last.

    local header, name, extra, packed bytes [, sizes once more]   an entry, as often as there are
    central record, name, extra, comment                          one for each entry
    end record                                                    counts, and where the records are

Layouts: PKWARE, APPNOTE.TXT, 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sheetsim.workbook.read.archive import Archive

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_SIZES_FOLLOW = 0x08  # flag: the sizes stand behind the packed bytes
_SIZES_AT_MOST = 24  # bytes that they take, the longest form with its signature
_ZIP64 = 1  # the extra field with 8-byte sizes
_LEVEL = 6
# What the flags of a deflated entry say about the level of compression: none said, most, fast,
# fastest. Excel says the last, and its files are as large as those of level 3.
_LEVELS = {0: _LEVEL, 2: 9, 4: 3, 6: 3}
_LONGEST_COMMENT = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry ready to be written: its bytes, and its central record without the offset."""

    local: bytes
    record: tuple[int | bytes, ...]
    tail: bytes


def rewritten(
    archive: Archive, changed: Mapping[str, bytes], added: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the bytes of a copy of a zip.

    Args:
        archive: the open file.
        changed: part to its new bytes, unpacked.
        added: parts to append; they take the time of the workbook's part.

    Raises:
        WorkbookError: the zip is damaged where its parts should be, or a changed part is not
            there.
    """
    infos = archive.entries
    names = [info.filename for info in infos]
    missing = (changed or {}).keys() - set(names)
    twice = (added or {}).keys() & set(names)
    if missing or twice:
        wrong = min(missing or twice)
        problem = "has no part" if missing else "already has a part"
        raise WorkbookError(f"{archive.path}: {problem} {wrong}")
    data = archive.raw()
    records = _central_records(data, archive.directory_offset, len(infos), archive.path)
    offsets = sorted(info.header_offset for info in infos)
    following = dict(zip(offsets, [*offsets[1:], archive.directory_offset], strict=True))
    entries = []
    for info, (record, tail) in zip(infos, records, strict=True):
        local = _local_entry(data, info, following[info.header_offset], archive.path)
        if info.filename in changed:
            entries.append(_changed(local, record, tail, changed[info.filename]))
        else:
            entries.append(_Entry(local, record, tail))
    model = next(r for n, (r, _) in zip(names, records, strict=True) if n == archive.workbook)
    entries += [_added(name, new, model) for name, new in (added or {}).items()]
    return _joined(entries, infos, _comment(data))


def _joined(entries: list[_Entry], infos: list[zipfile.ZipInfo], comment: bytes) -> bytes:
    """Return the whole file: the entries in the order in which they stood, then the records."""
    out, place, at = [], {}, 0
    order = sorted(range(len(infos)), key=lambda i: infos[i].header_offset)
    for index in [*order, *range(len(infos), len(entries))]:
        place[index] = at
        out.append(entries[index].local)
        at += len(entries[index].local)
    start = at
    for index, entry in enumerate(entries):
        head = _CENTRAL.pack(*entry.record[:-1], place[index])
        out += [head, entry.tail]
        at += len(head) + len(entry.tail)
    count = len(entries)
    out.append(_END.pack(b"PK\5\6", 0, 0, count, count, at - start, start, len(comment)))
    return b"".join([*out, comment])


def _central_records(
    data: bytes, start: int, count: int, path: Path
) -> list[tuple[tuple[int | bytes, ...], bytes]]:
    """Return the fixed fields, and name, extra and comment, of each central record."""
    records = []
    at = start
    for _ in range(count):
        if len(data) < at + _CENTRAL.size or data[at : at + 4] != b"PK\1\2":
            raise WorkbookError(f"{path}: a damaged zip, its list of parts is cut off")
        fields = _CENTRAL.unpack_from(data, at)
        end = at + _CENTRAL.size + fields[10] + fields[11] + fields[12]
        records.append((fields, data[at + _CENTRAL.size : end]))
        at = end
    return records


def _local_entry(data: bytes, info: zipfile.ZipInfo, end: int, path: Path) -> bytes:
    """Return an entry's bytes from its header to the end of what belongs to it."""
    at = info.header_offset
    if data[at : at + 4] != b"PK\3\4" or len(data) < at + _LOCAL.size:
        raise WorkbookError(
            f"{path}: a damaged zip, {info.filename} does not start where it should"
        )
    fields = _LOCAL.unpack_from(data, at)
    size = _LOCAL.size + fields[9] + fields[10] + info.compress_size
    if at + size > end:
        raise WorkbookError(f"{path}: a damaged zip, {info.filename} runs into the next part")
    if fields[2] & _SIZES_FOLLOW:
        size = min(size + _SIZES_AT_MOST, end - at)
    return data[at : at + size]


def _changed(local: bytes, record: tuple[int | bytes, ...], tail: bytes, new: bytes) -> _Entry:
    """Return an entry with other contents, its time, its attributes and its method kept."""
    head = list(_LOCAL.unpack_from(local))
    fields = list(record)
    method = zipfile.ZIP_STORED if fields[4] == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
    packed = new if method == zipfile.ZIP_STORED else _deflated(new, _LEVELS[int(head[2]) & 6])
    flags = int(head[2]) & ~_SIZES_FOLLOW
    name = local[_LOCAL.size : _LOCAL.size + head[9]]
    extra = _without_zip64(local[_LOCAL.size + head[9] : _LOCAL.size + head[9] + head[10]])
    sizes = (zlib.crc32(new), len(packed), len(new))
    head[2:4], head[6:9], head[10] = [flags, method], sizes, len(extra)
    name_size, extra_size = int(fields[10]), int(fields[11])
    own_extra = _without_zip64(tail[name_size : name_size + extra_size])
    fields[3:5] = [int(fields[3]) & ~_SIZES_FOLLOW, method]
    fields[7:10], fields[11] = sizes, len(own_extra)
    rest = tail[:name_size] + own_extra + tail[name_size + extra_size :]
    return _Entry(_LOCAL.pack(*head) + name + extra + packed, tuple(fields), rest)


def _added(name: str, new: bytes, model: tuple[int | bytes, ...]) -> _Entry:
    """Return a new entry with the time of another one, given by its central record."""
    packed, title = _deflated(new), name.encode("ascii")
    time = (model[5], model[6])
    sizes = (zlib.crc32(new), len(packed), len(new))
    method = zipfile.ZIP_DEFLATED
    head = _LOCAL.pack(b"PK\3\4", 20, 0, method, *time, *sizes, len(title), 0)
    record = (b"PK\1\2", 20, 20, 0, method, *time, *sizes, len(title), 0, 0, 0, 0, 0, 0)
    return _Entry(head + title + packed, record, title)


def _deflated(data: bytes, level: int = _LEVEL) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _without_zip64(extra: bytes) -> bytes:
    """Return an entry's extra fields without the one that repeats its sizes."""
    kept, at = [], 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind != _ZIP64:
            kept.append(extra[at : at + 4 + size])
        at += 4 + size
    return b"".join(kept)


def _comment(data: bytes) -> bytes:
    """Return the comment at the end of the file."""
    at = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - _LONGEST_COMMENT))
    return data[at + _END.size :] if at >= 0 else b""
