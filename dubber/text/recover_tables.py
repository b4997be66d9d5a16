"""The tables of `recover`: how letters of three scripts sound, and what is easily misheard.

A sound is one character. Consonants: k g c j t d T D R p b m n N l r s S v y h; vowels: a (one
that only opens a word), A I E O U and the short i u; Y and W are Urdu letters that may be a vowel
or y and v.
"""

from __future__ import annotations

import re


def _pairs(text: str) -> dict[str, str]:
    """A table written as `one=other` between blanks."""
    return dict(pair.split("=") for pair in text.split())


HINDI_WORD = re.compile(r"[\u0900-\u0963\u0971-\u097f]+")
CONSONANT = re.compile("[\u0915-\u0939]\u093c?")
NUKTA = "\u093c"

#: Urdu signs and digits as Hindi writes them.
SIGNS = str.maketrans("۔،؛؟٪٫٬۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩ﷲيىكەۀةۃ", "।,;?%.,01234567890123456789ہییکہہہہ")

#: An Urdu letter's sound at the start, inside, and at the end of a word.
URDU = {
    **{
        letter: (sound, sound, sound)
        for letter, sound in _pairs(
            """
            ک=k گ=g خ=kh غ=g ق=k ت=t ط=t ٹ=T د=d ڈ=D پ=p ب=b م=m ر=r ڑ=R ل=l ن=n ں=N ھ=h ہ=h ح=h
            چ=c ج=j ز=j ذ=j ض=j ظ=j ژ=S ش=S س=s ص=s ث=s ف=ph
            """
        ).items()
    },
    "ا": ("a", "A", "A"),
    "آ": ("aA", "A", "A"),
    "أ": ("a", "A", "A"),
    "ع": ("a", "A", ""),
    "ی": ("y", "Y", "I"),
    "ے": ("E", "E", "E"),
    "ئ": ("", "", ""),
    "ء": ("", "", ""),
    "و": ("v", "W", "W"),
    "ؤ": ("W", "W", "W"),
}  # fmt: skip

LATIN = {
    "aa": "A", "ee": "I", "oo": "U", "ai": "E", "au": "O", "ou": "U", "ch": "c", "sh": "S",
    "th": "th", "dh": "dh", "kh": "kh", "gh": "gh", "bh": "bh", "ph": "ph", "jh": "jh",
    "a": "a", "e": "E", "i": "i", "o": "O", "u": "u", "y": "Y", "w": "v", "v": "v", "f": "ph",
    "z": "j", "x": "ks", "q": "k", "c": "k", "k": "k", "g": "g", "j": "j", "t": "t", "d": "d",
    "n": "n", "p": "p", "b": "b", "m": "m", "r": "r", "l": "l", "s": "s", "h": "h",
}  # fmt: skip

LATIN_LETTERS = re.compile("|".join(sorted(LATIN, key=len, reverse=True)))

HINDI = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "c", "छ": "ch", "ज": "j", "झ": "jh",
    "ञ": "n", "ट": "T", "ठ": "Th", "ड": "D", "ढ": "Dh", "ण": "n", "त": "t", "थ": "th", "द": "d",
    "ध": "dh", "न": "n", "प": "p", "फ": "ph", "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r",
    "ल": "l", "व": "v", "श": "S", "ष": "S", "स": "s", "ह": "h", "ळ": "l", "ं": "N", "ँ": "N",
    "ा": "A", "ि": "i", "ी": "I", "ु": "u", "ू": "U", "े": "E", "ै": "E", "ो": "O", "ौ": "O",
    "ृ": "r", "ॉ": "A", "ॅ": "E", "अ": "", "आ": "A", "इ": "i", "ई": "I", "उ": "u", "ऊ": "U",
    "ए": "E", "ऐ": "E", "ओ": "O", "औ": "O", "ऋ": "r", "ऑ": "A",
}  # fmt: skip

FULL_VOWELS = "अआइईउऊएऐओऔऋऑ"
VOWELS = frozenset("aAIEOUiuYW")

#: Consonants that a skeleton does not tell apart; the others are left out of it.
KIND = dict(zip("kgcjtTdDRpbmnlrsS", "kgcjttdddpbmnlrss", strict=True))

#: What it costs to overlook a sound; a consonant costs 1.
GAP = {
    "a": 0.3, "A": 0.5, "I": 0.5, "E": 0.5, "O": 0.5, "U": 0.5, "Y": 0.45, "W": 0.45,
    "i": 0.1, "u": 0.1, "h": 0.35, "N": 0.3, "v": 0.7, "y": 0.6,
}  # fmt: skip

#: What it costs to take one for the other, in either order; see `recover._swap` for all others.
SWAP = {
    "YI": 0.0, "YE": 0.0, "Yy": 0.0, "Yi": 0.1, "yI": 0.3, "yE": 0.3, "yi": 0.3,
    "WO": 0.0, "WU": 0.0, "Wv": 0.0, "Wu": 0.1, "vO": 0.3, "vU": 0.3, "vu": 0.3, "WY": 0.5,
    "Ii": 0.2, "Uu": 0.2, "IE": 0.4, "OU": 0.3, "ai": 0.1, "au": 0.1, "aA": 0.3,
    "hA": 0.35, "Nn": 0.1, "tT": 0.35, "dD": 0.35, "DR": 0.1, "dR": 0.35, "rR": 0.4, "sS": 0.2,
    "kg": 0.6, "td": 0.6, "pb": 0.6, "cj": 0.6, "bv": 0.5, "bW": 0.6, "mn": 0.7, "mN": 0.5,
    "Td": 0.7, "TD": 0.6, "tD": 0.7, "jS": 0.8, "cS": 0.7, "cs": 0.8, "lr": 0.8,
}  # fmt: skip

AS_VOWEL = {
    "a": ("अ", ""), "A": ("आ", "ा"), "i": ("इ", "ि"), "I": ("ई", "ी"), "u": ("उ", "ु"),
    "U": ("ऊ", "ू"), "E": ("ए", "े"), "O": ("ओ", "ो"), "Y": ("ई", "ी"), "W": ("ओ", "ो"),
}  # fmt: skip
AS_CONSONANT = _pairs(
    "k=क g=ग c=च j=ज t=त d=द T=ट D=ड R=ड़ p=प b=ब m=म n=न N=ं l=ल r=र s=स S=श v=व y=य h=ह"
)
ASPIRATED = _pairs("क=ख ग=घ च=छ ज=झ ट=ठ ड=ढ ड़=ढ़ त=थ द=ध प=फ ब=भ")

#: Urdu spellings of the commonest words, which are all alike in sound.
FREQUENT = _pairs(
    """
    ہے=है ہیں=हैं کے=के کی=की کا=का کو=को نے=ने سے=से پر=पर اور=और کہ=कि یہ=यह وہ=वह نہیں=नहीं
    ہو=हो ہوں=हूँ تھا=था تھی=थी تھے=थे تھیں=थीं گا=गा گی=गी گے=गे تو=तो بھی=भी ہی=ही جو=जो
    ایک=एक اس=इस ان=उन انہیں=उन्हें اسے=उसे اپنے=अपने اپنی=अपनी اپنا=अपना لیے=लिए لئے=लिए
    لیکن=लेकिन اگر=अगर جب=जब تب=तब اب=अब کیا=क्या کیوں=क्यों کیسے=कैसे کہاں=कहाँ یہاں=यहाँ
    وہاں=वहाँ کر=कर کرنے=करने کرنا=करना کرتا=करता کرتے=करते کرتی=करती کریں=करें کرے=करे کیے=किए
    کئے=किए ہم=हम آپ=आप میرے=मेरे میری=मेरी میرا=मेरा مجھے=मुझे ہمارے=हमारे ہماری=हमारी
    ہمارا=हमारा تم=तुम ساتھ=साथ بات=बात لوگ=लोग لوگوں=लोगों دیش=देश سرکار=सरकार بھارت=भारत آج=आज
    کل=कल بعد=बाद گیا=गया گئی=गई گئے=गए گئیں=गईं جا=जा جاتا=जाता جاتی=जाती جاتے=जाते جانے=जाने
    جائے=जाए دیا=दिया دی=दी دیے=दिए دیئے=दिए رہا=रहा رہی=रही رہے=रहे والے=वाले والی=वाली
    والا=वाला سکتا=सकता سکتی=सकती سکتے=सकते کچھ=कुछ کوئی=कोई کسی=किसी سب=सब سبھی=सभी بہت=बहुत
    جس=जिस جن=जिन کس=किस کن=किन تک=तक پھر=फिर یا=या دو=दो تین=तीन چار=चार پانچ=पाँच سو=सौ
    ہوا=हुआ ہوئی=हुई ہوئے=हुए ہونے=होने ہوتا=होता ہوتی=होती ہوتے=होते ہاں=हाँ نا=ना نہ=न آئے=आए
    آیا=आया آئی=आई آتا=आता آتی=आती آتے=आते آگے=आगे آنے=आने مجھ=मुझ تجھ=तुझ ہوگا=होगा ہوگی=होगी
    """
)

#: میں is "in" or "I": it is I after these words or before those.
MAIN, MEANS_IN, MEANS_I = "میں", "में", "मैं"
BEFORE_I = frozenset(["", "کہ", "اور", "تو", "لیکن", "اگر", "یہ", "جب", "آج"])
AFTER_I = frozenset(["نے", "آپ", "بھی", "یہ", "اس", "جانتا", "سمجھتا", "چاہتا", "کہتا"])

#: What Hindi writes together: a verb and its future ending, a pronoun and its case.
FUTURE = frozenset(["گا", "گی", "گے"])
BEFORE_FUTURE = ("े", "ें", "ेँ", "ो", "ों", "ए", "एं", "एँ", "ऊं", "ऊँ", "ूं", "ूँ", "ओ", "हो")
PRONOUNS = frozenset(["آپ", "اس", "ان", "جس", "جن", "کس", "کن", "ہم", "تم", "مجھ", "تجھ", "میں"])
CASES = frozenset(["کا", "کی", "کے", "کو", "سے", "میں", "پر", "نے", "لیے", "لئے"])
