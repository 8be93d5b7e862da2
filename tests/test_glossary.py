"""The glossary has the field's words in five languages, and what links to it finds its word."""

from __future__ import annotations

import re
from pathlib import Path

import glossary_page
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = glossary_page.SOURCE.read_text(encoding="utf-8")
WORDS = {word.english: word for word in glossary_page.words(SOURCE)}
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))

# The house's words (and those which the course adds to them).
FIELD = """
lead, customer, stage, channel, segment, conversion, conversion rate, odds ratio, follow-up,
response time, decision time, handling time, patience, gone cold, team, rep, owner, order, average
order value, dropout, retention rate, churn rate, repeat purchase rate, purchase frequency, customer
lifetime value, customer acquisition cost, contribution, profit, breakage, net promoter score,
pipeline, weighted forecast, stale deal, sales velocity, lead time, scenario, journal, replication,
horizon, warm-up, common random numbers, probability, confidence interval, funnel, aida, goal, loss
reason, load, utilisation, queue, half-life, pilot, plan, target, budget, seed, median, p90,
standard error, censoring, survival curve, split test, hold-out, selection, points, points
liability, tier, loyalty programme, promoter, recommendation, word-of-mouth factor, recovery, open
lead, deal, cash on delivery, prepaid, refusal, return, dropshipping, upsell, cross-sell, margin,
marginal cost per customer, payback, revenue, discount, missed, not reached, abandoned basket,
active customer, attribution, bg-nbd model, cancellation, ceiling, coefficient of variation,
commission, cost per action, cost per click, detractor, generation, gross, lever, mix effect, net,
passive, rate effect, recency, refund liability, reputation, reward, ripe,
shifted-beta-geometric, simpson paradox, skill, subscription, autocorrelation, false alarm,
p-value, peeking, power, sample-ratio mismatch, winners curse
"""
CYRILLIC, HAN, LATIN = r"[Ѐ-ӿ]", r"[一-鿿]", r"[A-Za-zÄÖÜäöüß]"


@pytest.mark.parametrize("word", " ".join(FIELD.split()).split(", "))
def test_each_word_of_the_field_is_there_in_five_languages(word):
    assert word in WORDS
    russian, ukrainian, chinese, german = WORDS[word].others
    assert re.search(CYRILLIC, russian) or word == "aida"
    assert re.search(CYRILLIC, ukrainian)
    assert re.search(HAN, chinese)
    assert re.search(LATIN, german)
    assert not re.search(CYRILLIC, german)
    assert WORDS[word].meaning.endswith(".")


def test_no_letter_of_one_alphabet_hides_in_a_word_of_another():
    for word in WORDS.values():
        russian, ukrainian, *_ = word.others
        for text in word.others:
            assert not re.search(f"{CYRILLIC}{LATIN}|{LATIN}{CYRILLIC}", text), text
        assert not re.search("[іїєґ]", russian), russian
        assert not re.search("[ыэъё]", ukrainian), ukrainian


def test_the_words_are_in_order_and_anchors_are_the_same_wherever_it_is_read():
    """JupyterLab leaves capitals as they are, GitHub and Sphinx do not: so there are none."""
    assert list(WORDS) == sorted(WORDS)
    assert len(re.findall("^## ", SOURCE, re.MULTILINE)) == len(WORDS) > 60
    for word in WORDS:
        assert re.fullmatch(r"[a-z0-9]+([ -][a-z0-9]+)*", word), word


def test_the_page_of_the_docs_is_made_from_the_one_source():
    page = glossary_page.PAGE.read_text(encoding="utf-8")
    assert page == glossary_page.written(page), "run python scripts/glossary_page.py"
    assert all(f"[{word}](#" in page or f">{word} |" in page for word in WORDS)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_links_of_a_lesson_lead_to_a_word_that_is_there(path):
    text = "\n".join(
        cell.source
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown"
    )
    linked = re.findall(r"\]\(glossary\.md#([^)]*)\)", text)
    anchors = {word.anchor for word in WORDS.values()}
    assert set(linked) <= anchors, set(linked) - anchors
    assert len(linked) == len(set(linked)), "a word is linked where it first appears"
    assert len(linked) >= 4
