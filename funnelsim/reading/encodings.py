"""In which encoding a file's text is written, and whether that can be believed.

UTF-8 and UTF-16 show themselves. Of the older encodings of a firm's programs any bytes are text in
several, so each is tried on the lines that hold more than ASCII, and what it shows is looked at:
letters of one language, in words, small ones after large ones. One reading alone that is fit to be
read is taken, and said; where there are two that differ, or none, the encoding is asked for.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from funnelsim.errors import FunnelSimError, QuestionError

OLD = {  # tried in this order, and the languages that are written in them
    "cp1252": ("de", "fr", "es", "pt", "it", "nl", "sv", "da"),
    "cp1250": ("pl", "cs", "sk", "hu", "hr", "ro", "de"),
    "cp1251": ("ru", "uk", "be", "bg"),
    "gb18030": ("zh",),
    "mac_roman": ("de", "fr", "es", "pt", "it", "nl", "sv", "da"),
    "koi8_r": ("ru",),
    "cp866": ("ru",),
}
NAMES = {
    "utf_8": "UTF-8", "utf_16": "UTF-16", "utf_16_le": "UTF-16", "utf_16_be": "UTF-16",
    "cp1252": "Windows-1252", "cp1250": "Windows-1250", "cp1251": "Windows-1251",
    "gb18030": "GB18030", "mac_roman": "MacRoman", "koi8_r": "KOI8-R", "cp866": "DOS 866",
}  # fmt: skip
LETTERS = {  # that are not ASCII; without the rarest, which other encodings show too often
    "de": "äöüß", "fr": "àâæçéèêëîïôœùûü", "es": "áéíóúüñ", "pt": "áâãàçéêíóôõú",
    "it": "àèéìíîòóùú", "nl": "ëïéèöüá", "sv": "åäöé", "da": "æøåé",
    "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíľňóôšťúýž", "hu": "áéíóöőúüű",
    "hr": "čćđšž", "ro": "ăâîşţ",
    "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя", "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
}  # fmt: skip
CYRILLIC = ("ru", "uk", "be", "bg")
COMMON = set("оеаинтсрвлкмдпуіє")  # four letters of five in a Russian or Ukrainian text
SIGNS = set(
    "€£¥§°ºª«»‹›–—…“”„‘’‚·•№™®©×±½¼¾²³µ¡¿¢，。：；！？（）、《》【】￥\u00a0\u00ad\u202f\u2009"
)
VOWELS = set("aeiouyæœø")
SMALL_WORDS = {  # ASCII, and seldom met in the languages of the other
    "cp1252": {b"de", b"du", b"le", b"la", b"des", b"et", b"der", b"die", b"und", b"am", b"von",
               b"di", b"del", b"el", b"da", b"em", b"of", b"the", b"van", b"och"},
    "cp1250": {b"na", b"od", b"w", b"z", b"ze", b"se", b"pro", b"za", b"nie", b"je", b"pre"},
}  # fmt: skip
ENOUGH = 0.75  # of the words that hold more than ASCII must be words of a language
APART = 0.2  # by less the second reading is as good as the first
LOOKED_AT = 2_000  # lines with more than ASCII, of 400 bytes at most
TOKEN = re.compile(rb"[^\x00-\x20,;|\"()\[\]/\\<>=:+_&@#*!?.-]*[\x80-\xff]"
                   rb"[^\x00-\x20,;|\"()\[\]/\\<>=:+_&@#*!?.-]*")  # fmt: skip
CHINESE = re.compile(r"[^\W\d_]*[^\x00-\x7f]\w*")
RARER = ("cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "shift_jis", "euc_jp", "big5", "euc_kr")
UNLIKELY = (
    r"õ[^e]|õ$|ã[^oes]|[€£¥¢§](?=[^\W\d_])|[^\W\d_]{4}[€£¥¢§]"  # Portuguese; signs at words
    r"|[^\W\d_][°ºª«»¡¿µ½¼¾±×®©][^\W\d_]|[^\W\d_m][²³]"
    r"|[^\W\d_][„‚]|[”“][¡¿]|[^\W\d_][\u00a0—…•][^\W\d_]|\d[а-яё]"
)


class Taken(NamedTuple):
    """The encoding that was taken, how it is called, and why."""

    codec: str
    name: str
    why: str


def encoding_of(content: bytes, path: str, told: str | None = None) -> Taken:
    """The encoding of a file's content; `told` wins.

    Raises FunnelSimError where the content is no text at all, and QuestionError (encoding=)
    where it may be in several encodings or is in none that shows words.

    >>> encoding_of("Quelle;Möbelmesse".encode("cp1252"), "deals.csv").name
    'Windows-1252'
    >>> encoding_of("источник;реклама".encode("cp1251"), "deals.csv").name
    'Windows-1251'
    """
    if told is not None:
        return _as_told(content, path, told)
    if content.startswith(codecs.BOM_UTF8):
        _refuse_bytes(content, path, "utf_8")
        return Taken("utf-8-sig", "UTF-8", "it begins with its mark")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _refuse_bytes(content, path, "utf_16")
        return Taken("utf-16", "UTF-16", "it begins with its mark")
    if b"\x00" in content:
        return _with_nulls(content, path)
    if content.isascii():
        return Taken("utf-8", "UTF-8", "all of it is ASCII")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_a_slip(content, path, error.start)
        return _old(content, path)
    return Taken("utf-8", "UTF-8", "all of it is valid UTF-8")


def _as_told(content: bytes, path: str, told: str) -> Taken:
    try:
        codec = codecs.lookup(told)
        if not codec._is_text_encoding:
            raise LookupError
    except (LookupError, TypeError, AttributeError, ValueError):
        raise FunnelSimError(
            f"encoding is {told!r}, which is none; write encoding='utf-8', 'cp1252', 'cp1251', "
            "'gb18030' or the like"
        ) from None
    name = codec.name.replace("-", "_")
    _refuse_bytes(content, path, name)
    marked = codec.name == "utf-8" and content.startswith(codecs.BOM_UTF8)
    called = NAMES.get({"windows_1252": "cp1252"}.get(name, name), told)
    return Taken("utf-8-sig" if marked else codec.name, called, "as told")


def _refuse_bytes(content: bytes, path: str, codec: str) -> None:
    """Says in which line there is something that is no text in this encoding."""
    try:
        content.decode(codec)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = content[:start].count(b"\n") + 1
        raise FunnelSimError(
            f"{path}, line {line}: bytes that are no text in {NAMES.get(codec, codec)} "
            f"({content[start : start + 4]!r}); save the file anew in UTF-8, or say in which "
            "encoding it is, encoding='cp1252' or the like"
        ) from None


def _with_nulls(content: bytes, path: str) -> Taken:
    """UTF-16 without a mark has a NUL in every second place of its ASCII; nothing else has any."""
    for codec, first in (("utf_16_le", 1), ("utf_16_be", 0)):
        nulls, others = content[first::2].count(0), content[1 - first :: 2].count(0)
        if nulls > 20 * others and len(content) % 2 == 0 and _is(content, codec):
            text = content.decode(codec)
            if re.search(r"[\r\n]", text) and not re.search(r"[\x00-\x08\x0e-\x1f]", text):
                return Taken(codec, "UTF-16", "every second byte of its ASCII is 0")
    place = content.index(0)
    line = content[:place].count(b"\n") + 1
    raise FunnelSimError(
        f"{path} is not a text file: line {line} holds a NUL, which no text has; save it as CSV in "
        "UTF-8"
    )


def _refuse_a_slip(content: bytes, path: str, start: int) -> None:
    """UTF-8 with a broken place is still UTF-8: another encoding would spoil all the rest."""
    odd = [line for line in content.split(b"\n") if not line.isascii()]
    broken = sum(not _is(line, "utf-8") for line in odd)
    if broken <= len(odd) / 2 and len(odd) - broken >= 2:
        line = content[:start].count(b"\n") + 1
        raise FunnelSimError(
            f"{path}, line {line}: bytes that are no text in UTF-8, as all the rest is "
            f"({content[start : start + 4]!r}); mend that line, or save the file anew in UTF-8"
        )


def _is(line: bytes, codec: str) -> bool:
    try:
        line.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _old(content: bytes, path: str) -> Taken:
    lines = _odd_lines(content)
    tokens = list(dict.fromkeys(TOKEN.findall(b"\n".join(lines))))
    fits = {codec: _fits(lines, tokens, codec) for codec in OLD}
    mean = {codec: sum(fit) / max(len(fit), 1) for codec, fit in fits.items()}
    best = max(mean, key=lambda codec: mean[codec])  # of two alike the first
    if mean[best] < ENOUGH:
        raise _asked(path, lines, [c for c in OLD if mean[c] > 0.3] or _others(lines))
    near = [c for c in OLD if mean[c] and _is_as_good(c, best, tokens, fits)]
    if {best, *near} == set(SMALL_WORDS) and (settled := _by_small_words(content)):
        best, near = settled, []
    if near:
        raise _asked(path, lines, [best, *near])
    return Taken(best, NAMES[best], f"it shows words: {', '.join(_words(lines, best)[:3])}")


def _by_small_words(content: bytes) -> str:
    """Whether "de" and "le", or "na" and "od", stand in the first lines; "" where both, or none."""
    words = set(re.findall(rb"(?<![^\s;,\"])[A-Za-z]{1,3}(?![^\s;,\"])", content[:200_000]))
    words = {word.lower() for word in words if not word.isupper()}
    found = [codec for codec, known in SMALL_WORDS.items() if words & known]
    return found[0] if len(found) == 1 else ""


def _is_as_good(other: str, best: str, tokens: list[bytes], fits: dict[str, list[float]]) -> bool:
    """Whether the other reads something else, and nearly as well, in what they read differently."""
    if "gb18030" in (other, best):  # whose words are cut elsewhere
        one, two = (sum(fits[c]) / len(fits[c]) for c in (best, other))
        return other != best and one - two <= APART
    differ = [i for i, token in enumerate(tokens) if token.decode(other) != token.decode(best)]
    gain = sum(fits[best][i] - fits[other][i] for i in differ)
    in_all = sum(fits[best]) - sum(fits[other])
    return bool(differ) and gain <= APART * len(differ) and in_all <= APART / 2 * len(tokens)


def _odd_lines(content: bytes) -> list[bytes]:
    """Lines that hold more than ASCII, each once; of very long ones nothing."""
    found: dict[bytes, None] = {}
    for each in re.finditer(rb"[^\r\n]+", content):
        line = each.group()
        if line.isascii():
            continue
        found[line[:400].rpartition(b" ")[0] if len(line) > 400 else line] = None
        if len(found) >= LOOKED_AT:
            break
    return [line for line in found if not line.isascii()]


def _words(lines: list[bytes], codec: str) -> list[str]:
    """The words that hold more than ASCII, each once."""
    if codec == "gb18030":
        text = b"\n".join(lines).decode(codec, errors="replace")
        return list(dict.fromkeys(CHINESE.findall(text)))
    tokens = dict.fromkeys(TOKEN.findall(b"\n".join(lines)))
    return [token.decode(codec, errors="replace").strip("\u00a0 ") for token in tokens]


def _fits(lines: list[bytes], tokens: list[bytes], codec: str) -> list[float]:
    """How much each word is one of the language that fits best; empty if it cannot be decoded."""
    if codec == "gb18030":
        if not all(_is(line, codec) for line in lines):
            return []
        words = _words(lines, codec)
    elif all(_is(token, codec) for token in tokens):
        words = [token.decode(codec) for token in tokens]
    else:
        return []
    fits = {language: [_fit(word, language) for word in words] for language in OLD[codec]}
    best = max(fits.values(), key=sum, default=[])
    anywhere = [max(each) for each in zip(*fits.values(), strict=True)]
    # a name may be of another country: half as good as a word of the file's own language
    fit = [b if b >= a else (a + b) / 2 for a, b in zip(anywhere, best, strict=True)]
    letters = [sign for word in words for sign in word.lower() if "а" <= sign <= "ї"]
    common = sum(sign in COMMON for sign in letters) / len(letters) if letters else 1.0
    rare = 0.9 if codec in ("koi8_r", "cp866") else 1.0  # seldom met today
    return [f * min(common / 0.6, 1.0) ** 2 * rare for f in fit]


@lru_cache(maxsize=65_536)
def _fit(word: str, language: str) -> float:
    """How likely a word is one of the language: 1, less for unlikely neighbours, 0."""
    odd = [sign for sign in word if ord(sign) > 127]
    if language == "zh":
        return _fit_chinese(word, odd)
    letters = {sign.lower() for sign in odd if sign.isalpha()} - set("ºªµ")
    signs = {sign for sign in odd if not sign.isalpha()}
    if not (letters <= set(LETTERS[language]) and signs <= SIGNS) or _is_odd_case(word):
        return 0.0
    if re.search(UNLIKELY, word.lower()):
        return 0.0
    if not letters:  # an amount with its sign
        return 0.9
    bare = "".join(sign for sign in word if sign.isalpha())
    if len(bare) == 1 and bare.isupper():
        return 0.3
    if language in CYRILLIC:  # letters of two scripts are no word
        return 0.0 if any(ord(sign) < 128 for sign in bare) else 0.9 if bare.isupper() else 1.0
    if len(bare) == 1 and bare not in "àèéêóåø":
        return 0.3
    return 0.5 if _is_out_of_place(bare.lower()) else 1.0


def _is_odd_case(word: str) -> bool:
    """A large letter that is not ASCII within a word of small ones, or a small among large ones."""
    if word.isupper() or word.islower():
        return False
    inner = list(pairwise(word))
    if any(one.isalpha() and two.isupper() and ord(two) > 127 for one, two in inner):
        return True
    large = sum(sign.isupper() for sign in word)
    return large > 2 and any(sign.islower() and ord(sign) > 127 for sign in word.replace("ß", ""))


def _is_out_of_place(word: str) -> bool:
    """A vowel with a mark between two vowels, or a consonant with one between two consonants."""
    for before, sign, after in zip(word, word[1:], word[2:], strict=False):
        if ord(sign) > 127 and {_is_vowel(before), _is_vowel(after)} == {_is_vowel(sign)}:
            return True
    return False


def _is_vowel(sign: str) -> bool:
    return unicodedata.normalize("NFD", sign)[0] in VOWELS


def _fit_chinese(word: str, odd: list[str]) -> float:
    """The 3,755 commonest characters are in the first part of GB 2312; others are rare in names."""
    common = 0
    for sign in odd:
        try:
            lead = sign.encode("gb2312")[0]
        except UnicodeEncodeError:
            lead = 255
        common += 0xB0 <= lead <= 0xD7 or (lead < 0xB0 and sign in SIGNS)
    alone = re.search(r"[A-Za-z][^\x00-\x7f][A-Za-z]", word)
    return 0.0 if alone or common < 0.7 * len(odd) else 1.0


def _others(lines: list[bytes]) -> list[str]:
    """What charset-normalizer takes it for, where none of ours shows words."""
    from charset_normalizer import from_bytes

    found = from_bytes(b"\n".join(lines), cp_isolation=list(RARER))
    return [match.encoding for match in found][:2]


def _asked(path: str, lines: list[bytes], codecs_: list[str]) -> QuestionError:
    readings = {codec: ", ".join(_words(lines, codec)[:2]) for codec in codecs_[:3]}
    shown = "; ".join(f"encoding={codec!r} shows {text}" for codec, text in readings.items())
    way_out = "say which is right, encoding= that or another, or save the file anew in UTF-8"
    return QuestionError(
        f"{path}: in which encoding its text is written cannot be told"
        + (f" ({shown}); {way_out}" if shown else f"; {way_out}"),
        "encoding",
        {f"{NAMES.get(codec, codec)}: {text}": codec for codec, text in readings.items()},
    )
