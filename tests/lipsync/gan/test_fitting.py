"""The ways to fit to a person, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dubber import languages
from dubber.config import LipOptions
from dubber.engines.lips_gan import CARD, Gan
from dubber.errors import UnavailableError
from dubber.evaluate.report import fits_told
from dubber.lipsync.gan import fitting
from dubber.lipsync.gan.adapt import Examples, Fitted
from dubber.lipsync.gan.batches import Changes, Drawer
from dubber.lipsync.gan.fitting import Fitter
from dubber.lipsync.gan.model import Head, MouthModel
from dubber.protocols import Adaptive, adapted
from dubber.schema import Clip, Phoneme, Take, Timeline
from dubber.stages.find_faces import find_faces
from dubber.stages.sync import sync
from dubber.weights import locate
from tests.lipsync import talkers
from tests.lipsync.gan.people import person


def examples(pairs: int = 12) -> Examples:
    calm = Changes(colour=0, light=0, shape=0, soft=0, other_clip=0)
    batch = Drawer([person()], pairs, 3, calm).batch(0)
    real = np.ascontiguousarray(batch.real.transpose(0, 2, 3, 1))
    runs = np.arange(2 * pairs) // 6
    return Examples(batch.shown, real, batch.mask[:, 0], batch.mouth[:, 0], runs)


@pytest.fixture(scope="module")
def model() -> MouthModel:
    return MouthModel(locate(CARD), threads=1)


def counted(monkeypatch: pytest.MonkeyPatch, head: Head) -> list[Examples]:
    """A way to fit that gives changed weights, and the list of its calls."""
    calls: list[Examples] = []

    def fit(model: MouthModel, examples: Examples) -> Fitted:
        calls.append(examples)
        return Fitted(head, True, 5.0, 4.0, {"net.gate.bias": np.ones(16, np.float32)})

    monkeypatch.setitem(fitting.WAYS, "fast", fit)
    return calls


def test_the_same_faces_are_fitted_once(
    model: MouthModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch, model.head)
    seen = examples()
    first = Fitter(model, "fast", tmp_path / "fits").fit(seen)
    again = Fitter(model, "fast", tmp_path / "fits").fit(examples())
    assert len(calls) == 1
    assert (again.solved, again.before, again.after) == (True, 5.0, 4.0)
    assert (again.head.weight == first.head.weight).all()
    assert (again.changes["net.gate.bias"] == 1).all()
    other = replace(seen, real=255 - seen.real)
    Fitter(model, "fast", tmp_path / "fits").fit(other)
    assert len(calls) == 2
    assert len(list((tmp_path / "fits").iterdir())) == 2


def test_a_damaged_fit_is_made_again(
    model: MouthModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch, model.head)
    seen = examples()
    Fitter(model, "fast", tmp_path).fit(seen)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:1000])
    assert Fitter(model, "fast", tmp_path).fit(seen).solved
    assert len(calls) == 2
    assert Fitter(model, "fast", tmp_path).fit(seen).solved
    assert len(calls) == 2


def test_a_fit_that_cannot_be_kept_is_drawn_with_all_the_same(
    model: MouthModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    counted(monkeypatch, model.head)
    (tmp_path / "fits").write_text("a file in the way")
    assert Fitter(model, "fast", tmp_path / "fits").fit(examples()).solved
    assert "is not kept" in caplog.text


def test_best_without_torch_is_refused_before_any_work(
    model: MouthModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dubber.lipsync.gan.fitting.find_spec", lambda name: None)
    engine = Gan(model)
    assert isinstance(engine, Adaptive)
    with pytest.raises(UnavailableError, match="fitting best needs torch and onnx"):
        adapted(engine, "best", None)
    assert adapted(engine, "fast", None) is not engine


def test_a_film_dubbed_twice_fits_its_face_once_and_says_so(
    model: MouthModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch, model.head)
    film = talkers.make_film(tmp_path / "film.mp4", talkers.talk(50, talkers.chatter))
    find_faces(film, talkers.finder(), target=tmp_path / "faces.npz")
    renderer = adapted(Gan(model), "fast", tmp_path / "fits")
    for code in ("ta", "te"):
        sounds = tuple(Phoneme("a" if n % 2 else "m", n / 9, (n + 1) / 9) for n in range(9))
        take = Take("1", "mama", "1.wav", 1.0, 1.0, sounds)
        report = sync(
            film,
            tmp_path / "faces.npz",
            Timeline(code, 2.0, (Clip(take, 0.5, 1.0),)),
            renderer,
            language=languages.get(code),
            target=tmp_path / f"{code}.mp4",
            speech=[(0.5, 1.5)],
            options=LipOptions(),
        )
        assert report.changed
        (fit,) = report.fits
        assert fit == {"person": fit["person"], "way": "fast", "kept": True,
                       "before": 5.0, "after": 4.0}  # fmt: skip
    assert len(calls) == 1
    assert fits_told(report.fits) == (
        "mouths fitted (fast) to 1 of 1 faces: held-out error 5.00 to 4.00 of 255"
    )


def test_what_was_not_tried_is_not_told() -> None:
    assert fits_told([{"person": 0, "way": "off", "kept": False}]) == ""
    tried = {"way": "best", "kept": False, "before": 4.0, "after": 3.9}
    assert "0 of 2 faces: on held-out frames" in fits_told([tried, tried])


@pytest.mark.torch
def test_learning_on_from_a_face_makes_its_held_out_frames_better() -> None:
    """A face whose mouth is tinted green: nobody the generator was trained on is."""
    from dubber.lipsync.gan.gradient import fit_blocks

    model = MouthModel(locate(CARD), threads=1)
    seen = examples()
    tinted = seen.real.copy()
    tinted[..., 1][seen.mouths > 0] //= 2
    fitted = fit_blocks(model, replace(seen, real=tinted))
    assert fitted.solved
    assert fitted.after < 0.9 * fitted.before
    drawn = model.changed(fitted.changes).draw(seen.shown, fitted.head)
    trained = model.draw(seen.shown, model.head)
    lips = seen.mouths > 0
    errors = [np.abs(d.astype(int) - tinted)[lips].mean() for d in (trained, drawn)]
    assert errors[1] < 0.9 * errors[0]
    assert errors[0] == pytest.approx(fitted.before, rel=0.25)


@pytest.mark.torch
def test_nothing_is_learnt_from_a_face_that_is_drawn_rightly_already() -> None:
    from dubber.lipsync.gan.gradient import fit_blocks

    model = MouthModel(locate(CARD), threads=1)
    seen = examples()
    fitted = fit_blocks(model, replace(seen, real=model.draw(seen.shown, model.head)))
    assert not fitted.solved
    assert fitted.head is model.head
    assert not fitted.changes
