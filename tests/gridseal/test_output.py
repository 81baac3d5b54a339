"""Rows keep every digit in each format."""

import contextlib
import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridseal.commands.lake import digits
from gridseal.errors import GridsealError
from gridseal.output import Format, print_rows, tell_every

# Spark's DECIMAL has at most 38 digits; text comes from a column, so it holds no lone surrogates.
DECIMALS = st.builds(
    lambda negative, number, scale: Decimal((int(negative), tuple(map(int, str(number))), -scale)),
    st.booleans(),
    st.integers(0, 10**38 - 1),
    st.integers(0, 38),
)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)))


def printed(kind: Format, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO(newline="")
    with contextlib.redirect_stdout(out):
        print_rows(names, rows, kind)
    return out.getvalue()


@given(DECIMALS, st.dates(), st.datetimes(), st.binary(), TEXTS, st.none() | st.integers() | st.booleans())
def test_json_round_trip(amount: Decimal, day: date, moment: datetime, raw: bytes, text: str, plain: Any) -> None:
    names = ("amount", "day", "moment", "raw", "text", "plain")
    (row,) = json.loads(printed(Format.JSON, names, [(amount, day, moment, raw, text, plain)]))
    assert isinstance(row["amount"], str)
    assert Decimal(row["amount"]).as_tuple() == amount.as_tuple()
    assert "E" not in row["amount"]
    assert date.fromisoformat(row["day"]) == day
    assert datetime.fromisoformat(row["moment"]) == moment
    assert bytes.fromhex(row["raw"]) == raw
    assert (row["text"], row["plain"]) == (text, plain)


@given(DECIMALS, st.dates(), st.datetimes(), st.binary(), TEXTS)
@example(Decimal("1E-30"), date(2026, 11, 20), datetime(2026, 11, 20, 1, 2, 3, 4), b"\x00", 'a\rb\n"c", d')
def test_csv_round_trip(amount: Decimal, day: date, moment: datetime, raw: bytes, text: str) -> None:
    names = ("amount", "day", "moment", "raw", "text", "nothing")
    out = printed(Format.CSV, names, [(amount, day, moment, raw, text, None), ("next", "", "", "", "", "")])
    header, row, following = csv.reader(io.StringIO(out, newline=""))
    assert tuple(header) == names
    assert Decimal(row[0]).as_tuple() == amount.as_tuple()
    assert "E" not in row[0]
    assert date.fromisoformat(row[1]) == day
    assert datetime.fromisoformat(row[2]) == moment
    assert bytes.fromhex(row[3]) == raw
    assert row[4:] == [text, ""]
    assert following[0] == "next"


@pytest.mark.parametrize("text", ["[red]alarm[/red]", "[/]", "[/bold] :warning:", "[link=x]", "a\\[b"])
def test_values_are_not_styles(text: str) -> None:
    assert text in printed(Format.TABLE, ("note",), [(text,)])


def test_values_do_not_steer_the_terminal() -> None:
    shown = printed(Format.TABLE, ("note",), [("\x1b[2Jgone\x07\r\x9b",)])
    assert "\\x1b[2Jgone\\x07\\x0d\\x9b" in shown
    assert "\x1b" not in shown


@given(DECIMALS)
def test_table_keeps_every_digit(amount: Decimal) -> None:
    assert f"{amount:f}" in printed(Format.TABLE, ("amount",), [(amount,)])


def test_empty_table_has_its_names() -> None:
    assert "amount" in printed(Format.TABLE, ("amount", "day"), [])
    assert printed(Format.CSV, ("amount", "day"), []) == "amount,day\n"
    assert json.loads(printed(Format.JSON, ("amount", "day"), [])) == []


@pytest.mark.parametrize(
    ("number", "shown"),
    [("70379.000", "70,379"), ("175915.9230", "175,915.923"), ("0.000", "0"), ("-1200", "-1,200"), ("100", "100")],
)
def test_digits(number: str, shown: str) -> None:
    assert digits(Decimal(number)) == shown


@given(DECIMALS)
def test_digits_loses_none(number: Decimal) -> None:
    assert Decimal(digits(number).replace(",", "")) == number


def test_json_has_no_nan_and_loses_no_column(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(["a", "b", "c"], [(float("nan"), float("-inf"), 1.5)], Format.JSON)
    assert json.loads(capsys.readouterr().out) == [{"a": "NaN", "b": "-Infinity", "c": 1.5}]
    with pytest.raises(GridsealError, match="two columns are named a, of which JSON would keep one"):
        print_rows(["a", "b", "a"], [(1, 2, 3)], Format.JSON)


def test_json_has_a_form_of_whatever_an_engine_answers() -> None:
    row = (clock(5, 30), timedelta(days=1), UUID(int=7), [Decimal("1.50")])
    (told,) = json.loads(printed(Format.JSON, ("at", "span", "id", "list"), [row]))
    assert list(told.values()) == ["05:30:00", "1 day, 0:00:00", str(UUID(int=7)), ["1.50"]]


def test_what_takes_long_is_told_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter((100.0, 101.0, 102.5, 102.5, 103.0, 105.0, 105.0))
    monkeypatch.setattr("gridseal.output.time.monotonic", lambda: next(times))
    tell = tell_every(2)
    for text in ("soon", "first", "too soon", "second"):
        tell(text)
    assert capsys.readouterr().err.splitlines() == ["first", "second"]
