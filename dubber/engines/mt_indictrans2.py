"""`mt.indictrans2`: AI4Bharat's IndicTrans2 on CTranslate2, from what `dub weights convert` wrote.

The weights are not carried: they are published under the MIT licence behind a page that asks for an
account (`dub weights get mt.indictrans2`). A folder holds one converted model or several, one in
each subfolder: indic-indic, en-indic, indic-en, of either size. Two Indian languages without an
indic-indic model go through English. Pre- and post-processing are ours, in
`translation/indic_wire.py`; no code of the checkpoint is run. On a GPU it is CTranslate2 too, and
why there is no second runtime stands in docs/decisions/0006.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from dubber import languages
from dubber.engines.ct2_device import NO_GPU, device_of
from dubber.errors import EngineError, UnavailableError
from dubber.protocols import EngineContext
from dubber.schema import Candidate
from dubber.translation.convert import DIRECTIONS, FACTS
from dubber.translation.indic_wire import (
    ENGLISH,
    IndicWire,
    close_indic,
    open_indic,
    placeholders,
    script_of,
)
from dubber.translation.parts import cut, joined

BEAM = 5
MAX_TOKENS = 256  # what the published models were trained with
MAX_BATCH_TOKENS = 2048
CODES = "flores"  # the key of `Language.codes` with what this engine calls a language
PIVOT = "eng_Latn"

CURE = "see `dub weights get mt.indictrans2`, then give the folder of `dub weights convert`"

Codes = tuple[str, str]


class MtIndicTrans2:
    """A Translator over one or more converted checkpoints, each loaded when first needed."""

    name = "mt.indictrans2"

    @classmethod
    def open(cls, context: EngineContext) -> MtIndicTrans2:
        """The models in folder `context.model`, on a GPU if `context.device` says so, or says
        "auto" and there is one. UnavailableError if no model is named, or no GPU is there."""
        if not context.model:
            raise UnavailableError(f"{cls.name} carries no weights", cure=CURE)
        device = device_of(cls.name, context.device)
        flores = {
            one.code: one.codes[CODES] for one in languages.all_languages() if CODES in one.codes
        }
        folder = context.weights(context.model)
        return cls(folder, flores=flores, device=device, threads=context.threads)

    def __init__(
        self, folder: Path, *, flores: Mapping[str, str], device: str = "cpu", threads: int = 0
    ) -> None:
        """`flores` gives each language its FLORES code. EngineError if there is no model."""
        places = [folder] if (folder / FACTS).is_file() else _folders(folder)
        if not places:
            raise EngineError(
                "IndicTrans2 cannot be loaded (no converted model)", subject=folder, cure=CURE
            )
        self._flores = dict(flores)
        self._models = [_Model(place, device=device, threads=threads) for place in places]

    def supports(self, source: str, target: str) -> bool:
        """Whether there is a model for this direction, or two by way of English."""
        return bool(self._way(source, target))

    def close(self) -> None:
        """Let go of the models' memory."""
        for model in self._models:
            model.close()

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        """See `Translator`. A sentence without a letter passes as it is.

        By way of English the best English goes on, and a score is the sum of both models'.
        UnavailableError for a direction that no model here has; EngineError if one has no words or
        cannot compute.
        """
        way = self._way(source, target)
        if not way:
            raise UnavailableError(
                f"no IndicTrans2 model here translates {source} to {target}",
                cure="convert the checkpoint of that direction into the same folder",
            )
        texts, before = list(sentences), [0.0] * len(sentences)
        for model, codes in way[:-1]:
            best = [candidates[0] for candidates in model.translate(texts, codes, 1)]
            texts = [candidate.text for candidate in best]
            before = [score + c.score for score, c in zip(before, best, strict=True)]
        model, codes = way[-1]
        return [
            [Candidate(candidate.text, candidate.score + score) for candidate in candidates]
            for candidates, score in zip(model.translate(texts, codes, n_best), before, strict=True)
        ]

    def _way(self, source: str, target: str) -> list[tuple[_Model, Codes]]:
        """The models to go through, each with its codes; none if there is no way."""
        first, last = self._flores.get(source, ""), self._flores.get(target, "")
        if first == last:
            return []
        direct = self._model((first, last))
        if direct:
            return [(direct, (first, last))]
        into, out = self._model((first, PIVOT)), self._model((PIVOT, last))
        return [(into, (first, PIVOT)), (out, (PIVOT, last))] if into and out else []

    def _model(self, codes: Codes) -> _Model | None:
        return next((model for model in self._models if model.knows(codes)), None)


def _folders(folder: Path) -> list[Path]:
    """The subfolders with a model; of several of one direction the larger comes first."""
    found = [path.parent for path in folder.glob(f"*/{FACTS}")]
    return sorted(found, key=lambda place: (-_bytes(place), place.name))


def _bytes(place: Path) -> int:
    return sum(path.stat().st_size for path in place.iterdir() if path.is_file())


class _Model:
    """One converted checkpoint. Its facts are read at once, its weights when it translates."""

    def __init__(self, folder: Path, *, device: str, threads: int) -> None:
        self._folder, self._device, self._threads = folder, device, threads
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            self._english = DIRECTIONS[facts["direction"]]
            self._longest = min(MAX_TOKENS, int(facts["max_tokens"]) - 1)
            self._tags = frozenset(_vocabulary(folder))
            # an adopted model may be wider than was asked for: it is narrowed when it is loaded
            self._compute = "int8" if facts["quantization"] == "int8" else "default"
        except (OSError, ValueError, KeyError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> EngineError:
        what = f"IndicTrans2 cannot be loaded ({error})"
        return EngineError(what, subject=self._folder, cure=CURE)

    @cached_property
    def _pieces(self) -> Any:
        import sentencepiece

        try:
            path = self._folder / "model.SRC"
            return sentencepiece.SentencePieceProcessor(model_file=str(path))
        except (OSError, RuntimeError) as error:
            raise self._broken(error) from error

    @cached_property
    def _translator(self) -> Any:
        import ctranslate2

        try:
            return ctranslate2.Translator(
                str(self._folder),
                device=self._device,
                compute_type=self._compute,
                intra_threads=self._threads,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise self._broken(error) from error

    def close(self) -> None:
        if "_translator" in self.__dict__:
            self._translator.unload_model()

    def knows(self, codes: Codes) -> bool:
        """Whether it has tags for both and was trained in this direction."""
        return all(
            code in self._tags and (script_of(code) == ENGLISH) is english
            for code, english in zip(codes, self._english, strict=True)
        )

    def translate(
        self, sentences: Sequence[str], codes: Codes, n_best: int
    ) -> list[list[Candidate]]:
        answers = [[Candidate(text.strip(), 0.0)] for text in sentences]
        asked = [n for n, text in enumerate(sentences) if any(c.isalpha() for c in text)]
        parts = [cut(sentences[n], lambda text: self._fits(text, codes)) for n in asked]
        flat = [part for own in parts for part in own]
        found = iter(self._parts(flat, codes, n_best))
        for number, own in zip(asked, parts, strict=True):
            answers[number] = joined(own, [next(found) for _ in own])
        return answers

    def _fits(self, text: str, codes: Codes) -> bool:
        """Whether a text may go through in one: tags, pieces and the end."""
        wire = open_indic(text, source=codes[0], target=codes[1], masks=False)
        return len(self._pieces.encode(wire.text)) + 3 <= self._longest

    def _parts(self, texts: Sequence[str], codes: Codes, n_best: int) -> list[list[Candidate]]:
        wires = [open_indic(text, source=codes[0], target=codes[1]) for text in texts]
        answers = []
        for text, wire, found in zip(texts, wires, self._beam(wires, n_best), strict=True):
            whole = [c for c in found if _placeholders(c.text, wire) == wire.placeholders]
            if not whole:  # it lost a placeholder: let it see what stood there
                wire = open_indic(text, source=codes[0], target=codes[1], masks=False)
                whole = self._beam([wire], n_best)[0]
            answers.append(_closed(whole, wire))
        return answers

    def _beam(self, wires: Sequence[IndicWire], n_best: int) -> list[list[Candidate]]:
        if not wires:
            return []
        sources = [
            [*wire.tags, *self._pieces.encode(wire.text, out_type=str), "</s>"] for wire in wires
        ]
        try:
            results: list[Any] = self._translator.translate_batch(
                sources,
                beam_size=max(BEAM, n_best),
                num_hypotheses=n_best,
                return_scores=True,
                max_decoding_length=self._longest,
                max_batch_size=MAX_BATCH_TOKENS,
                batch_type="tokens",
                disable_unk=True,
            )
        except RuntimeError as error:  # CUDA's libraries are looked for here; memory runs out here
            device = self._translator.device
            raise EngineError(
                f"IndicTrans2 cannot compute on this {device} ({error})",
                subject=self._folder,
                cure=NO_GPU if device != "cpu" else "try a distilled model, or int8",
            ) from error
        return [
            [
                Candidate(_words(tokens), float(score))
                for tokens, score in zip(result.hypotheses, result.scores, strict=True)
            ]
            for result in results
        ]


def _closed(found: Sequence[Candidate], wire: IndicWire) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for candidate in found:
        text = close_indic(candidate.text, target=wire.tags[1], kept=wire.kept)
        if text:
            best.setdefault(text, Candidate(text, candidate.score))
    if not best:
        raise EngineError(f"{MtIndicTrans2.name} has no words for a sentence", subject=wire.text)
    return sorted(best.values(), key=lambda candidate: -candidate.score)


def _placeholders(text: str, wire: IndicWire) -> list[int]:
    return sorted(placeholders(text)) if wire.kept else []


def _words(tokens: Sequence[str]) -> str:
    """Pieces as words: a piece that begins a word begins with "▁"."""
    return "".join(tokens).replace("▁", " ").strip()


def _vocabulary(folder: Path) -> list[str]:
    for name in ("source_vocabulary.json", "shared_vocabulary.json"):
        path = folder / name
        if path.is_file():
            return [str(token) for token in json.loads(path.read_text(encoding="utf-8"))]
    raise FileNotFoundError("no vocabulary")
