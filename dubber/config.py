"""Every option of a dub, with its default, once. The command line reads its defaults from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dubber.errors import ConfigError

PRESETS = ("auto", "offline")
STAGES = ("transcribe", "translate", "speak", "mix", "sync", "mux")
ADAPT = ("fast", "best", "off")  # how a renderer of mouths fits itself to a face
SUBTITLE_FORMATS = ("srt", "vtt")


@dataclass(frozen=True, slots=True)
class TimingOptions:
    """How far a voice may be hurried to keep time with the picture."""

    comfortable_speed: float = 1.2  # up to here listeners do not notice (peers cap at 1.2)
    max_speed: float = 1.4  # beyond it a take is flagged, and runs late rather than be cut
    max_stretch: float = 1.08  # what time-stretching may add where re-synthesis cannot reach
    min_gap: float = 0.08  # seconds of silence kept between two takes

    def __post_init__(self) -> None:
        if not 1.0 <= self.comfortable_speed <= self.max_speed <= 3.0:
            raise ConfigError(
                f"speeds must satisfy 1 <= comfortable <= max <= 3, "
                f"not {self.comfortable_speed} and {self.max_speed}"
            )


@dataclass(frozen=True, slots=True)
class ChoiceOptions:
    """Which of several translations is spoken (`translation.choose`).

    Costs are in the coin of the model's score, natural-log probability a token. The values were
    taken where fit stops to rise (`python -m benchmarks mt_fit --sweep`).
    """

    n_best: int = 8  # candidates the translator is asked for
    length: float = 2.0  # for being e times too long, or too short, beyond the tolerance
    tolerance: float = 1.1  # so many times too long or too short costs nothing
    numbers: float = 2.0  # for losing all numbers
    terms: float = 2.0  # for losing all of the glossary's terms
    doubtful: float | None = None  # confidence below which a segment is; None: the translator's own

    def __post_init__(self) -> None:
        if self.n_best < 1 or self.tolerance < 1.0 or not 0.0 <= (self.doubtful or 0.0) <= 1.0:
            raise ConfigError(
                "a choice needs n_best >= 1, tolerance >= 1 and doubtful from 0 to 1, "
                f"not {self.n_best}, {self.tolerance} and {self.doubtful}"
            )


@dataclass(frozen=True, slots=True)
class MixOptions:
    """Loudness by EBU R128; ducking of the original under the new voice."""

    loudness_lufs: float = -16.0  # what web players expect; broadcasters ask for -23
    true_peak_db: float = -1.5
    duck_db: float = -18.0  # the original under the new voice
    keep_background: bool = True  # False: silence where nobody speaks the target language


@dataclass(frozen=True, slots=True)
class LipOptions:
    """Which faces are re-drawn; the others keep their pixels.

    `listeners`: also a face whose mouth does not move while the source speaks.
    """

    max_yaw_degrees: float = 35.0
    min_face_pixels: int = (
        48  # between the outer eye corners' distance x 2 and the chin: face width
    )
    listeners: bool = False
    adapt: str = "fast"  # one of ADAPT; a renderer that fits nothing takes no notice

    def __post_init__(self) -> None:
        if self.adapt not in ADAPT:
            raise ConfigError(f"no way to adapt {self.adapt!r}", cure="use " + ", ".join(ADAPT))


@dataclass(frozen=True, slots=True)
class DubOptions:
    """All options of a job. `asr`, `mt`, `tts`, `lips` are engine names, or "" for the preset's."""

    preset: str = "auto"
    asr: str = ""
    mt: str = ""
    tts: str = ""
    lips: str = ""  # "off" leaves the picture alone
    voice: str = ""
    glossary: Path | None = None  # CSV of fixed terms: text/glossary.py
    transcript: Path | None = None  # recognised already: .srt, .vtt or our .json
    since: str = ""  # redo from this stage on, even what stands
    until: str = ""  # end after this stage
    fresh: bool = False  # redo everything
    overwrite: bool = False  # outputs may replace files of other origin
    subtitles: tuple[str, ...] = ("srt",)
    keep_original_audio: bool = False
    audio_track: int | None = None
    allow_partial: bool = False
    strict: bool = False  # end before speaking if a translation is doubtful
    device: str = "auto"
    threads: int = 0  # 0: as many as the machine has
    choice: ChoiceOptions = field(default_factory=ChoiceOptions)
    timing: TimingOptions = field(default_factory=TimingOptions)
    mix: MixOptions = field(default_factory=MixOptions)
    lip: LipOptions = field(default_factory=LipOptions)

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ConfigError(f"no preset {self.preset!r}", cure="use one of " + ", ".join(PRESETS))
        for stage in (self.since, self.until):
            if stage and stage not in STAGES:
                raise ConfigError(f"no stage {stage!r}", cure="use one of " + ", ".join(STAGES))

    def stops_after(self, stage: str) -> bool:
        """Whether the job ends with `stage`."""
        return self.until == stage

    def redoes(self, stage: str) -> bool:
        """Whether `stage` is done again though its result stands."""
        if self.fresh:
            return True
        return bool(self.since) and STAGES.index(stage) >= STAGES.index(self.since)
