"""Text by what a reader calls a character: the extended grapheme cluster (UAX #29)."""

from __future__ import annotations

import regex


def clusters(text: str) -> list[str]:
    """The grapheme clusters of `text`; joined they are `text` again."""
    return regex.findall(r"\X", text)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` clusters, broken at spaces; only a word longer than a line is
    broken within, and never within a cluster."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(clusters(lines[-1])) + 1 + len(clusters(word)) <= width:
            lines[-1] += f" {word}"
            continue
        pieces = clusters(word)
        lines += ["".join(pieces[i : i + width]) for i in range(0, len(pieces), width)]
    return lines
