"""The tables of `transliterate`: letters of three scripts and Devanagari, written `one=other`."""

from __future__ import annotations


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


#: English spelling to sound, the longest first; the vowel without a sign is अ.
LATIN_IN = _pairs(
    """
    tion=शअन sion=शअन ture=चअर ight=आइट ough=ऑ tch=च sch=सक chh=छ aa=आ ee=ई ii=ई oo=ऊ uu=ऊ
    ai=ऐ ay=ए au=औ aw=ऑ ea=ई ei=ए ey=ई ie=ई oa=ओ ou=आउ ow=ओ oi=ऑइ oy=ऑइ bh=भ ch=च ck=क dh=ध
    gh=घ jh=झ kh=ख ph=फ़ qu=कव sh=श th=थ wh=व zh=झ ng=ंग a=अ b=ब c=क d=ड e=ए f=फ़ g=ग h=ह
    i=इ j=ज k=क l=ल m=म n=न o=ऑ p=प q=क r=र s=स t=ट u=अ v=व w=व x=कस y=य z=ज़
    """
)

#: A vowel to its sign behind a consonant.
SIGNS = _pairs(
    """
    अ= आ=ा इ=ि ई=ी उ=ु ऊ=ू ए=े ऐ=ै ओ=ो औ=ौ ऑ=ॉ
    """
)

#: Devanagari to Latin.
LATIN_OUT = _pairs(
    """
    क=k ख=kh ग=g घ=gh ङ=n च=ch छ=chh ज=j झ=jh ञ=n ट=t ठ=th ड=d ढ=dh ण=n त=t थ=th द=d ध=dh
    न=n प=p फ=ph ब=b भ=bh म=m य=y र=r ल=l व=v श=sh ष=sh स=s ह=h ळ=l क़=q ख़=kh ग़=gh ज़=z
    ड़=r ढ़=rh फ़=f अ=a आ=aa इ=i ई=ee उ=u ऊ=oo ए=e ऐ=ai ओ=o औ=au ऑ=o ऋ=ri ा=aa ि=i ी=ee ु=u
    ू=oo े=e ै=ai ो=o ौ=au ॉ=o ृ=ri ं=n ँ=n ः=h ्= ़=
    """
)

#: Devanagari to Urdu.
ARABIC_OUT = _pairs(
    """
    क=ک ख=کھ ग=گ घ=گھ ङ=ن च=چ छ=چھ ज=ج झ=جھ ञ=ن ट=ٹ ठ=ٹھ ड=ڈ ढ=ڈھ ण=ن त=ت थ=تھ द=د ध=دھ न=ن
    प=پ फ=پھ ब=ب भ=بھ म=م य=ی र=ر ल=ل व=و श=ش ष=ش स=س ह=ہ ळ=ل क़=ق ख़=خ ग़=غ ज़=ز ड़=ڑ ढ़=ڑھ
    फ़=ف अ=ا आ=آ इ=اِ ई=ای उ=اُ ऊ=او ए=ے ऐ=اے ओ=او औ=او ऑ=آ ऋ=ر ा=ا ि=ِ ी=ی ु=ُ ू=و े=ے ै=ے
    ो=و ौ=و ॉ=ا ृ=ر ं=ں ँ=ں ः=ہ ्= ़=
    """
)

#: Urdu to Devanagari; short vowels are not written, and not guessed.
ARABIC_IN = _pairs(
    """
    ا=ा آ=आ ب=ब پ=प ت=त ٹ=ट ث=स ج=ज چ=च ح=ह خ=ख़ د=द ڈ=ड ذ=ज़ ر=र ڑ=ड़ ز=ज़ ژ=झ़ س=स ش=श ص=स
    ض=ज़ ط=त ظ=ज़ ع= غ=ग़ ف=फ़ ق=क़ ک=क گ=ग ل=ल م=म ن=न ں=ं و=ो ہ=ह ھ=ह ء= ی=ी ے=े ئ= ؤ=ो
    ي=ी ك=क
    """
)
