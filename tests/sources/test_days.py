"""A day of the grid."""

from datetime import UTC, date, datetime

import pytest

from pipelines.sources.days import GridDay, epoch_ms


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 11, 20), 1440), (date(2026, 3, 29), 1380), (date(2026, 10, 25), 1500)]
)
def test_daylight_saving_changes_the_number_of_minutes(day: date, minutes: int) -> None:
    grid_day = GridDay(day, "Europe/Paris")
    assert grid_day.minutes == minutes
    assert len(grid_day.minute_of_clock()) == minutes
    assert grid_day.end == grid_day.next.start


def test_an_hour_of_the_clock_is_skipped_in_spring_and_comes_twice_in_autumn() -> None:
    spring = GridDay(date(2026, 3, 29), "Europe/Paris").minute_of_clock()
    autumn = GridDay(date(2026, 10, 25), "Europe/Paris").minute_of_clock()
    assert 150 not in spring
    assert (autumn == 150).sum() == 2


def test_a_day_starts_at_midnight_of_its_zone() -> None:
    assert GridDay(date(2026, 11, 20), "Europe/Paris").start == datetime(2026, 11, 19, 23, tzinfo=UTC)
    assert GridDay(date(2026, 11, 20), "Asia/Kolkata").start == datetime(2026, 11, 19, 18, 30, tzinfo=UTC)


def test_milliseconds_are_exact() -> None:
    assert epoch_ms(datetime(2026, 11, 20, 0, 0, 0, 999_999, tzinfo=UTC)) % 1000 == 999
