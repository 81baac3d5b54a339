"""Spans of days."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipelines.batch.days import Days, spans

DAYS = st.lists(st.dates().filter(lambda day: day.year > 1970).map(str), max_size=40)


def test_neighbours_are_one_span() -> None:
    assert spans(["2026-03-01", "2026-02-28", "2026-03-01", "2026-03-03"]) == [
        Days("2026-02-28", "2026-03-01"),
        Days("2026-03-03", "2026-03-03"),
    ]
    assert list(map(str, spans(["2026-02-28", "2026-03-01"]))) == ["2026-02-28 to 2026-03-01"]
    assert spans([]) == []


@given(DAYS)
def test_every_day_lies_in_one_span_and_spans_do_not_touch(days: list[str]) -> None:
    found = spans(days)
    assert all(sum(day in span for span in found) == 1 for day in days)
    assert all(span.first in days and span.last in days for span in found)
    assert all(a.last < b.first for a, b in itertools.pairwise(found))
