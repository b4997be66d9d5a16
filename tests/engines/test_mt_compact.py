"""The embedded translator, with the weights that are in the package."""

from __future__ import annotations

import pytest

from dubber import weights
from dubber.engines.mt_compact import EMBEDDED, MtCompact
from dubber.errors import EngineError, UnavailableError
from dubber.protocols import EngineContext, Translator
from dubber.translation.wire import keepers, plain

TARGETS = ("ta", "te", "mr", "bn", "gu", "kn", "ml", "pa", "or", "ur", "en")


@pytest.fixture(scope="module")
def engine() -> MtCompact:
    return MtCompact.open(EngineContext("", "cpu", 1, weights.locate))


def figures(text: str) -> list[str]:
    return sorted(match.group() for match in keepers(text, latin=False))


def best(engine: MtCompact, text: str, target: str = "ta", source: str = "hi") -> str:
    return engine.translate([text], source=source, target=target)[0][0].text


def share(text: str, first: str, last: str) -> float:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(first <= letter <= last for letter in letters) / max(1, len(letters))


def test_it_is_a_translator_from_hindi_to_all_and_back(engine: MtCompact) -> None:
    assert isinstance(engine, Translator)
    assert all(engine.supports("hi", target) for target in TARGETS)
    assert all(engine.supports(target, "hi") for target in TARGETS)
    assert not engine.supports("hi", "hi")
    assert not engine.supports("hi", "fr")
    with pytest.raises(UnavailableError, match="ta to te"):
        engine.translate(["வீடு"], source="ta", target="te")


def test_the_embedded_model_is_small() -> None:
    assert weights.card(EMBEDDED).bytes < 40 * 1024 * 1024


@pytest.mark.parametrize(
    ("target", "first", "last"),
    [("ta", "\u0b80", "\u0bff"), ("te", "\u0c00", "\u0c7f"), ("bn", "\u0980", "\u09ff")],
)
def test_a_translation_is_in_the_script_of_its_language(
    engine: MtCompact, target: str, first: str, last: str
) -> None:
    said = best(engine, "बच्चे स्कूल जाते हैं।", target)
    assert share(said, first, last) == 1.0


def test_the_same_input_gives_the_same_output_whatever_is_beside_it(engine: MtCompact) -> None:
    lines = ["यह मेरा घर है।", "वह पानी पी रहा है।", "आज हम बाज़ार जाएँगे और फल लाएँगे।"]
    together = engine.translate(lines, source="hi", target="ta")
    assert [answer[0].text for answer in together] == [best(engine, line) for line in lines]


def test_candidates_differ_and_the_best_is_first(engine: MtCompact) -> None:
    answer = engine.translate(["यह मेरा घर है।"], source="hi", target="ta", n_best=4)[0]
    assert 2 <= len(answer) <= 4
    assert len({candidate.text for candidate in answer}) == len(answer)
    assert [c.score for c in answer] == sorted((c.score for c in answer), reverse=True)
    assert all(candidate.score < 0 for candidate in answer)


@pytest.mark.parametrize(
    "text",
    [
        "मेरे पास 21 किताबें और 3.5 किलो चावल हैं।",
        "बैठक 10:30 बजे, 12/05/2024 को है।",
        "१५ अगस्त १९४७ को",
        "कुल 1,25,000 रुपये में से 40 और 60 और 80 और 90 और 11 और 12 और 13 और 14 और 15 गए।",
    ],
)
def test_no_number_is_lost(engine: MtCompact, text: str) -> None:
    assert figures(best(engine, text)) == figures(plain(text))


def test_latin_words_and_addresses_stay(engine: MtCompact) -> None:
    said = best(engine, "अपना सवाल help@example.org पर भेजें और Python सीखें।")
    assert "help@example.org" in said
    assert "Python" in said


@pytest.mark.parametrize("text", ["🙂🙂", "...", "42", "—"])
def test_what_has_no_letter_passes_as_it_is(engine: MtCompact, text: str) -> None:
    assert best(engine, text) == text


def test_nothing_gives_nothing(engine: MtCompact) -> None:
    assert engine.translate([], source="hi", target="ta") == []
    assert engine.translate(["", "  "], source="hi", target="ta")[0][0].text == ""


@pytest.mark.parametrize(
    "text", ["How are you?", "میں گھر جاتا ہوں", "நான் வீட்டில்", "ਮੈਂ घर go ఇల్లు", "漢字かな", "क" * 900]
)
def test_another_script_than_expected_is_still_answered(engine: MtCompact, text: str) -> None:
    assert best(engine, text)


def test_a_page_of_text_is_answered_whole(engine: MtCompact) -> None:
    sentence = "राजा ने कहा कि वह कल 5 बजे नदी के पास मिलेगा, "
    said = best(engine, sentence * 30)
    assert said.count("5") == 30


@pytest.mark.parametrize("text", ["क" * 5000, "漢" * 5000, "क 1 " * 1250])
def test_five_thousand_characters_of_anything_are_answered(engine: MtCompact, text: str) -> None:
    said = best(engine, text)
    assert said
    assert said.count("1") == text.count("1")


def test_a_short_answer_does_not_loop(engine: MtCompact) -> None:
    said = best(engine, "नमस्ते")
    assert 0 < len(said) < 120


def test_a_folder_of_something_else_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        MtCompact(tmp_path_factory.mktemp("empty"))
