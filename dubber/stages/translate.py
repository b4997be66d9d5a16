"""Say every segment in the target language, in the time it has; keep what is still right."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace

from dubber.errors import UnavailableError
from dubber.languages import Language
from dubber.protocols import Progress, Translator, silent
from dubber.schema import Candidate, Segment, Slot, Transcript
from dubber.text.glossary import mark, unmark
from dubber.text.numbers import FIGURES_FROM, in_figures, numbers_in, numbers_lost, words_of
from dubber.text.sentences import chunks
from dubber.translation.aside import foreign_words, is_foreign, set_aside
from dubber.translation.choose import Judge, confidence_of

BATCH_SEGMENTS = 16
UNVOUCHED = -5.0  # the score of a sentence that was left as it is: a confidence under 0.01
SLOT_TOLERANCE = 0.01  # seconds by which a slot may change before a segment is chosen anew


def translate(
    heard: Transcript,
    translator: Translator,
    *,
    slots: Sequence[Slot],
    judge: Judge,
    previous: Transcript | None = None,
    progress: Progress = silent,
) -> Transcript:
    """The transcript in the judge's target language: the same segments with the same ids and times.

    `slots` has one for each segment, in order. Where the engine loses one of the judge's terms,
    the sentence is translated without it. `previous` is what an earlier run left. Of it, a segment
    is kept if it translates the very text that is there now, and either was made the same way for
    the same slot, or a person has changed it since.
    UnavailableError if the translator cannot do this pair.
    """
    if not translator.supports(judge.source.code, judge.target.code):
        raise UnavailableError(
            f"{translator.name} cannot translate {judge.source.name} to {judge.target.name}",
            cure="choose another --mt, or see `dub engines`",
        )
    made_by = _made_by(translator, judge)
    of_segment = {slot.segment_id: slot for slot in slots}
    kept = _kept(heard, previous, made_by, of_segment)
    said = dict(kept)
    fresh = [segment for segment in heard.segments if segment.id not in kept]
    for first in range(0, len(fresh), BATCH_SEGMENTS):
        batch = fresh[first : first + BATCH_SEGMENTS]
        for segment in _translate_batch(batch, translator, judge, of_segment):
            said[segment.id] = segment
        progress(len(said), len(heard.segments))
    segments = tuple(said[segment.id] for segment in heard.segments)
    return Transcript(judge.target.code, segments, made_by)


def _made_by(translator: Translator, judge: Judge) -> str:
    """The engine's name, and a digest of all else that its candidates were chosen by."""
    facts = [
        asdict(judge.options),
        dict(judge.terms),
        dict(judge.pronunciations),
        judge.pace,
        judge.doubtful,
    ]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
    return f"{translator.name} with settings {digest}"


def doubts(said: Transcript, judge: Judge) -> dict[str, str]:
    """The segments whose translation is doubtful, by id, each with the reason: a confidence below
    the judge's limit, or text in other letters than the source's. Not those that a person has
    changed, or of which one has set the confidence to 1."""
    found = {}
    for segment in said.segments:
        if segment.confidence is None or segment.confidence >= 1.0 or is_edited(segment):
            continue
        parts = chunks(segment.source_text, judge.source)
        if any(is_foreign(part, judge.source) for part in parts):
            found[segment.id] = f"what was heard is not written in {judge.source.name} letters"
        elif segment.confidence < judge.doubtful:
            found[segment.id] = f"confidence {segment.confidence:.2f}"
    return found


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


def _kept(
    heard: Transcript, previous: Transcript | None, made_by: str, slots: Mapping[str, Slot]
) -> dict[str, Segment]:
    if previous is None:
        return {}
    old = {segment.id: segment for segment in previous.segments}
    kept = {}
    for segment in heard.segments:
        before = old.get(segment.id)
        if before is None or before.source_text != segment.text:
            continue
        same = previous.made_by == made_by and _same_slot(before, slots[segment.id])
        if same or is_edited(before):
            kept[segment.id] = replace(before, start=segment.start, end=segment.end)
    return kept


def _same_slot(segment: Segment, slot: Slot) -> bool:
    choice = segment.choice
    if choice is None:
        return not segment.text
    own, room = slot.end - slot.start, slot.limit - slot.start
    return max(abs(choice.slot - own), abs(choice.room - room)) <= SLOT_TOLERANCE


def _translate_batch(
    batch: list[Segment], translator: Translator, judge: Judge, slots: Mapping[str, Slot]
) -> list[Segment]:
    pieces = [chunks(segment.text, judge.source) for segment in batch]
    flat = [piece for of_segment in pieces for piece in of_segment]
    answers = iter(_answers(flat, translator, judge))
    translated = []
    for segment, own in zip(batch, pieces, strict=True):
        blank = Segment(
            id=segment.id,
            start=segment.start,
            end=segment.end,
            text="",
            speaker=segment.speaker,
            source_text=segment.text,
        )
        if own:
            blank = _said(blank, own, [next(answers) for _ in own], judge, slots[segment.id])
        translated.append(blank)
    return translated


def _said(
    blank: Segment,
    sentences: Sequence[str],
    answers: Sequence[Sequence[Candidate]],
    judge: Judge,
    slot: Slot,
) -> Segment:
    candidates, choice = judge.choose(sentences, answers, slot)
    return replace(
        blank,
        text=candidates[0].text,
        confidence=confidence_of(candidates[0]),
        candidates=tuple(candidates),
        choice=choice,
    )


def _answers(sentences: list[str], translator: Translator, judge: Judge) -> list[list[Candidate]]:
    """Candidates of every sentence. What has no words or another language's letters stays as it
    is, the latter with a score that says that nobody vouches for it."""
    asides = [set_aside(sentence) for sentence in sentences]
    answers = [[Candidate(sentence, 0.0)] for sentence in sentences]
    asked = []
    for number, aside in enumerate(asides):
        if is_foreign(aside.text, judge.source):
            answers[number] = [Candidate(sentences[number], UNVOUCHED)]
        elif any(letter.isalnum() for letter in aside.text):
            asked.append(number)
    found = _with_numbers([asides[n].text for n in asked], translator, judge)
    for number, candidates in zip(asked, found, strict=True):
        around = asides[number].around
        answers[number] = [replace(c, text=around(c.text)) for c in candidates]
    return answers


def _with_numbers(
    sentences: list[str], translator: Translator, judge: Judge
) -> list[list[Candidate]]:
    """The engine's candidates; where all lose a number that was said in words, more of them, for
    the sentence with its numbers in figures, which engines keep. Small ones come back in words."""
    answers = _with_terms(sentences, translator, judge)
    again = {}
    for place, (sentence, candidates) in enumerate(zip(sentences, answers, strict=True)):
        written = in_figures(sentence, judge.source)
        if written != sentence and all(
            numbers_lost(sentence, candidate.text, judge.source, judge.target)
            for candidate in candidates
        ):
            again[place] = written
    more = _with_terms(list(again.values()), translator, judge)
    for (place, written), candidates in zip(again.items(), more, strict=True):
        there = re.findall(r"\d+", sentences[place])
        small = {n for n in numbers_in(written, judge.source) if n not in there}
        answers[place] += [
            replace(c, text=_small_in_words(c.text, small, judge.target)) for c in candidates
        ]
    return answers


def _small_in_words(text: str, numbers: Collection[str], language: Language) -> str:
    """`text` with those of `numbers` that are small in words, where they stand as figures."""
    for number in numbers:
        if number.isdigit() and int(number) < FIGURES_FROM:
            words = words_of(int(number), language)
            text = re.sub(rf"(?<![\d.,]){number}(?![\d.,]\d|\d)", words, text)
    return text


def _with_terms(
    sentences: list[str], translator: Translator, judge: Judge
) -> list[list[Candidate]]:
    """The engine's candidates, with the glossary's terms, and words in letters that it does not
    know, in them wherever it kept their marks."""

    def ask(texts: list[str]) -> list[list[Candidate]]:
        if not texts:
            return []
        return translator.translate(
            texts,
            source=judge.source.code,
            target=judge.target.code,
            n_best=judge.options.n_best,
        )

    marked = [
        mark(text, {word: word for word in foreign_words(text, judge.source)} | dict(judge.terms))
        for text in sentences
    ]
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
