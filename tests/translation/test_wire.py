"""What the compact model sees."""

from __future__ import annotations

import re

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


@pytest.mark.parametrize("latin", [True, False])
def test_the_signs_of_money_percent_and_degrees_stay_with_their_number(latin: bool) -> None:
    text = "₹1,25,000 पर 12.5% ब्याज, $5 या £ 20, 38 °C और 40° 7."
    wire = open_wire(text, script="Deva", latin=latin)
    assert wire.kept == ("₹1,25,000", "12.5%", "$5", "£ 20", "38 °C", "40°", "7")
    assert close_wire(wire.text, script="Deva", kept=wire.kept) == text


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


#: What IndicTransToolkit 1.1.1 makes of them with indic-nlp-library 0.92 (docs/translation.md).
PUBLISHED = [
    ("mal_Mlym", "അവൾ വീട്ടിൽ ഇല്ല, അവൻ വന്നു.", "अवൾ वीट्टिൽ इल्ल , अवൻ वन्नु ."),
    ("pan_Guru", "ਉਹ ਘਰ ਵਿੱਚ ਹੈ, ਮੁੰਡਾ ਆਇਆ |", "उह घर विੱच है , मुੰडा आइआ ।"),
    ("urd_Arab", "کیا آپ گھر جائیں گے؟ 5بجے، شکریہ۔", "کیا آپ گھر جائیں گے ؟ 5 بجے ، شکریہ ۔"),
    (
        "eng_Latn",
        'Dr. Rao doesn\'t live in the U.S., does he? He said: "No, at 5,300 rupees..."',
        'Dr. Rao doesn \'t live in the U.S. , does he ? He said : " No , at 5,300 rupees ... "',
    ),
    ("mar_Deva", "ऱ्हास ॲप: १२,५०० रुपये आणि 7.5 टक्के.", "ऱ्हास एपः 12,500 रुपये आणि 7.5 टक्के ."),
    (
        "hin_Deva",
        "उसने कहा: “12/05/2024 को 25% छूट है, a.b@c.in पर लिखिए!”",
        'उसने कहाः " < ID2 > को 25 % छूट है , < ID1 > पर लिखिए ! "',
    ),
    ("ory_Orya", "ଓଡ଼ିଶା ଵନ ଯାଏ।", "ओड़िशा बन याए ।"),
    (
        "tam_Taml",
        "அவன் 10:30 மணிக்கு (நேற்று) வந்தான்; #சென்னை பார்த்தான்.",
        "अवऩ् < ID1 > मणिक्कु ( नेऱ्ऱु ) वन्ताऩ् ; < ID2 > पार्त्ताऩ् .",
    ),
    (
        "eng_Latn",
        "The boys' dog isn't 1990's; it's Mr. Roy's.",
        "The boys ' dog isn 't 1990 's ; it 's Mr. Roy 's .",
    ),
    ("kan_Knda", "''ಹೌದು'' ಎಂದ, 1,00,000 ರೂಪಾಯಿ - ಅಷ್ಟೇ?", '" हौदु " ऎंद , < ID1 > रूपायि - अष्टे ?'),
]


@pytest.mark.parametrize(("code", "text", "wire"), PUBLISHED)
def test_a_sentence_is_what_the_published_tools_make_of_it(code: str, text: str, wire: str) -> None:
    assert renumbered(open_indic(text, source=code, target="tam_Taml").text) == renumbered(wire)


def renumbered(text: str) -> str:
    """Placeholders alike: theirs are numbered in an order that changes from run to run."""
    return re.sub(r"ID\d+", "ID", text)


def test_initials_are_words_and_no_address() -> None:
    wire = open_indic("यू.एस. के www.a.in पर", source="hin_Deva", target="tam_Taml")
    assert (wire.text, wire.kept) == ("यू . एस . के < ID1 > पर", ("www.a.in",))


def test_what_stands_twice_has_one_placeholder() -> None:
    wire = open_indic("10:30 या 10:30", source="hin_Deva", target="tam_Taml")
    assert (wire.kept, wire.placeholders) == (("10:30",), [1, 1])


@pytest.mark.parametrize(
    "text",
    [
        'She said, "I don\'t know (yet)."',
        "The boys' dog isn't Mr. Roy's; it's ₹500!",
        "It costs $5 or 5%, doesn't it?",
    ],
)
def test_english_set_apart_comes_together_again(text: str) -> None:
    wire = open_indic(text, source="eng_Latn", target="hin_Deva", masks=False)
    assert close_indic(wire.text, target="eng_Latn", kept=()) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("mal_Mlym", "അവൾ വീട്ടിൽ ഇല്ല, അവൻ വന്നു."),
        ("pan_Guru", "ਉਹ ਘਰ ਵਿੱਚ ਹੈ, ਮੁੰਡਾ ਆਇਆ।"),
        ("ben_Beng", "সে বাংলায় নেই।"),
        ("ory_Orya", "ସେ ଘରେ ୟାଏ।"),
        ("tam_Taml", "அவன் வந்தான்."),
    ],
)
def test_letters_come_back_from_devanagari(code: str, text: str) -> None:
    wire = open_indic(text, source=code, target="hin_Deva")
    assert close_indic(wire.text, target=code, kept=wire.kept) == text
