"""The embedded translator: our own small many-to-many model on CTranslate2.

Preview quality: see its model card. What it cannot do well it still does honestly: numbers and
Latin words go through masked and come out as they were, and a sentence without a letter it could
translate passes as it is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dubber.errors import EngineError, UnavailableError
from dubber.protocols import EngineContext
from dubber.schema import Candidate
from dubber.translation.export import FACTS
from dubber.translation.prepare import VOCABULARY_MODEL, tag
from dubber.translation.wire import Wire, close_wire, open_wire

EMBEDDED = "mt-compact"
BEAM = 5
MAX_BATCH_TOKENS = 1024
LENGTH_FACTOR, LENGTH_EXTRA = 2.5, 12  # tokens of output that a source of n tokens may have
REPETITION_PENALTY = 1.15
NO_REPEAT_NGRAM = 4
SHORTEST_CUT = 8  # tokens below which a sentence is not cut further


class MtCompact:
    """A Translator."""

    name = "mt.compact"

    @classmethod
    def open(cls, context: EngineContext) -> MtCompact:
        """The model `context.model` names: a card, a folder of `export`, or "" for the embedded."""
        folder = context.weights(context.model or EMBEDDED)
        return cls(folder, device=context.device, threads=context.threads)

    def __init__(self, folder: Path, *, device: str = "cpu", threads: int = 0) -> None:
        """EngineError if the folder does not hold a model of ours."""
        import ctranslate2
        import sentencepiece

        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            self._scripts: dict[str, str] = facts["scripts"]
            self._hubs: list[str] = facts["hubs"]
            self._longest: int = facts["net"]["max_tokens"]
            self._pieces = sentencepiece.SentencePieceProcessor(
                model_file=str(folder / VOCABULARY_MODEL)
            )
            self._model = ctranslate2.Translator(
                str(folder),
                device="cpu" if device == "auto" else device,
                compute_type="int8",
                intra_threads=threads,
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise EngineError(
                f"the translation model cannot be loaded ({error})",
                subject=folder,
                cure="install the package again, or give another folder with --mt",
            ) from error

    def supports(self, source: str, target: str) -> bool:
        """Trained between Hindi or English and any other, and so between any two it knows."""
        return source in self._scripts and target in self._scripts and source != target

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        """See `Translator`. UnavailableError for a language it does not know."""
        if not self.supports(source, target):
            raise UnavailableError(f"{self.name} cannot translate {source} to {target}")
        latin = "Latn" not in (self._scripts[source], self._scripts[target])
        wires = [open_wire(text, script=self._scripts[source], latin=latin) for text in sentences]
        asked = [n for n, wire in enumerate(wires) if any(c.isalpha() for c in _unmasked(wire))]
        answers = iter(self._ask([wires[n] for n in asked], target, n_best))
        return [
            next(answers) if number in set(asked) else [Candidate(sentences[number], 0.0)]
            for number in range(len(sentences))
        ]

    def _ask(self, wires: Sequence[Wire], target: str, n_best: int) -> list[list[Candidate]]:
        if not wires:
            return []
        script = self._scripts[target]
        sources = [self._source(wire, target) for wire in wires]
        found = self._decode(sources, n_best)
        return [
            _candidates(wire, result, self._pieces, script)
            for wire, result in zip(wires, found, strict=True)
        ]

    def _source(self, wire: Wire, target: str) -> list[str]:
        pieces = self._pieces.encode(wire.text, out_type=str)[: self._longest - 2]
        return [tag(target), *pieces, "</s>"]

    def _decode(self, sources: list[list[str]], n_best: int) -> list[Any]:
        longest = max(len(source) for source in sources)
        results: list[Any] = self._model.translate_batch(
            sources,
            beam_size=max(BEAM, n_best),
            num_hypotheses=n_best,
            return_scores=True,
            length_penalty=1.0,
            repetition_penalty=REPETITION_PENALTY,
            no_repeat_ngram_size=NO_REPEAT_NGRAM,
            max_decoding_length=min(
                self._longest - 1, int(LENGTH_FACTOR * longest) + LENGTH_EXTRA
            ),
            max_batch_size=MAX_BATCH_TOKENS,
            batch_type="tokens",
            disable_unk=True,
        )
        return results


def _candidates(wire: Wire, result: Any, pieces: Any, script: str) -> list[Candidate]:
    """Distinct texts, best first. What was masked and got lost on the way is put at the end."""
    candidates: dict[str, Candidate] = {}
    for tokens, score in zip(result.hypotheses, result.scores, strict=True):
        text = close_wire(pieces.decode(tokens), script=script, kept=wire.kept)
        lost = [item for item in wire.kept if item not in text]
        text = " ".join([text, *lost]).strip()
        if text:
            candidates.setdefault(text, Candidate(text, float(score)))
    if not candidates:
        raise EngineError("nothing came of a sentence", subject=wire.text[:60])
    return sorted(candidates.values(), key=lambda candidate: -candidate.score)


def _unmasked(wire: Wire) -> str:
    from dubber.translation.wire import unmasked

    return unmasked(wire.text, ())
