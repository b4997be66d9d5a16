"""The embedded generator, through the registry and on a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dubber.engines.lips_gan import CARD, Gan
from dubber.errors import EngineError, UnavailableError
from dubber.lipsync.gan.canvas import mouth
from dubber.lipsync.gan.model import MouthModel
from dubber.lipsync.shape import measure
from dubber.protocols import FacePatch, LipRenderer
from dubber.registry import choose, open_engine
from dubber.weights import locate
from tests.lipsync.gan.people import person


@pytest.fixture(scope="module")
def engine() -> Gan:
    return Gan(MouthModel(locate(CARD), threads=1))


def test_the_embedded_generator_is_opened_by_name() -> None:
    engine = open_engine(choose("lips", "gan", "auto"), threads=1)
    assert isinstance(engine, LipRenderer)
    assert engine.name == "lips.gan"


def test_a_folder_without_a_generator_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no generator of mouths here"):
        open_engine(choose("lips", f"gan:{tmp_path}", "auto"))
    with pytest.raises(UnavailableError, match="no such folder"):
        open_engine(choose("lips", f"gan:{tmp_path}/none", "auto"))


def test_an_open_mouth_is_closed_and_a_closed_one_opened(engine: Gan) -> None:
    clip = person()
    shapes = measure(clip.points)
    order = np.argsort(shapes[:, 0])
    closed, wide = int(order[1]), int(order[-2])
    met = np.array([n for n in range(40) if n not in (closed, wide)], np.int32)
    faces = [FacePatch(clip.faces[n], clip.points[n]) for n in met]
    yaw = np.zeros(len(met), np.float32)
    rows = engine.choose(met, shapes[met], yaw, most=600)
    painter = engine.meet([faces[row] for row in rows], met[rows], shapes[met][rows], yaw[rows])
    for here, there in ((closed, wide), (wide, closed)):
        painter.plan(clip.points[[here]], shapes[[there]], yaw[:1])
        drawn = painter.paint(0, FacePatch(clip.faces[here], clip.points[here]))
        lips = mouth(clip.points[wide]) > 0
        off = np.abs(drawn.image.astype(int) - clip.faces[there])[lips].mean()
        apart = np.abs(clip.faces[here].astype(int) - clip.faces[there])[lips].mean()
        assert off < 0.7 * apart
