"""Translating: ids survive, long text is split, and what is still right is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from dubber import languages
from dubber.config import ChoiceOptions, TimingOptions
from dubber.errors import UnavailableError
from dubber.languages import Language
from dubber.protocols import Translator
from dubber.schema import Candidate, Segment, Transcript
from dubber.stages.translate import UNVOUCHED, doubts, lost_edits
from dubber.stages.translate import translate as stage
from dubber.timing.plan import plan
from dubber.translation.choose import Judge

HINDI, TAMIL = languages.get("hi"), languages.get("ta")
HEARD = Transcript(
    "hi",
    (
        Segment("s0001", 0.0, 1.0, "नमस्ते।"),
        Segment("s0002", 1.5, 3.0, "आप कैसे हैं? मैं ठीक हूँ।"),
        Segment("s0003", 4.0, 5.0, "धन्यवाद।"),
    ),
    "asr.fake",
)


class Counting:
    """A translator that notes what it was asked."""

    def __init__(self, name: str = "mt.counting") -> None:
        self.name = name
        self.asked: list[str] = []

    def supports(self, source: str, target: str) -> bool:
        return target == "ta"

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        self.asked += sentences
        return [[Candidate(f"<{text}>", -1.0)] for text in sentences]


def translate(
    heard: Transcript,
    translator: Translator,
    *,
    target: Language = TAMIL,
    terms: Mapping[str, str] | None = None,
    previous: Transcript | None = None,
) -> Transcript:
    judge = Judge(HINDI, target, ChoiceOptions(), terms or {}, {})
    slots = plan(heard.segments, length=6.0, options=TimingOptions())
    return stage(heard, translator, slots=slots, judge=judge, previous=previous)


def said(translator: Translator, previous: Transcript | None = None) -> Transcript:
    return translate(HEARD, translator, previous=previous)


def test_segments_keep_their_ids_and_times_and_know_what_they_translate() -> None:
    result = said(Counting())
    assert [(s.id, s.start, s.end) for s in result.segments] == [
        (s.id, s.start, s.end) for s in HEARD.segments
    ]
    assert [s.source_text for s in result.segments] == [s.text for s in HEARD.segments]
    assert result.language == "ta"


def test_sentences_are_translated_one_by_one_and_joined() -> None:
    translator = Counting()
    assert said(translator)["s0002"].text == "<आप कैसे हैं?> <मैं ठीक हूँ।>"
    assert translator.asked == ["नमस्ते।", "आप कैसे हैं?", "मैं ठीक हूँ।", "धन्यवाद।"]


def test_no_text_longer_than_two_thousand_bytes_reaches_an_engine() -> None:
    translator = Counting()
    long = replace(HEARD, segments=(Segment("s1", 0, 1, "बहुत लंबी बात " * 200),))
    translate(long, translator)
    assert len(translator.asked) > 1
    assert all(len(text.encode()) <= 2000 for text in translator.asked)
    assert " ".join(translator.asked).split() == long.segments[0].text.split()


def test_what_is_still_right_is_not_translated_again() -> None:
    before = said(Counting())
    changed = replace(before.segments[1], source_text="कुछ और।")
    previous = replace(before, segments=(before.segments[0], changed, before.segments[2]))
    translator = Counting()
    said(translator, previous)
    assert translator.asked == ["आप कैसे हैं?", "मैं ठीक हूँ।"]


def test_another_engine_translates_anew_but_keeps_what_a_person_wrote() -> None:
    before = said(Counting())
    edited = replace(before.segments[0], text="வணக்கம்!")
    previous = replace(before, segments=(edited, *before.segments[1:]))
    other = Counting("mt.other")
    result = said(other, previous)
    assert result["s0001"].text == "வணக்கம்!"
    assert "नमस्ते।" not in other.asked
    assert "धन्यवाद।" in other.asked


def test_edits_of_lines_that_changed_are_named_as_lost() -> None:
    before = said(Counting())
    edited = replace(before.segments[0], text="வணக்கம்!")
    previous = replace(before, segments=(edited, *before.segments[1:]))
    assert lost_edits(HEARD, previous) == ()
    heard = replace(
        HEARD, segments=(replace(HEARD.segments[0], text="नमस्कार।"), *HEARD.segments[1:])
    )
    assert lost_edits(heard, previous) == (edited,)


def test_a_pair_the_engine_cannot_do_is_refused() -> None:
    with pytest.raises(UnavailableError, match="cannot translate Hindi to Telugu"):
        translate(HEARD, Counting(), target=languages.get("te"))


class Shouting(Counting):
    """A translator that keeps numbers in its own digits, and loses what it is told to."""

    def __init__(self, loses: str = "-") -> None:
        super().__init__()
        self.loses = loses

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        self.asked += sentences
        return [[Candidate(f"«{text.replace(self.loses, '')}»", -1.0)] for text in sentences]


def test_a_glossarys_terms_stand_in_the_translation_and_no_engine_sees_them() -> None:
    translator = Shouting()
    result = translate(HEARD, translator, terms={"धन्यवाद": "நன்றி", "ठीक": "keep"})
    assert result["s0003"].text == "«நன்றி।»"
    assert not any("धन्यवाद" in text for text in translator.asked)
    assert result["s0002"].text == "«आप कैसे हैं?» «मैं keep हूँ।»"


def test_a_sentence_whose_term_the_engine_loses_is_translated_without_it() -> None:
    translator = Shouting(loses="900001")
    result = translate(HEARD, translator, terms={"धन्यवाद": "நன்றி"})
    assert result["s0003"].text == "«धन्यवाद।»"


def test_other_terms_translate_anew_what_the_engine_made() -> None:
    before = said(Counting())
    translator = Counting()
    translate(
        HEARD,
        translator,
        terms={"कुछ": "ஏதோ"},
        previous=before,
    )
    assert len(translator.asked) == 4


class Offering(Counting):
    """A translator that offers the given candidates for each sentence."""

    def __init__(self, *offers: tuple[str, float]) -> None:
        super().__init__()
        self.offers = [Candidate(text, score) for text, score in offers]

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        self.asked += sentences
        return [self.offers[:n_best] for _ in sentences]


LONG, SHORT = "மிகவும் நீளமான ஒரு வாக்கியம் இங்கே எழுதப்பட்டிருக்கிறது", "வணக்கம் நண்பரே"


def test_the_translation_that_fits_its_slot_is_taken_and_the_file_says_why() -> None:
    result = said(Offering((LONG, -0.4), (SHORT, -0.6)))
    first = result["s0001"]
    assert first.text == first.candidates[0].text == SHORT
    assert first.candidates[1].text == LONG
    assert first.choice is not None and "fits better" in first.choice.reason
    assert (first.choice.slot, first.choice.room) == (1.0, 1.42)
    assert first.confidence == pytest.approx(0.549, abs=0.001)


def test_a_segment_whose_slot_changed_is_chosen_anew_unless_a_person_wrote_it() -> None:
    offers = ((LONG, -0.4), (SHORT, -0.6))
    before = said(Offering(*offers))
    edited = replace(before, segments=(*before.segments[:2], replace(before.segments[2], text="!")))
    later = replace(HEARD.segments[1], start=3.2, end=3.9)
    moved = replace(HEARD, segments=(HEARD.segments[0], later, HEARD.segments[2]))
    translator = Offering(*offers)
    result = translate(moved, translator, previous=edited)
    assert "नमस्ते।" in translator.asked  # its room grew
    assert "धन्यवाद।" not in translator.asked
    assert result["s0003"].text == "!"


def test_a_doubtful_segment_is_one_the_translator_is_not_sure_of_and_nobody_changed() -> None:
    result = said(Offering((SHORT, -3.0)))
    assert doubts(result, TRUSTING) == dict.fromkeys(("s0001", "s0002", "s0003"), "confidence 0.05")
    mended = replace(result.segments[0], text="வணக்கம்")
    sure = replace(result.segments[1], confidence=1.0)
    result = replace(result, segments=(mended, sure, result.segments[2]))
    assert list(doubts(result, TRUSTING)) == ["s0003"]
    assert doubts(said(Offering((SHORT, -0.1))), TRUSTING) == {}


TRUSTING = Judge(HINDI, TAMIL, ChoiceOptions(), {}, {}, doubtful=0.3)


def one(text: str, translator: Translator) -> Segment:
    """The translation of a film with one segment."""
    heard = Transcript("hi", (Segment("s1", 0.0, 2.0, text),))
    return translate(heard, translator).segments[0]


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "… — !", "❤️"])
def test_what_has_no_words_stays_as_it_is_and_no_engine_is_asked(text: str) -> None:
    translator = Counting()
    assert one(text, translator).text == text.strip()
    assert translator.asked == []


def test_pictures_are_kept_from_the_engine_and_from_loss() -> None:
    translator = Counting()
    assert one("🙂 मैं खुश हूँ 👍 दोस्त।", translator).text == "🙂 <मैं खुश हूँ दोस्त।> 👍"


@pytest.mark.parametrize("text", ["How are you?", "நான் வீட்டில்", "漢字かな"])
def test_a_sentence_in_other_letters_stays_as_it_is_and_is_doubtful(text: str) -> None:
    translator = Counting()
    kept = one(text, translator)
    assert (kept.text, kept.candidates[0].score) == (text, UNVOUCHED)
    assert translator.asked == []
    reason = doubts(Transcript("ta", (kept,)), TRUSTING)["s1"]
    assert reason == "what was heard is not written in Hindi letters"


def test_mixed_letters_are_translated_sentence_by_sentence() -> None:
    translator = Counting()
    assert one("यह JavaScript है। How nice!", translator).text == "<यह JavaScript है।> How nice!"


def test_words_in_other_letters_are_kept_from_the_engine_and_from_loss() -> None:
    translator = Counting()
    kept = one("मैं நாளை market जाऊँगा 你好।", translator)
    assert kept.text == "<मैं நாளை market जाऊँगा 你好।>"
    assert translator.asked == ["मैं 900001 market जाऊँगा 900002।"]


def test_five_thousand_characters_come_through_whole() -> None:
    translator = Counting()
    text = " ".join(f"बात नंबर {n} है और चलती रहती है," for n in range(170))
    assert len(text) > 5000
    kept = one(text, translator)
    for number in range(170):
        assert f" {number} " in kept.text


class Forgetful(Counting):
    """A translator that keeps figures and forgets number words."""

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        self.asked += sentences
        return [
            [Candidate("மாடுகள் " + " ".join(w for w in text.split() if w.isdigit()), -1.0)]
            for text in sentences
        ]


def test_a_number_said_in_words_that_the_engine_forgets_is_written_in_figures() -> None:
    translator = Forgetful()
    kept = one("मेरे पास पच्चीस गाय हैं।", translator)
    assert kept.text == "மாடுகள் 25"
    assert translator.asked == ["मेरे पास पच्चीस गाय हैं।", "मेरे पास 25 गाय हैं।"]
    assert kept.choice is not None
    assert kept.choice.reason.startswith("keeps more of the numbers")


def test_small_numbers_come_back_in_words_where_they_are_sure_to_be_numbers() -> None:
    translator = Forgetful()
    kept = one("मेरे पास दो गाय और 12 घर हैं, पानी दो।", translator)
    assert translator.asked[1] == "मेरे पास 2 गाय और 12 घर हैं, पानी दो।"
    assert kept.text == "மாடுகள் இரண்டு 12"
