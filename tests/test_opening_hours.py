"""When a team is open, against looking at every half-hour."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.distributions import DAY, MINUTE, BrokenRule
from funnelsim.opening_hours import OpeningHours, week

HALF_AN_HOUR = 30 * MINUTE
THREE_WEEKS = range(0, 21 * DAY, HALF_AN_HOUR)
TEXTS = [
    "always",
    "Mon-Fri 09:00-19:00; Sat 10:00-14:00",
    "Sat-Mon 00:00-24:00",
    "Fri 22:00-24:00; Sat 00:00-06:00",
    "Tue 09:00-12:00; tue 11:30-13:00",
]
hours = st.builds(
    OpeningHours,
    st.sampled_from(TEXTS),
    st.dates(datetime.date(2027, 1, 4), datetime.date(2027, 1, 17)),
    st.lists(st.dates(datetime.date(2027, 1, 4), datetime.date(2027, 1, 30)), max_size=4),
)


@given(hours, st.sampled_from(THREE_WEEKS))
def test_the_next_opening_is_the_first_open_half_hour(team: OpeningHours, moment: int) -> None:
    opening = team.next_opening(moment)
    assert team.is_open(opening)
    assert not any(team.is_open(m) for m in range(moment, opening, HALF_AN_HOUR))


@given(hours, st.sampled_from(THREE_WEEKS))
def test_the_opening_after_is_the_next_turn_from_closed_to_open(
    team: OpeningHours, moment: int
) -> None:
    opening = team.opening_after(moment)
    later = range(moment + HALF_AN_HOUR, 60 * DAY, HALF_AN_HOUR)
    turns = (m for m in later if team.is_open(m) and not team.is_open(m - HALF_AN_HOUR))
    assert opening == next(turns, None)


@given(hours)
def test_open_time_and_days_add_up(team: OpeningHours) -> None:
    open_ones = [m for m in THREE_WEEKS if team.is_open(m)]
    assert team.open_time(0, 21 * DAY) == HALF_AN_HOUR * len(open_ones)
    assert team.days(0, 21 * DAY) == len({m // DAY for m in open_ones})


def test_hours_are_half_open() -> None:
    team = OpeningHours("Mon-Fri 09:00-17:00", datetime.date(2027, 1, 4))
    nine, five = 9 * 60 * MINUTE, 17 * 60 * MINUTE
    assert [team.is_open(m) for m in (nine - 1, nine, five - 1, five)] == [False, True, True, False]


@pytest.mark.parametrize(
    "wrong",
    ["", "Mon", "9-17", "Mon 09:00", "Mon-Xyz 09:00-17:00", "Mon 17:00-09:00", "Mon 09:00-24:30",
     "Mon 09:60-17:00", "Mon 09:00-17:00,Tue 09:00-17:00", "never"],
)  # fmt: skip
def test_what_are_no_hours_is_refused_with_the_way_out(wrong: str) -> None:
    with pytest.raises(BrokenRule) as caught:
        week(wrong)
    assert caught.value.way_out
