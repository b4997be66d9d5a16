"""Fitting the last convolution to a face in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from dubber.lipsync.gan.adapt import Examples, fit_head
from dubber.lipsync.gan.canvas import CHANNELS, HEIGHT, REFERENCES, WIDTH, mask, mouth
from tests.lipsync.gan.people import Mixer, person

random = np.random.default_rng


def faces(count: int, *, share: float) -> Examples:
    """What is shown, and real faces that are a mixture of the first two references."""
    chance = random(5)
    shown = chance.integers(60, 200, (count, CHANNELS, HEIGHT, WIDTH)).astype(np.uint8)
    first, second = shown[:, 3:6].astype(float), shown[:, 6:9].astype(float)
    real = share * first + (1 - share) * second
    covered = np.stack([mask([person().points[0]])] * count)
    mouths = np.stack([mouth(person().points[0])] * count)
    whole = np.rint(np.clip(real, 0, 255)).astype(np.uint8).transpose(0, 2, 3, 1)
    return Examples(shown, whole, covered, mouths, np.arange(count) // 6)


def test_a_mixture_it_can_make_is_found() -> None:
    model = Mixer()
    seen = faces(24, share=0.3)
    fitted = fit_head(model, seen)
    assert fitted.solved
    assert fitted.after < 0.1 * fitted.before
    drawn = model.draw(seen.shown, fitted.head)
    assert np.abs(drawn.astype(int) - seen.real)[seen.covered > 0].mean() < 2
    assert fitted.head.weight[0, 12, 1, 1] == pytest.approx(0.7, abs=0.05)


def test_the_trained_head_stays_where_nothing_is_gained() -> None:
    model = Mixer()
    fitted = fit_head(model, faces(24, share=1.0))
    assert not fitted.solved
    assert fitted.head is model.head


def test_too_few_frames_solve_nothing() -> None:
    model = Mixer()
    assert not fit_head(model, faces(8, share=0.3)).solved


def test_held_out_runs_are_not_solved_on() -> None:
    """Every fourth run differs wholly from the others: what is solved on these must not pass."""
    model = Mixer()
    seen = faces(24, share=0.0)
    assert seen.held().tolist() == (seen.runs == 3).tolist()
    seen.real[seen.runs == 3] = seen.shown[seen.runs == 3, 3:6].transpose(0, 2, 3, 1)
    assert not fit_head(model, seen).solved


def test_the_mixer_of_these_tests_folds_as_the_generator_does() -> None:
    shown = random(1).integers(0, 255, (1, CHANNELS, HEIGHT, WIDTH)).astype(np.uint8)
    model = Mixer()
    assert (model.draw(shown, model.head)[0] == shown[0, 3:6].transpose(1, 2, 0)).all()
    assert model.features(shown).shape == (1, 12 * REFERENCES, HEIGHT // 2, WIDTH // 2)
