"""Errors: one line with the cure, a documented code, whole after a trip between processes."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from dubber import errors
from dubber.errors import DubError, MediaError, printable

DOCUMENTED = {1, 2, 3, 65, 66, 69, 73, 74, 75, 77, 78}


def all_errors() -> list[type[DubError]]:
    found = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, DubError)]
    assert len(found) > 10
    return found


@pytest.mark.parametrize("kind", all_errors())
def test_every_error_ends_with_a_documented_code(kind: type[DubError]) -> None:
    assert kind.exit_code in DOCUMENTED


def test_an_error_says_what_which_and_the_cure() -> None:
    error = MediaError("no audio track", subject=Path("a.mp4"), cure="choose another file")
    assert str(error) == "no audio track: a.mp4; choose another file"


def test_an_error_survives_the_trip_between_processes() -> None:
    error = MediaError("no audio track", subject="a.mp4", cure="choose another file")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes, made here
    assert (type(again), str(again)) == (MediaError, str(error))


@pytest.mark.parametrize("name", ["new\nline.mp4", "evil\u202e4pm.exe", "bad\udcff.mp4", "\x1b[2J"])
def test_a_name_cannot_break_the_line_it_is_shown_on(name: str) -> None:
    shown = printable(name)
    assert shown.isprintable()
    assert shown.encode("utf-8")


def test_indic_names_are_shown_as_they_are() -> None:
    assert printable("हिन्दी वीडियो क्\u200dष.mp4") == "हिन्दी वीडियो क्\u200dष.mp4"
