"""The IndicTrans2 models that are published, and getting one.

They are MIT. Those on the Hub stand behind a page where one says who one is: an account, a click on
the page of the model, and a token in `HF_TOKEN` (https://huggingface.co/docs/hub/models-gated). The
authors' fairseq archives ask for nothing (AI4Bharat/IndicTrans2, README, "Download Models"). The
rotary variants (Gumma et al. 2024, arXiv 2408.11382; one of IndicTrans2's authors publishes them)
come as CTranslate2 wrote them: their first home holds a pickle, and only its own code says how the
positions turn.
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
from dubber.translation import archives

HUB = "https://huggingface.co"
ENDPOINT, TOKEN = "HF_ENDPOINT", "HF_TOKEN"  # the names the Hub's own tools read
ARCHIVES = "https://indictrans2-public.objectstore.e2enetworks.net"
README = "https://github.com/AI4Bharat/IndicTrans2#multilingual-translation-models"
PREFIX = "indictrans2-"


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a repository that are wanted, by patterns of their paths; of those there must
    be, the names. A path's folders are left out where it is put."""

    wanted: tuple[str, ...]
    needed: tuple[str, ...]


PIECES = ("model.SRC", "model.TGT")
SAFETENSORS = Layout(
    ("config.json", "dict.*.json", *PIECES, "*.safetensors"),
    ("config.json", "dict.SRC.json", "dict.TGT.json", *PIECES),
)
CTRANSLATE2 = Layout(
    tuple(
        f"*/ctranslate2_model/{name}"
        for name in ("model.bin", "*.json", *(f"vocab/{name}" for name in PIECES))
    ),
    ("model.bin", "config.json", "source_vocabulary.json", "target_vocabulary.json", *PIECES),
)


@dataclass(frozen=True, slots=True)
class Published:
    """A model by its name here, and where it is: a repository of the Hub with files in a layout,
    or an archive on the authors' server."""

    name: str
    repository: str = ""
    layout: Layout = SAFETENSORS
    archive: str = ""

    @property
    def page(self) -> str:
        """Where its licence stands, and on the Hub is accepted."""
        return f"{hub()}/{self.repository}" if self.repository else README


SIZES = {"indic-indic": "320M", "en-indic": "200M", "indic-en": "200M"}  # of the distilled
MODELS = (
    *(
        Published(f"{direction}-{size}", f"ai4bharat/{PREFIX}{direction}-{size}")
        for direction, small in SIZES.items()
        for size in (f"dist-{small}", "1B")
    ),
    *(
        Published(
            f"{direction}-dist-{small}-fairseq", archive=f"it2_distilled_ckpts/{direction}.zip"
        )
        for direction, small in SIZES.items()
    ),
    Published("indic-indic-1B-fairseq", archive="it2_preprint_ckpts/indic-indic.zip"),
    Published("en-indic-1B-fairseq", archive="it2_preprint_ckpts/en-indic-preprint.zip"),
    Published("indic-en-1B-fairseq", archive="it2_preprint_ckpts/indic-en-preprint.zip"),
    *(
        Published(
            f"rotary-{direction}-{size}",
            f"adalat-ai/ct2-rotary-{PREFIX}{direction}-{size}",
            layout=CTRANSLATE2,
        )
        for direction in ("en-indic", "indic-en")
        for size in ("dist-200M", "1B")
    ),
)


def hub() -> str:
    """Where the models lie: the Hub, or the mirror that `HF_ENDPOINT` names."""
    return os.environ.get(ENDPOINT, HUB).rstrip("/")


def model(name: str) -> Published:
    """The published model called `name`, here or on the Hub. UsageError names those there are."""
    for known in MODELS:
        repository = known.repository
        if name and name in (known.name, repository, repository.rpartition("/")[2]):
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
    if wanted.archive:
        return archives.get(f"{ARCHIVES}/{wanted.archive}", folder, progress=progress)
    token = os.environ.get(TOKEN, "")
    try:
        names = _names(wanted, revision, token)
        at = f"{hub()}/{wanted.repository}/resolve/{revision}"
        remotes = {name: look(f"{at}/{name}", token=token) for name in names}
        whole, done = sum(remote.size for remote in remotes.values()), 0
        for name, remote in remotes.items():
            report = _after(done, whole, progress)
            place = folder / name.rpartition("/")[2]
            fetch(f"{at}/{name}", place, remote, token=token, progress=report)
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
    layout = wanted.layout
    names = [name for name in there if any(_is_like(name, like) for like in layout.wanted)]
    found = [name.rpartition("/")[2] for name in names]
    lacking = [name for name in layout.needed if name not in found]
    if lacking or not any(name.endswith((".safetensors", ".bin")) for name in found):
        what = ", ".join(lacking) or "weights in safetensors"
        raise UnavailableError(f"the repository has no {what}", subject=wanted.page)
    return sorted(names)


def _is_like(path: str, pattern: str) -> bool:
    """Whether `path` fits `pattern`, folder by folder."""
    return path.count("/") == pattern.count("/") and fnmatch(path, pattern)


def _after(before: int, whole: int, progress: Progress) -> Progress:
    return lambda done, _: progress(before + done, whole)
