"""Which engines there are, by name; which one a preset takes; and how one is opened.

One literal table. Other packages add rows through the entry-point group "dubber.engines", each
entry point naming an `EngineSpec`. Engine modules are imported only when an engine is opened.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dubber import weights
from dubber.config import DubOptions
from dubber.errors import EngineError, UnavailableError, UsageError
from dubber.languages import Language
from dubber.protocols import EngineContext

KINDS = ("asr", "mt", "tts", "faces", "lips")


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An engine before it is opened. `card` names the weights it takes when none are given;
    `needs` are the modules that must be installed, by the extra that brings them; `code` is the
    key of `Language.codes` that a language needs for it ("": the card lists its languages)."""

    name: str
    target: str
    summary: str
    quality: str  # "preview" or "full"
    card: str = ""
    extra: str = ""
    needs: tuple[str, ...] = ()
    code: str = ""
    better: str = ""  # for a preview engine: what to install or get for more
    doubtful: float = 0.3  # of a translator: below this confidence it is not to be trusted
    pace: float = 1.0  # of a voice: how much quicker it speaks than the packs' rates say
    wants: str = ""  # what is to be given after the colon, of an engine without weights of its own
    of_file: str = ""  # the engine that takes what is given if it is a file and not a folder

    @property
    def kind(self) -> str:
        return self.name.partition(".")[0]


BUILT_IN = (
    EngineSpec(
        "asr.whisper",
        "dubber.engines.asr_whisper:Whisper",
        "Whisper on CTranslate2; whisper-base is embedded",
        "preview",
        card="whisper-base",
        needs=("faster_whisper",),
        code="whisper",
        better="--asr asr.whisper:FOLDER with a larger Whisper in CTranslate2 format",
    ),
    EngineSpec(
        "mt.compact",
        "dubber.engines.mt_compact:MtCompact",
        "small model trained by this project: numbers right, most sentences not",
        "preview",
        card="mt-compact",
        needs=("ctranslate2", "sentencepiece"),
        doubtful=1.0,  # python -m benchmarks mt_fit … --doubt
        better="IndicTrans2: dub weights get mt.indictrans2",
    ),
    EngineSpec(
        "mt.indictrans2",
        "dubber.engines.mt_indictrans2:MtIndicTrans2",
        "IndicTrans2 on CTranslate2, from a local converted checkpoint",
        "full",
        wants="a folder of weights: NAME:FOLDER",
        needs=("ctranslate2", "sentencepiece"),
        code="flores",
    ),
    EngineSpec(
        "tts.espeak",
        "dubber.engines.tts_espeak:Espeak",
        "espeak-ng, in a process of its own; every language, a robot's voice",
        "preview",
        needs=("espeakng_loader",),
        code="espeak",
        better="a neural voice (planned: tts.coqui, tts.mms)",
    ),
    EngineSpec(
        "faces.litert",
        "dubber.engines.faces_litert:FaceLandmarker",
        "MediaPipe's face landmarker network on LiteRT: 478 points",
        "full",
        card="face-landmarker",
        needs=("ai_edge_litert", "cv2"),
    ),
    EngineSpec(
        "lips.reuse",
        "dubber.engines.lips_reuse:Reuse",
        "the speaker's own mouths, found again in the video",
        "preview",
        needs=("cv2",),
        better="--lips gan",
    ),
    EngineSpec(
        "lips.gan",
        "dubber.engines.lips_gan:Gan",
        "mouths drawn by a generator that fits itself to each face",
        "preview",
        card="lips-gan",
        needs=("cv2", "onnxruntime"),
        better="dub train lips, on more people",
        of_file="lips.heard",
    ),
    EngineSpec(
        "lips.heard",
        "dubber.engines.lips_heard:Heard",
        "mouths drawn from sound: Wav2Lip, LipGAN or Speech2Vid, converted and exported",
        "preview",
        needs=("cv2", "onnxruntime"),
        wants="a network: NAME:FILE.onnx",
    ),
    EngineSpec(
        "asr.fake", "dubber.engines.fake:FakeRecognizer", "for tests: made-up words", "fake"
    ),
    EngineSpec(
        "mt.fake", "dubber.engines.fake:FakeTranslator", "for tests: marks the text", "fake"
    ),
    EngineSpec("tts.fake", "dubber.engines.fake:FakeSynthesizer", "for tests: tones", "fake"),
)

#: What a preset tries, strongest first. An engine without its weights present is passed over.
PREFERENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "auto": {
        "asr": ("asr.whisper",),
        "mt": ("mt.indictrans2", "mt.compact"),
        "tts": ("tts.espeak",),
        "faces": ("faces.litert",),
        "lips": ("lips.reuse",),
    },
    "offline": {
        "asr": ("asr.whisper",),
        "mt": ("mt.compact",),
        "tts": ("tts.espeak",),
        "faces": ("faces.litert",),
        "lips": ("lips.reuse",),
    },
}


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine and the model to open it with. `identity` changes whenever its output may."""

    spec: EngineSpec
    model: str

    @property
    def identity(self) -> str:
        name = self.model or self.spec.card
        if not name:
            return self.spec.name
        if Path(name).exists():
            return f"{self.spec.name}:{_identity(Path(name))}"
        return f"{self.spec.name}:{name}@{weights.card(name).digest[:12]}"

    def check(self) -> None:
        """UnavailableError if the model that was given is not there: said before any work."""
        if self.model and not Path(self.model).exists():
            weights.card(self.model)


def _identity(given: Path) -> str:
    """Names, sizes and times of a user's own weights, a folder or a file: cheap, and changed by any
    replacement."""
    files = sorted(path for path in (given, *given.rglob("*")) if path.is_file())
    facts = [(str(f.relative_to(given)), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


@cache
def specs() -> dict[str, EngineSpec]:
    """All engines by name, other packages' included."""
    table = {spec.name: spec for spec in BUILT_IN}
    for entry in entry_points(group="dubber.engines"):
        spec = entry.load()
        if isinstance(spec, EngineSpec):
            table.setdefault(spec.name, spec)
    return table


def missing(spec: EngineSpec) -> str:
    """Why an engine cannot be opened now, in a few words; "" if it can."""
    absent = [name for name in spec.needs if find_spec(name) is None]
    if absent:
        return "not installed: " + ", ".join(absent)
    return f"needs {spec.wants}" if spec.wants else ""


@dataclass(frozen=True, slots=True)
class Ability:
    """What an engine is worth for a language: `quality` is the engine's own, or "poor" where its
    embedded weights are known not to do for this language; `present`: it can be opened as it is."""

    engine: str
    quality: str
    present: bool


def abilities(language: Language) -> dict[str, list[Ability]]:
    """For each of asr, mt and tts, the engines that know `language`."""
    able: dict[str, list[Ability]] = {"asr": [], "mt": [], "tts": []}
    for spec in specs().values():
        if spec.kind in able and spec.quality != "fake" and _knows(spec, language):
            good = weights.card(spec.card).languages if spec.card and spec.code else ()
            quality = "poor" if good and language.code not in good else spec.quality
            able[spec.kind].append(Ability(spec.name, quality, not missing(spec)))
    return able


def _knows(spec: EngineSpec, language: Language) -> bool:
    if spec.code:
        return bool(language.codes.get(spec.code))
    return bool(spec.card) and language.code in weights.card(spec.card).languages


def choose(kind: str, wanted: str, preset: str) -> EngineChoice:
    """The engine for `kind`: `wanted` ("NAME" or "NAME:MODEL", the kind's prefix may be left out),
    or the strongest of the preset that can be opened. UsageError for an unknown name."""
    if wanted:
        name, _, model = wanted.partition(":")
        name = name if name.startswith(f"{kind}.") else f"{kind}.{name}"
        if name not in specs():
            known = ", ".join(sorted(n for n, s in specs().items() if s.kind == kind))
            raise UsageError(f"no engine {name}", cure=f"use one of {known}")
        spec = specs()[name]
        if spec.of_file and Path(model).suffix and not Path(model).is_dir():
            spec = specs()[spec.of_file]
        return EngineChoice(spec, model)
    for name in PREFERENCES[preset][kind]:
        if not missing(specs()[name]):
            return EngineChoice(specs()[name], "")
    raise UnavailableError(
        f"no engine for {kind}",
        cure="; ".join(f"{n}: {missing(specs()[n])}" for n in PREFERENCES[preset][kind]),
    )


def open_engine(choice: EngineChoice, *, device: str = "auto", threads: int = 0) -> Any:
    """The engine itself, loaded. UnavailableError if something it needs is missing."""
    spec = choice.spec
    reason = "" if choice.model else missing(spec)
    if reason:
        cure = f'pip install "dub[{spec.extra}]"' if spec.extra else "see `dub engines`"
        raise UnavailableError(f"{spec.name} cannot be used, {reason}", cure=cure)
    module, _, attribute = spec.target.partition(":")
    context = EngineContext(choice.model, device, threads, weights.locate)
    try:
        return getattr(import_module(module), attribute).open(context)
    except ImportError as error:
        raise EngineError(
            f"{spec.name} cannot be loaded ({error})", cure="install the package again"
        ) from error


class Engines:
    """The engines of a run: chosen at once, each opened when first asked for, and kept.

    One `Engines` serves many videos, so that a model is loaded once. Close it when done.
    """

    def __init__(self, choices: dict[str, EngineChoice], *, device: str, threads: int) -> None:
        self._choices = choices
        self._device, self._threads = device, threads
        self._open: dict[str, Any] = {}

    @classmethod
    def of(cls, options: DubOptions) -> Engines:
        """The engines that `options` name, or its preset prefers."""
        wanted = {"asr": options.asr, "mt": options.mt, "tts": options.tts, "lips": options.lips}
        kinds = [kind for kind in KINDS if wanted.get(kind) != "off"]
        choices = {kind: choose(kind, wanted.get(kind, ""), options.preset) for kind in kinds}
        for choice in choices.values():
            choice.check()
        return cls(choices, device=options.device, threads=options.threads)

    def __contains__(self, kind: str) -> bool:
        return kind in self._choices

    def choice(self, kind: str) -> EngineChoice:
        return self._choices[kind]

    def get(self, kind: str) -> Any:
        """The engine of `kind`, opened the first time."""
        if kind not in self._open:
            self._open[kind] = open_engine(
                self._choices[kind], device=self._device, threads=self._threads
            )
        return self._open[kind]

    def close(self) -> None:
        """Let go of what the engines hold: processes, memory."""
        for engine in self._open.values():
            close = getattr(engine, "close", None)
            if close is not None:
                close()
        self._open.clear()
