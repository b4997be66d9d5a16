"""Say every segment in the target language; keep what is still right."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from dubber.errors import UnavailableError
from dubber.languages import Language
from dubber.protocols import Progress, Translator, silent
from dubber.schema import Candidate, Segment, Transcript
from dubber.text.glossary import mark, unmark
from dubber.text.sentences import chunks

N_BEST = 4
BATCH_SEGMENTS = 16


def translate(
    heard: Transcript,
    translator: Translator,
    *,
    source: Language,
    target: Language,
    terms: Mapping[str, str] | None = None,
    previous: Transcript | None = None,
    progress: Progress = silent,
) -> Transcript:
    """The transcript in `target`: the same segments with the same ids and times.

    `terms` are what a glossary says certain words become; where the engine loses one, the sentence
    is translated without it. `previous` is what an earlier run left. Of it, a segment is kept if it
    translates the very text that is there now, and either the same engine made it with the same
    terms or a person has changed it since.
    UnavailableError if the translator cannot do this pair.
    """
    if not translator.supports(source.code, target.code):
        raise UnavailableError(
            f"{translator.name} cannot translate {source.name} to {target.name}",
            cure="choose another --mt, or see `dub engines`",
        )
    terms = terms or {}
    made_by = _made_by(translator, terms)
    kept = _kept(heard, previous, made_by)
    said = dict(kept)
    fresh = [segment for segment in heard.segments if segment.id not in kept]
    for first in range(0, len(fresh), BATCH_SEGMENTS):
        batch = fresh[first : first + BATCH_SEGMENTS]
        for segment in _translate_batch(batch, translator, source, target, terms):
            said[segment.id] = segment
        progress(len(said), len(heard.segments))
    return Transcript(target.code, tuple(said[segment.id] for segment in heard.segments), made_by)


def _made_by(translator: Translator, terms: Mapping[str, str]) -> str:
    """The engine's name, and that of the terms if there are any."""
    if not terms:
        return translator.name
    digest = hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()[:8]
    return f"{translator.name} with glossary {digest}"


def lost_edits(heard: Transcript, previous: Transcript) -> tuple[Segment, ...]:
    """A person's translations that no longer translate what is there, and so are not kept."""
    texts = {segment.id: segment.text for segment in heard.segments}
    return tuple(
        segment
        for segment in previous.segments
        if is_edited(segment) and texts.get(segment.id) != segment.source_text
    )


def is_edited(segment: Segment) -> bool:
    """Whether a person has changed a translated segment: its text is not the engine's first."""
    return not segment.candidates or segment.text != segment.candidates[0].text


def _kept(heard: Transcript, previous: Transcript | None, engine: str) -> dict[str, Segment]:
    if previous is None:
        return {}
    old = {segment.id: segment for segment in previous.segments}
    kept = {}
    for segment in heard.segments:
        before = old.get(segment.id)
        if before is None or before.source_text != segment.text:
            continue
        if is_edited(before) or previous.made_by == engine:
            kept[segment.id] = replace(before, start=segment.start, end=segment.end)
    return kept


def _translate_batch(
    batch: list[Segment],
    translator: Translator,
    source: Language,
    target: Language,
    terms: Mapping[str, str],
) -> list[Segment]:
    pieces = [chunks(segment.text, source) for segment in batch]
    flat = [piece for of_segment in pieces for piece in of_segment]
    answers = iter(_with_terms(flat, translator, source, target, terms))
    translated = []
    for segment, own in zip(batch, pieces, strict=True):
        candidates = _join([next(answers) for _ in own], own)
        translated.append(
            Segment(
                id=segment.id,
                start=segment.start,
                end=segment.end,
                text=candidates[0].text if candidates else "",
                speaker=segment.speaker,
                confidence=candidates[0].score if candidates else None,
                source_text=segment.text,
                candidates=tuple(candidates),
            )
        )
    return translated


def _with_terms(
    sentences: list[str],
    translator: Translator,
    source: Language,
    target: Language,
    terms: Mapping[str, str],
) -> list[list[Candidate]]:
    """The engine's candidates, with the glossary's terms in them wherever it kept their marks."""

    def ask(texts: list[str]) -> list[list[Candidate]]:
        if not texts:
            return []
        return translator.translate(texts, source=source.code, target=target.code, n_best=N_BEST)

    marked = [mark(sentence, terms) for sentence in sentences]
    answers = []
    for candidates, (_, meaning) in zip(ask([text for text, _ in marked]), marked, strict=True):
        texts = [unmark(candidate.text, meaning) for candidate in candidates]
        answers.append(
            [
                replace(candidate, text=text)
                for candidate, text in zip(candidates, texts, strict=True)
                if text is not None
            ]
        )
    lost = [number for number, candidates in enumerate(answers) if not candidates]
    for number, candidates in zip(lost, ask([sentences[n] for n in lost]), strict=True):
        answers[number] = candidates
    return answers


def _join(answers: list[list[Candidate]], pieces: list[str]) -> list[Candidate]:
    """Candidates of the whole segment: a lone sentence's own, else the best of each, joined.

    The joined score weighs each sentence by its length in the source.
    """
    if not answers:
        return []
    if len(answers) == 1:
        return answers[0]
    weights = [max(1, len(piece)) for piece in pieces]
    best = [candidates[0] for candidates in answers]
    score = sum(c.score * w for c, w in zip(best, weights, strict=True)) / sum(weights)
    text = re.sub(r"\s+", " ", " ".join(c.text for c in best)).strip()
    return [Candidate(text, score)]
