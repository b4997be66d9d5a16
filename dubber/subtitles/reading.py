"""Text out of subtitle files that come from anywhere: encodings, markup, times."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from dubber.errors import DataError, NoInputError

MAX_BYTES = 16 << 20
MAX_HOURS = 100
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>|<\d[\d:.]*>")  # <b>, </font>, <v Name>, <00:01.000>
OVERRIDE = re.compile(r"\{\\[^{}]*\}")  # ASS: {\an8}, {\fs900}
BREAK = re.compile(r"\\[Nn]")
TIME = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})")
# What a player might take for an ASS command, turned into what looks alike and does nothing.
HARMLESS = str.maketrans({"{": "(", "}": ")", "\\": "∖"})


def read_text(path: Path) -> str:
    """The file as text with "\\n" line ends: UTF-8, or UTF-16 told by its mark or its zero bytes.

    NoInputError; DataError with the line that is not text.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES and path.is_file() else b""
    except FileNotFoundError:
        raise NoInputError("no such file", subject=path) from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", subject=path) from error
    if not data:
        raise DataError("empty, too large, or not an ordinary file", subject=path)
    data, encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"line {line} is not {encoding.upper()} text", subject=path, cure="save it as UTF-8"
        ) from error
    if "\0" in text:
        raise DataError("not a text file", subject=path)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> tuple[bytes, str]:
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data[len(mark) :], encoding
    head = data[:4000]
    if head[1::2].count(0) > len(head) // 8:
        return data, "utf-16-le"
    if head[0::2].count(0) > len(head) // 8:
        return data, "utf-16-be"
    return data, "utf-8"


def clean(text: str) -> str:
    """`text` without markup, ready to be spoken or shown: nothing in it can command a player."""
    text = OVERRIDE.sub("", BREAK.sub("\n", text))
    while (bare := TAG.sub("", text)) != text:
        text = bare
    lines = (" ".join(line.split()) for line in text.translate(HARMLESS).splitlines())
    return "\n".join(line for line in lines if line)


def seconds(text: str, *, path: Path, line: int) -> float:
    """A time like 01:02:03,456 or 02:03.456; DataError with the line."""
    match = TIME.fullmatch(text.strip())
    if match is None:
        raise DataError(f"line {line}: not a time: {text.strip()[:40]!r}", subject=path)
    hours, minutes, whole, part = match.groups()
    if len(hours or "") > 3 or int(hours or 0) >= MAX_HOURS or int(minutes) > 59 or int(whole) > 59:
        raise DataError(f"line {line}: no such time: {text.strip()[:40]!r}", subject=path)
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(whole) + int(part.ljust(3, "0")) / 1000


def span(text: str, *, path: Path, line: int) -> tuple[float, float]:
    """The two times of "START --> END", with whatever settings follow; DataError with the line."""
    start_text, _, rest = text.partition("-->")
    words = rest.split()
    start = seconds(start_text, path=path, line=line)
    end = seconds(words[0] if words else "", path=path, line=line)
    if end <= start:
        raise DataError(f"line {line}: it ends before it starts", subject=path)
    return start, end
