"""From parallel text to encoded pairs: filter, learn the vocabulary, encode."""

from __future__ import annotations

import json
import logging
import random
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from dubber.errors import DataError
from dubber.protocols import Progress, silent
from dubber.translation import written
from dubber.translation.align import aligned
from dubber.translation.batches import Encoded, Specials
from dubber.translation.carried import WORD, Census, shared_spans
from dubber.translation.corpus import CorpusRule, Pair, expansions, mask_pair, read, refusal
from dubber.translation.wire import MASKS

log = logging.getLogger(__name__)

VOCABULARY_MODEL = "spm.model"
MAX_TOKENS = 96  # a side; longer pairs are few and mostly not sentence by sentence


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """What goes in. `corpora` are folder names with what is known of each; pairs are taken between
    a `hub` language and any other. Two corpora that are one text in two cuts do not both belong."""

    corpora: Mapping[str, CorpusRule] = field(
        default_factory=lambda: {
            "obs_sent": CorpusRule(1.0),
            "pratham_sent": CorpusRule(1.0, noisy=True),
            "tatoeba": CorpusRule(1.5),
            "tico19": CorpusRule(1.0),
            "ui_sunbird": CorpusRule(0.3),
        }
    )
    hubs: tuple[str, ...] = ("hi", "en")
    spoken_weight: float = 6.0
    vocabulary: int = 6000
    vocabulary_sentences: int = 400_000
    seed: int = 1


def prepare(
    data: Path,
    out: Path,
    *,
    scripts: Mapping[str, str],
    options: PrepareOptions | None = None,
    spoken: Path | None = None,
    vocabulary: Path | None = None,
    progress: Progress = silent,
) -> dict[str, object]:
    """Read `data`, keep what is good, write the encoded pairs and the vocabulary to `out`.

    `spoken` is the project's own corpus (`translation.written`), whose held-out part is left out.
    `scripts` gives each language its script (ISO 15924). `vocabulary`, a SentencePiece model, is
    taken instead of learning one. Returns the manifest that is also written as `data.json`: counts
    of pairs a corpus and direction (one whose names are masked counts twice), refusals by
    reason. DataError if a corpus is missing or nothing is left.
    """
    options = options or PrepareOptions()
    out.mkdir(parents=True, exist_ok=True)
    every = list(read(data, corpora=options.corpora, languages=scripts))
    if spoken is not None:
        every += written.pairs(spoken, languages=scripts)
        rule = {written.NAME: CorpusRule(options.spoken_weight)}
        options = replace(options, corpora={**options.corpora, **rule})
    pairs, refused = _good_pairs(every, scripts, options, progress)
    if not pairs:
        raise DataError("no pair is left after filtering", subject=data)
    wires = [mask_pair(pair, scripts) for pair in pairs]
    kept = [(pair, wire) for pair, wire in zip(pairs, wires, strict=True) if wire is not None]
    refused["masks"] += len(pairs) - len(kept)
    kept = _drop_misaligned(kept, options, refused)
    census = _census(kept, options)
    census.known().save(out)
    kept += _carrying(kept, census, scripts)
    model = out / VOCABULARY_MODEL
    if vocabulary is None:
        learn_vocabulary((text for _, wire in kept for text in wire), model, scripts, options)
    else:
        model.write_bytes(vocabulary.read_bytes())
    encoded = _encode(kept, model, tuple(scripts), tuple(options.corpora))
    encoded.save(out)
    manifest = _manifest(encoded, scripts, options, refused)
    (out / "data.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return manifest


def _good_pairs(
    read: Iterable[Pair], scripts: Mapping[str, str], options: PrepareOptions, progress: Progress
) -> tuple[list[Pair], Counter[str]]:
    """Pairs that pass the filters, each text pair once, and why the others did not."""
    every = [pair for pair in read if {pair.a, pair.b} & set(options.hubs)]
    expansion = expansions(every)
    refused: Counter[str] = Counter()
    seen: set[tuple[str, str, str, str]] = set()
    good = []
    for number, pair in enumerate(every):
        if number % 1000 == 0:
            progress(number, len(every))
        reason = refusal(
            pair,
            scripts=scripts,
            expansion=expansion[pair.a, pair.b],
            rule=options.corpora[pair.corpus],
        )
        key = (pair.a, pair.b, pair.text_a, pair.text_b)
        if reason is None and key in seen:
            reason = "duplicate"
        seen.add(key)
        if reason is None:
            good.append(pair)
        else:
            refused[reason] += 1
    progress(len(every), len(every))
    return good, refused


def _drop_misaligned(
    kept: list[tuple[Pair, tuple[str, str]]], options: PrepareOptions, refused: Counter[str]
) -> list[tuple[Pair, tuple[str, str]]]:
    groups: defaultdict[tuple[str, str], list[tuple[Pair, tuple[str, str]]]] = defaultdict(list)
    for entry in kept:
        groups[entry[0].a, entry[0].b].append(entry)
    good = []
    for entries in groups.values():
        doubtful = [options.corpora[pair.corpus].noisy for pair, _ in entries]
        keep = aligned([wire for _, wire in entries], doubtful=doubtful, seed=options.seed)
        good += [entry for entry, is_kept in zip(entries, keep, strict=True) if is_kept]
        refused["misaligned"] += keep.count(False)
    return good


def _census(kept: list[tuple[Pair, tuple[str, str]]], options: PrepareOptions) -> Census:
    census = Census(options.hubs)
    for pair, _ in kept:
        weight = options.corpora[pair.corpus].weight
        census.add(pair.text_a, pair.a, weight)
        census.add(pair.text_b, pair.b, weight)
    return census


def _carrying(
    kept: list[tuple[Pair, tuple[str, str]]], census: Census, scripts: Mapping[str, str]
) -> Iterator[tuple[Pair, tuple[str, str]]]:
    """Every pair whose sides share rare words once more, those words masked."""
    for pair, _ in list(kept):
        rare = [m for m in WORD.finditer(pair.text_a) if census.is_rare(m.group(), pair.a)]
        spans = shared_spans(pair.text_a, pair.text_b, scripts[pair.b], rare)
        wire = mask_pair(pair, scripts, spans) if spans else None
        if wire is not None:
            yield pair, wire


def tag(language: str) -> str:
    """The token that asks for a translation into `language`."""
    return f"<2{language}>"


def learn_vocabulary(
    texts: Iterable[str], model: Path, scripts: Mapping[str, str], options: PrepareOptions
) -> None:
    """A SentencePiece unigram model with tags and masks as symbols of their own."""
    import sentencepiece

    distinct = sorted(set(texts))
    random.Random(options.seed).shuffle(distinct)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(distinct[: options.vocabulary_sentences]),
        model_prefix=str(model.with_suffix("")),
        model_type="unigram",
        vocab_size=options.vocabulary,
        character_coverage=0.9999,
        byte_fallback=True,
        normalization_rule_name="identity",
        user_defined_symbols=[*(tag(language) for language in scripts), *MASKS],
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=3,
        num_threads=2,
        minloglevel=2,
    )
    model.with_suffix(".vocab").unlink(missing_ok=True)


def specials(model: Path, languages: Iterable[str]) -> Specials:
    """The ids of `model` (SentencePiece) that have a meaning."""
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
    tags = {language: int(pieces.piece_to_id(tag(language))) for language in languages}
    return Specials(pieces.pad_id(), pieces.bos_id(), pieces.eos_id(), tags)


def _encode(
    kept: Sequence[tuple[Pair, tuple[str, str]]],
    model: Path,
    languages: tuple[str, ...],
    corpora: tuple[str, ...],
) -> Encoded:
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
    sides_a = pieces.encode([wire[0] for _, wire in kept])
    sides_b = pieces.encode([wire[1] for _, wire in kept])
    tokens = array("H")
    rows = []
    for (pair, _), a, b in zip(kept, sides_a, sides_b, strict=True):
        if not 0 < len(a) <= MAX_TOKENS or not 0 < len(b) <= MAX_TOKENS:
            continue
        start = len(tokens)
        tokens.extend(a)
        tokens.extend(b)
        names = (languages.index(pair.a), languages.index(pair.b), corpora.index(pair.corpus))
        rows.append((start, start + len(a), len(tokens), *names))
    return Encoded(
        np.array(tokens, dtype=np.uint16), np.array(rows, dtype=np.int64), languages, corpora
    )


def _manifest(
    encoded: Encoded, scripts: Mapping[str, str], options: PrepareOptions, refused: Counter[str]
) -> dict[str, object]:
    pairs: Counter[str] = Counter()
    for _, _, _, a, b, corpus in encoded.pairs.tolist():
        languages = f"{encoded.languages[a]}-{encoded.languages[b]}"
        pairs[f"{languages} {encoded.corpora[corpus]}"] += 1
    return {
        "schema": "mt-data/1",
        "scripts": dict(scripts),
        "corpora": {name: asdict(rule) for name, rule in options.corpora.items()},
        "hubs": list(options.hubs),
        "seed": options.seed,
        "tokens": len(encoded.tokens),
        "pairs": dict(sorted(pairs.items())),
        "refused": dict(sorted(refused.items())),
    }
