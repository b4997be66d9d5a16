"""The IndicTrans2 models that are published, and getting one.

They are MIT, and stand behind a page where one says who one is: an account, a click on the page of
the model, and a token in `HF_TOKEN` (https://huggingface.co/docs/hub/models-gated).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from dubber.errors import UnavailableError, UsageError
from dubber.fetch import AccessError, fetch, look, read_json
from dubber.protocols import Progress, silent

HUB = "https://huggingface.co"
ENDPOINT, TOKEN = "HF_ENDPOINT", "HF_TOKEN"  # the names the Hub's own tools read
WANTED = ("config.json", "dict.*.json", "model.SRC", "model.TGT", "*.safetensors")
NEEDED = ("config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT")


@dataclass(frozen=True, slots=True)
class Published:
    """A model by its name here, its repository, and the direction it translates."""

    name: str
    repository: str
    direction: str

    @property
    def page(self) -> str:
        """Where its licence is accepted."""
        return f"{hub()}/{self.repository}"


MODELS = tuple(
    Published(f"{direction}-{size}", f"ai4bharat/indictrans2-{direction}-{size}", direction)
    for direction, sizes in (
        ("indic-indic", ("dist-320M", "1B")),
        ("en-indic", ("dist-200M", "1B")),
        ("indic-en", ("dist-200M", "1B")),
    )
    for size in sizes
)


def hub() -> str:
    """Where the models lie: the Hub, or the mirror that `HF_ENDPOINT` names."""
    return os.environ.get(ENDPOINT, HUB).rstrip("/")


def model(name: str) -> Published:
    """The published model called `name`. UsageError names those there are."""
    for known in MODELS:
        if known.name == name:
            return known
    cure = "use one of " + ", ".join(known.name for known in MODELS)
    raise UsageError(f"no IndicTrans2 model {name!r}", cure=cure)


def get(
    wanted: Published, folder: Path, *, revision: str = "main", progress: Progress = silent
) -> Path:
    """The files of a model in `folder`, verified; those that are there and right are kept.

    UnavailableError says which page to open and which token to set if the Hub asks; what came stays
    for the next call.
    """
    token = os.environ.get(TOKEN, "")
    try:
        names = _names(wanted, revision, token)
        at = f"{hub()}/{wanted.repository}/resolve/{revision}"
        remotes = {name: look(f"{at}/{name}", token=token) for name in names}
        whole, done = sum(remote.size for remote in remotes.values()), 0
        for name, remote in remotes.items():
            report = _after(done, whole, progress)
            fetch(f"{at}/{name}", folder / name, remote, token=token, progress=report)
            done += remote.size
    except AccessError as error:
        raise UnavailableError(
            f"the licence of {wanted.repository} is not accepted, or not by this token",
            subject=wanted.page,
            cure=f"open that page, accept, make a read token and set {TOKEN}; then run this again",
        ) from error
    return folder


def _names(wanted: Published, revision: str, token: str) -> Sequence[str]:
    told = read_json(f"{hub()}/api/models/{wanted.repository}/revision/{revision}", token=token)
    try:
        there = [str(entry["rfilename"]) for entry in told["siblings"]]
    except (KeyError, TypeError) as error:
        raise UnavailableError("the Hub does not list the files", subject=wanted.page) from error
    names = [n for n in there if "/" not in n and any(fnmatch(n, like) for like in WANTED)]
    lacking = [name for name in NEEDED if name not in names]
    if lacking or not any(name.endswith(".safetensors") for name in names):
        what = ", ".join(lacking) or "weights in safetensors"
        raise UnavailableError(f"the repository has no {what}", subject=wanted.page)
    return sorted(names)


def _after(before: int, whole: int, progress: Progress) -> Progress:
    return lambda done, _: progress(before + done, whole)
