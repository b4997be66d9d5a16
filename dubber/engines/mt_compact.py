"""`mt.compact`: the embedded translator, our own small many-to-many model on CTranslate2.

Preview quality: see its model card. What it cannot do well it still does honestly. Numbers and
Latin words go through masked and come out as they were, words that it never met come out in the
target's letters (`translation.carried`): a candidate that lost or doubled a mask is passed over,
and if all did, the words around the masks are translated piece by piece. A sentence without a
letter (emoji, digits, dashes) passes as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from dubber.engines.ct2_device import device_of
from dubber.errors import EngineError, UnavailableError
from dubber.protocols import EngineContext
from dubber.schema import Candidate
from dubber.text.transliterate import transliterate
from dubber.translation.carried import Known
from dubber.translation.export import FACTS
from dubber.translation.parts import Fits, cut, joined
from dubber.translation.prepare import VOCABULARY_MODEL, tag
from dubber.translation.wire import MASK, MASKS, Carry, Wire, close_wire, keepers, open_wire, plain

EMBEDDED = "mt-compact"
BEAM = 5
MAX_BATCH_TOKENS = 1024
MAX_SOURCE_TOKENS = 96  # what it saw in training; longer sentences are cut at a mark or a space
ROOMS = (6, 9, 13, 19, 28, 42, 64, MAX_SOURCE_TOKENS + 2)  # classes of source length, in tokens
LENGTH_FACTOR, LENGTH_EXTRA = 2.0, 8  # tokens of output that a source of n tokens may have
REPETITION_PENALTY = 1.1
NO_REPEAT_NGRAM = 4


class MtCompact:
    """A Translator. The same input gives the same output, whatever is batched with it."""

    name = "mt.compact"

    @classmethod
    def open(cls, context: EngineContext) -> MtCompact:
        """The model `context.model` names: a card, a folder of `export`, or "" for the embedded."""
        folder = context.weights(context.model or EMBEDDED)
        asked = "cpu" if context.device == "auto" else context.device  # too small to gain by a GPU
        return cls(folder, device=device_of(cls.name, asked), threads=context.threads)

    def __init__(self, folder: Path, *, device: str = "cpu", threads: int = 0) -> None:
        """EngineError if the folder does not hold a model of ours."""
        import ctranslate2
        import sentencepiece

        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            self._scripts: dict[str, str] = facts["scripts"]
            self._hubs: frozenset[str] = frozenset(facts["hubs"])
            self._longest: int = facts["net"]["max_tokens"]
            self._known = Known.load(folder)
            self._pieces = sentencepiece.SentencePieceProcessor(
                model_file=str(folder / VOCABULARY_MODEL)
            )
            self._model = ctranslate2.Translator(
                str(folder),
                device=device,
                compute_type="int8",
                intra_threads=threads,
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise EngineError(
                f"the translation model cannot be loaded ({error})",
                subject=folder,
                cure="install the package again, or give another folder with --mt",
            ) from error

    @property
    def scripts(self) -> dict[str, str]:
        """The languages it knows, each with its script (ISO 15924)."""
        return dict(self._scripts)

    def supports(self, source: str, target: str) -> bool:
        """Whether it was trained on this direction: from or to one of its hub languages."""
        known = source in self._scripts and target in self._scripts
        return known and source != target and bool({source, target} & self._hubs)

    def close(self) -> None:
        """Let go of the model's memory."""
        self._model.unload_model()

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        """See `Translator`. The candidates of a sentence differ from each other.

        Candidate("", 0.0) only for a sentence of nothing but spaces. UnavailableError for a
        direction it does not know; EngineError if it has no words for a sentence.
        """
        if not self.supports(source, target):
            raise UnavailableError(f"{self.name} cannot translate {source} to {target}")
        own = [self._open(sentence, source, target) for sentence in sentences]
        found = iter(self._ask([part for parts in own for part in parts], target, n_best))
        answers = []
        for sentence, parts in zip(sentences, own, strict=True):
            whole = [Candidate(sentence.strip(), 0.0)]
            if parts:
                whole = joined([part.text for part in parts], [next(found) for _ in parts])
            answers.append(_distinct(whole)[: max(1, n_best)])
        return answers

    def _open(self, sentence: str, source: str, target: str) -> list[Wire]:
        """The sentence in wire form, in parts if it is longer or keeps more than fits in one;
        nothing if it has no letter to translate."""
        if not _has_words(sentence):
            return []
        latin = "Latn" not in (self._scripts[source], self._scripts[target])
        parts = cut(plain(sentence), self._fits(source, latin=latin))
        carry = self._carry(source, target)
        return [
            open_wire(part, script=self._scripts[source], latin=latin, carry=carry)
            for part in parts
        ]

    def _carry(self, source: str, target: str) -> Carry:
        """Words that the model never met, each as the target's script writes it."""
        script = self._scripts[target]
        return lambda text: [
            (strange.span(), transliterate(strange.group(), script))
            for strange in self._known.strange(text, source)
        ]

    def _fits(self, source: str, *, latin: bool) -> Fits:
        """A function that tells whether a text may go through the model in one."""

        def fits(text: str) -> bool:
            if len(keepers(text, latin=latin)) > len(MASKS):
                return False
            opened = open_wire(text, script=self._scripts[source], latin=latin)
            return len(self._pieces.encode(opened.text)) <= MAX_SOURCE_TOKENS

        return fits

    def _ask(self, parts: Sequence[Wire], target: str, n_best: int) -> list[list[Candidate]]:
        """Candidates of each part, best first, masks filled in; never an empty list."""
        whole = [number for number, part in enumerate(parts) if _has_words(part.text)]
        found = dict(
            zip(
                whole,
                self._beam([parts[n].text for n in whole], target, max(n_best, 2)),
                strict=True,
            )
        )
        answers = [
            [
                Candidate(self._close(c.text, part, target), c.score)
                for c in found.get(number, ())
                if _keeps(c.text, part) and c.text.strip()
            ]
            for number, part in enumerate(parts)
        ]
        for number, part in enumerate(parts):
            if not answers[number]:
                answers[number] = self._around_masks(part, target, n_best)
        return answers

    def _close(self, text: str, part: Wire, target: str) -> str:
        return close_wire(text, script=self._scripts[target], kept=part.kept)

    def _around_masks(self, part: Wire, target: str, n_best: int) -> list[Candidate]:
        """What lies between the masks translated alone, the masks kept where they are.

        Where the model has no words for what lies between, it is shown the words it never met.
        EngineError if there are none of those.
        """
        texts = [piece.strip() for piece in re.split(f"({MASK.pattern})", part.text)]
        words = [number for number, text in enumerate(texts) if _has_words(text)]
        answers = self._beam([texts[number] for number in words], target, 1)
        for number, answer in zip(words, answers, strict=True):
            texts[number] = MASK.sub("", answer[0].text).strip()
            if not texts[number] and part.bare:
                return self._ask([part.bare], target, n_best)[0]
            if not texts[number]:
                raise EngineError(f"{self.name} has no words for a sentence", subject=part.text)
        scores = [answer[0].score for answer in answers]
        whole = self._close(" ".join(text for text in texts if text), part, target)
        return [Candidate(whole, sum(scores) / len(scores) if scores else 0.0)]

    def _beam(self, texts: Sequence[str], target: str, n_best: int) -> list[list[Candidate]]:
        """Beam search over texts in wire form; scores are mean log-probabilities a token."""
        answers: dict[int, list[Candidate]] = {}
        sources = [
            [tag(target), *self._pieces.encode(text, out_type=str), "</s>"] for text in texts
        ]
        for room in ROOMS:
            # like lengths together, on a limit of their own: a long neighbour must not let a
            # short sentence run on, nor change what becomes of it
            same = [number for number, source in enumerate(sources) if _room(source) == room]
            if not same:
                continue
            results = self._model.translate_batch(
                [sources[number] for number in same],
                beam_size=max(BEAM, n_best),
                num_hypotheses=n_best,
                return_scores=True,
                length_penalty=1.0,
                repetition_penalty=REPETITION_PENALTY,
                no_repeat_ngram_size=NO_REPEAT_NGRAM,
                max_decoding_length=min(
                    self._longest - 1, int(LENGTH_FACTOR * room) + LENGTH_EXTRA
                ),
                max_batch_size=MAX_BATCH_TOKENS,
                batch_type="tokens",
                disable_unk=True,
            )
            for number, result in zip(same, results, strict=True):
                answers[number] = [
                    Candidate(self._pieces.decode(tokens), float(score))
                    for tokens, score in zip(result.hypotheses, result.scores, strict=True)
                ]
        return [answers[number] for number in range(len(texts))]


def _room(source: Sequence[str]) -> int:
    """The class of length that `source` is in."""
    return next(room for room in ROOMS if len(source) <= room)


def _has_words(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _keeps(text: str, part: Wire) -> bool:
    """Whether each mask of `part` is in `text` once, and no other."""
    return sorted(MASK.findall(text)) == sorted(MASK.findall(part.text))


def _distinct(candidates: list[Candidate]) -> list[Candidate]:
    """Each text once, the best score first."""
    best: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: -c.score):
        best.setdefault(candidate.text, candidate)
    return list(best.values())
