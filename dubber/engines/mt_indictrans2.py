"""`mt.indictrans2`: AI4Bharat's IndicTrans2 on CTranslate2, from a folder `convert` has written.

The weights are not carried: they are published under the MIT licence behind a page that asks for an
account (the ai4bharat/indictrans2-… models). Pre- and post-processing are ours, in
`translation/indic_wire.py`; no code of the checkpoint is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dubber import languages
from dubber.errors import EngineError, UnavailableError
from dubber.protocols import EngineContext
from dubber.schema import Candidate
from dubber.translation.convert import DIRECTIONS, FACTS
from dubber.translation.indic_wire import RETURNED, IndicWire, close_indic, open_indic, script_of

BEAM = 5
MAX_TOKENS = 256  # what the published models were trained with
MAX_BATCH_TOKENS = 2048
CODES = "flores"  # the key of `Language.codes` with what this engine calls a language

CURE = "give the folder that the converter wrote from a downloaded IndicTrans2 checkpoint"


class MtIndicTrans2:
    """A Translator over one converted checkpoint: indic-indic, en-indic or indic-en."""

    name = "mt.indictrans2"

    @classmethod
    def open(cls, context: EngineContext) -> MtIndicTrans2:
        """The model in folder `context.model`. UnavailableError if none is named."""
        if not context.model:
            raise UnavailableError(f"{cls.name} carries no weights", cure=CURE)
        flores = {
            one.code: one.codes[CODES] for one in languages.all_languages() if CODES in one.codes
        }
        folder = context.weights(context.model)
        return cls(folder, flores=flores, device=context.device, threads=context.threads)

    def __init__(
        self, folder: Path, *, flores: Mapping[str, str], device: str = "cpu", threads: int = 0
    ) -> None:
        """`flores` gives each language its FLORES code. EngineError if it cannot be loaded."""
        import ctranslate2
        import sentencepiece

        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            self._english = DIRECTIONS[facts["direction"]]
            self._longest = min(MAX_TOKENS, facts["max_tokens"] - 1)
            self._tags = frozenset(_vocabulary(folder))
            self._pieces = sentencepiece.SentencePieceProcessor(
                model_file=str(folder / "model.SRC")
            )
            self._model = ctranslate2.Translator(str(folder), device=device, intra_threads=threads)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise EngineError(
                f"IndicTrans2 cannot be loaded ({error})", subject=folder, cure=CURE
            ) from error
        self._flores = dict(flores)

    def supports(self, source: str, target: str) -> bool:
        """Whether the checkpoint has tags for both and was trained in this direction."""
        if source == target:
            return False
        codes = (self._flores.get(source, ""), self._flores.get(target, ""))
        return all(
            code in self._tags and (script_of(code) == "Latn") is english
            for code, english in zip(codes, self._english, strict=True)
        )

    def close(self) -> None:
        """Let go of the model's memory."""
        self._model.unload_model()

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        """See `Translator`. A sentence without a letter passes as it is.

        UnavailableError for a direction that is not the checkpoint's; EngineError if it has no
        words for a sentence.
        """
        if not self.supports(source, target):
            raise UnavailableError(
                f"this IndicTrans2 model does not translate {source} to {target}",
                cure="convert the checkpoint of that direction",
            )
        codes = (self._flores[source], self._flores[target])
        answers = [[Candidate(text.strip(), 0.0)] for text in sentences]
        asked = [n for n, text in enumerate(sentences) if any(c.isalpha() for c in text)]
        wires = [open_indic(sentences[n], source=codes[0], target=codes[1]) for n in asked]
        for number, wire, found in zip(asked, wires, self._beam(wires, n_best), strict=True):
            whole = [candidate for candidate in found if _keeps(candidate.text, wire)]
            if whole:
                answers[number] = self._closed(whole, wire)
            else:  # it lost a placeholder: let it see the numbers themselves
                bare = open_indic(sentences[number], source=codes[0], target=codes[1], masks=False)
                answers[number] = self._closed(self._beam([bare], n_best)[0], bare)
        return answers

    def _closed(self, found: Sequence[Candidate], wire: IndicWire) -> list[Candidate]:
        best: dict[str, Candidate] = {}
        for candidate in found:
            text = close_indic(candidate.text, target=wire.tags[1], kept=wire.kept)
            if text:
                best.setdefault(text, Candidate(text, candidate.score))
        if not best:
            raise EngineError(f"{self.name} has no words for a sentence", subject=wire.text[:60])
        return sorted(best.values(), key=lambda candidate: -candidate.score)

    def _beam(self, wires: Sequence[IndicWire], n_best: int) -> list[list[Candidate]]:
        if not wires:
            return []
        room = self._longest - 3  # two tags and the end
        sources = [
            [*wire.tags, *self._pieces.encode(wire.text, out_type=str)[:room], "</s>"]
            for wire in wires
        ]
        results: list[Any] = self._model.translate_batch(
            sources,
            beam_size=max(BEAM, n_best),
            num_hypotheses=n_best,
            return_scores=True,
            max_decoding_length=self._longest,
            max_batch_size=MAX_BATCH_TOKENS,
            batch_type="tokens",
            disable_unk=True,
        )
        return [
            [
                Candidate(_words(tokens), float(score))
                for tokens, score in zip(result.hypotheses, result.scores, strict=True)
            ]
            for result in results
        ]


def _words(tokens: Sequence[str]) -> str:
    """Pieces as words: a piece that begins a word begins with "▁"."""
    return "".join(tokens).replace("▁", " ").strip()


def _keeps(text: str, wire: IndicWire) -> bool:
    """Whether every placeholder came back once."""
    found = RETURNED.finditer(text) if wire.kept else ()
    return sorted(int(match.group(1)) for match in found) == list(range(1, len(wire.kept) + 1))


def _vocabulary(folder: Path) -> list[str]:
    for name in ("source_vocabulary.json", "shared_vocabulary.json"):
        path = folder / name
        if path.is_file():
            return [str(token) for token in json.loads(path.read_text(encoding="utf-8"))]
    raise FileNotFoundError("no vocabulary")
