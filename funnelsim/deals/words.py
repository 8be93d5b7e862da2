"""The words by which columns and outcomes are known, in ten languages (`words.toml`)."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def known_words() -> dict[str, dict[str, Any]]:
    """{role: {"holds": kind, "words": phrases of all languages, "never": phrases}}."""
    text = (files("funnelsim.deals") / "words.toml").read_text(encoding="utf-8")
    found = {}
    for role, given in tomllib.loads(text).items():
        holds, never = given.pop("holds", ""), given.pop("never", [])
        words = list(dict.fromkeys(plain(w) for language in given.values() for w in language))
        found[role] = {"holds": holds, "words": words, "never": [plain(w) for w in never]}
    return found


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """In small letters, with a blank between the words.

    >>> plain("ClosedWon_2026/Q1"), plain("N° de suivi")
    ('closed won 2026 q1', 'nr de suivi')
    """
    text = re.sub(r"(?<![^\W\d_])[nN][°º]|№", " nr ", text)
    return " ".join(
        re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).lower().split()
    )


def holds(text: str, phrase: str) -> bool:
    """Whether a plain text holds the phrase: a short one as a word of its own."""
    if CHINESE.search(phrase):
        return phrase in text
    return f" {phrase} " in f" {text} " or (len(phrase) >= 4 and phrase in text)


def fitness(heading: str, role: str) -> int:
    """How well a heading names a role; 0: not at all.

    >>> fitness("Date de création", "created") > fitness("Created by", "created")
    True
    """
    known, text = known_words()[role], plain(heading)
    if any(holds(text, phrase) for phrase in known["never"]):
        return 0
    best = 0
    for phrase in known["words"]:
        if text == phrase:
            best = max(best, 100 + len(phrase))
        elif f" {phrase} " in f" {text} ":
            best = max(best, 60 + len(phrase))
        elif (len(phrase) >= 5 or CHINESE.search(phrase)) and phrase in text:
            best = max(best, 40 + len(phrase))
    return best


def is_later(heading: str) -> str:
    """The word that says that a date is no stage: not yet, or all the time; else ""."""
    text = plain(heading)
    return next((phrase for phrase in known_words()["later"]["words"] if holds(text, phrase)), "")


def is_yes_or_no(texts: list[str]) -> bool:
    """Whether all of them say yes or no.

    >>> is_yes_or_no(["Ja", "nein"]), is_yes_or_no(["yes", "perhaps"])
    (True, False)
    """
    known = {*known_words()["yes"]["words"], *known_words()["no"]["words"]}
    return bool(texts) and all(plain(text) in known for text in texts)


def words_that_say(words: list[str], fate: str) -> list[str]:
    """Those of the words that say "won" or "lost", and not both.

    >>> words = ["Proposal", "Not won", "Closed Won", "Verloren", "Lost, no budget", "Won/Lost"]
    >>> words_that_say(words, "won"), words_that_say(words, "lost")
    (['Closed Won'], ['Verloren', 'Lost, no budget'])
    """
    return [said for said in words if fate_said(said) == fate]


@lru_cache(maxsize=65_536)
def fate_said(text: str) -> str:
    """ "won", "lost", or "" where it says neither, or both. "Unsold" is not sold.

    >>> fate_said("Закрыто и не реализовано"), fate_said("赢单"), fate_said("Not yet lost")
    ('lost', 'won', '')
    """
    said = plain(re.sub("['’]", "", text))  # won't
    found = [fate for fate in ("won", "lost") if _says(said, fate)]
    return found[0] if len(found) == 1 else ""


def _says(text: str, fate: str) -> bool:
    phrases, denials = known_words()[f"{fate}_words"]["words"], known_words()["denials"]["words"]
    for phrase in phrases:
        at = text.find(phrase) if CHINESE.search(phrase) else f" {text} ".find(f" {phrase} ")
        if at < 0:
            continue
        before = text[:at].strip()
        if CHINESE.search(phrase):
            denied = any(before.endswith(d) for d in denials if CHINESE.search(d))
        elif fate == "won":  # "not won", "nobody has won"
            denied = any(f" {d} " in f" {before} " for d in denials)
        else:  # "Lost, no budget" is lost, "not yet lost" is not
            denied = any(f" {before}".endswith(f" {d}") for d in denials)
        if not denied:
            return True
    return False
