"""What the compact model sees."""

from __future__ import annotations

import pytest

from dubber.translation.indic_wire import close_indic, detokenized, open_indic, tokenized
from dubber.translation.wire import close_wire, open_wire, plain


def test_plain_text_has_one_form() -> None:
    assert plain("  “हाँ”,\u00a0उसने  कहा… ") == '"हाँ", उसने कहा...'
    assert plain("१२ ௧௨ ১২ 12") == "12 12 12 12"
    assert plain("അവന്\u200d") == "അവൻ"  # chillu as written before Unicode 5.1
    assert plain("क\u200dष") == "कष"


def test_numbers_and_latin_words_go_through_untouched() -> None:
    wire = open_wire("கடை 10:30 மணிக்கு, 1,000 ரூபாய் GST.", script="Taml", latin=True)
    assert wire.kept == ("10:30", "1,000", "GST")
    assert "<0>" in wire.text and "<2>" in wire.text
    assert not any(letter.isdigit() for letter in wire.text.replace("<0>", "<>")[:8])
    back = close_wire(wire.text, script="Taml", kept=wire.kept)
    assert back == "கடை 10:30 மணிக்கு, 1,000 ரூபாய் GST."


def test_english_words_are_not_kept_where_english_is_translated() -> None:
    assert open_wire("I have 2 cats.", script="Latn", latin=False).kept == ("2",)


def test_a_mask_that_stands_for_nothing_disappears() -> None:
    assert close_wire("<0> और <7>", script="Deva", kept=("5",)) == "5 और"


def test_text_cannot_pretend_to_be_a_mask() -> None:
    wire = open_wire("वह <3> है", script="Deva", latin=True)
    assert wire.kept == ("3",)
    assert close_wire(wire.text, script="Deva", kept=wire.kept) == "वह (3) है"


def test_an_indictrans2_sentence_is_tagged_set_apart_and_in_devanagari() -> None:
    wire = open_indic("அவன், 12 மணிக்கு வந்தான்.", source="tam_Taml", target="hin_Deva")
    assert wire.tags == ("tam_Taml", "hin_Deva")
    assert wire.text.endswith(" .") and " , " in wire.text
    assert all(not "\u0b80" <= letter <= "\u0bff" for letter in wire.text)


def test_addresses_and_dates_wait_behind_placeholders() -> None:
    wire = open_indic("लिखें a.b@c.in पर 12/05/2024 तक", source="hin_Deva", target="tam_Taml")
    assert wire.kept == ("a.b@c.in", "12/05/2024")
    assert wire.text == "लिखें < ID1 > पर < ID2 > तक"
    said = close_indic("<ID2> க்கு முன் < ID1 >", target="tam_Taml", kept=wire.kept)
    assert said == "12/05/2024 க்கு முன் a.b@c.in"


@pytest.mark.parametrize("text", ["वह आया, और गया।", "क्या (सच) है?", "दर 3.5 है", 'उसने कहा, "आओ"'])
def test_what_is_set_apart_comes_together_again(text: str) -> None:
    assert detokenized(tokenized(text)) == text
