"""Whose mouth is drawn, and when."""

from __future__ import annotations

import numpy as np

from dubber.config import LipOptions
from dubber.lipsync.roles import plan_roles
from dubber.lipsync.tracks import FaceTrack, FaceTracks
from dubber.schema import Clip, Take, Timeline
from tests.lipsync import talkers

FRAMES = 100


def track(number: int, *, talks: tuple[int, int] = (0, FRAMES), x: float = 0.0) -> FaceTrack:
    """A face in every frame whose mouth moves in the frames `talks`."""
    points = np.repeat(talkers.face()[None], FRAMES, axis=0) + np.array([x, 0], np.float32)
    from dubber.lipsync.points import places

    lower = places((14, 87, 317))
    for n in range(*talks):
        points[n, lower, 1] += 5 * (n % 4 < 2)
    return FaceTrack(
        number,
        number,
        np.arange(FRAMES, dtype=np.int32),
        points.astype(np.float32),
        np.zeros(FRAMES, np.float32),
        np.full(FRAMES, 90.0, np.float32),
        np.ones(FRAMES, np.float32),
    )


def film(*tracks: FaceTrack, cuts: tuple[int, ...] = ()) -> FaceTracks:
    return FaceTracks(np.arange(FRAMES) / 25, np.array(cuts, np.int32), tracks)


def timeline(*clips: tuple[float, float]) -> Timeline:
    placed = tuple(
        Clip(Take(str(n), "", "", end - start, 1.0), start, end - start)
        for n, (start, end) in enumerate(clips)
    )
    return Timeline("ta", FRAMES / 25, placed)


def test_one_face_speaks_while_the_source_or_the_take_does() -> None:
    (role,) = plan_roles(film(track(0)), timeline((1.0, 2.0)), [(1.0, 1.5)], LipOptions())
    assert 22 <= role.first <= 25
    assert 50 <= role.last <= 55
    assert role.weight.max() == 1.0
    assert role.weight[0] < 0.3
    assert role.weight[-1] < 0.3


def test_the_original_talk_does_not_go_on_where_no_take_sounds() -> None:
    (role,) = plan_roles(film(track(0)), timeline(), [(1.0, 3.0)], LipOptions())
    assert role.first < 26
    assert role.last > 74


def test_of_two_faces_the_one_that_moves_its_mouth_speaks() -> None:
    tracks = film(track(0, talks=(10, 40)), track(1, talks=(50, 90), x=120))
    said = [(0.4, 1.6), (2.0, 3.6)]
    roles = plan_roles(tracks, timeline(*said), said, LipOptions())
    assert [(role.track.id, role.first < 45) for role in roles] == [(0, True), (1, False)]


def test_a_listener_keeps_its_mouth_unless_told_otherwise() -> None:
    silent = film(track(0, talks=(0, 0)))
    said = [(1.0, 3.0)]
    assert plan_roles(silent, timeline(*said), said, LipOptions()) == []
    (role,) = plan_roles(silent, timeline(*said), said, LipOptions(listeners=True))
    assert role.track.id == 0


def test_a_short_word_is_judged_by_what_else_the_face_says() -> None:
    said = [(0.4, 2.0), (3.0, 3.2)]
    speaker = film(track(0, talks=(10, 50)))
    assert len(plan_roles(speaker, timeline(*said), said, LipOptions())) == 2
    listener = film(track(0, talks=(60, 70)))
    assert plan_roles(listener, timeline(*said), said, LipOptions()) == []


def test_a_face_that_comes_late_into_the_sentence_may_be_its_speaker() -> None:
    late = track(0).pick(np.arange(70, FRAMES))
    said = [(0.0, 3.6)]
    (role,) = plan_roles(film(late), timeline(*said), said, LipOptions())
    assert role.first == 70


def test_a_face_that_turns_away_or_is_small_keeps_its_pixels() -> None:
    from dataclasses import replace

    whole = track(0)
    turned = replace(whole, yaw=np.linspace(0, 80, FRAMES).astype(np.float32))
    (role,) = plan_roles(film(turned), timeline((0.0, 4.0)), [(0.0, 4.0)], LipOptions())
    assert role.weight[20] == 1.0
    assert not role.weight[50:].any()
    assert np.abs(np.diff(role.weight)).max() < 0.5
    small = replace(whole, size=np.full(FRAMES, 24.0, np.float32))
    assert plan_roles(film(small), timeline((0.0, 4.0)), [(0.0, 4.0)], LipOptions()) == []


def test_without_speech_nothing_is_drawn() -> None:
    assert plan_roles(film(track(0)), timeline(), [], LipOptions()) == []
    assert plan_roles(film(), timeline((1.0, 2.0)), [(1.0, 2.0)], LipOptions()) == []
