"""Dead letters by the kind of their reason; a reason itself holds values, of which there is no end."""

from collections.abc import Mapping

from pipelines.observe.endpoint import TIMEOUT_S, if_it_runs
from pipelines.settings import PipelineSettings
from pipelines.sql.client import SqlClient, connect
from warehouse.catalog import Catalog

OTHER = "other"

# Kind, and the regular expression that tells it, tried in this order; without quotes and backslashes, which SQL would
# read. The texts are those of MessageParser.java and of the readers of values beside it. Those that begin with a
# field's name come last, since a field may have any name. What a sender says comes first, since it may be any text.
KINDS: Mapping[str, str] = {
    "refused": "^refused by its sender: ",
    "no_value": "^no message: ",
    "empty": "^empty message",
    "too_long": "^[0-9,]+ bytes, at most [0-9,]+$",
    "not_utf8": "^not UTF-8 at byte ",
    "not_json": "^not JSON: ",
    "not_an_object": "^not a JSON object: ",
    "nested_too_deep": "^nested deeper than ",
    "not_readable": "^not readable: ",
    "duplicate_key": ": appears twice$",
    "missing": ": (missing|null, and it is required)$",
    "wrong_type": " is not (a number|a text in quotes|true or false|a time in quotes, .*|an ISO-8601 time .*)$",
    "too_precise": " (has [0-9,]+ decimals, at most [0-9,]+|is not a whole number|is finer than .*)$",
    "out_of_range": " (is out of range|is (below|above|before|after) [^ ]+"
    "|is [0-9,]+ s after the message.s own time .*|has [0-9,]+ digits before the decimal point, at most [0-9,]+)$",
    "wrong_text": " (has [0-9,]+ characters, at (least|most) [0-9,]+|a number of [0-9,]+ characters, at most [0-9,]+"
    "|does not match .*|holds half of a surrogate pair)$",
}


def dead_letters(settings: PipelineSettings, catalog: Catalog, address: tuple[str, int]) -> dict[str, int]:
    """How many there are of each kind, those that did not occur included.

    Args:
        settings: Where the key of the SQL endpoint is.
        catalog: The tables.
        address: Where the SQL endpoint listens; it is not started for this.

    Raises:
        PipelineError: The SQL endpoint does not run, or does not answer.
    """
    (table,) = catalog.fed_by("dead_letter")
    with if_it_runs(address), connect(settings, address) as client:
        return count_by_kind(client, table.name)


def count_by_kind(client: SqlClient, table: str) -> dict[str, int]:
    """The kinds and their counts.

    Raises:
        PipelineError: The endpoint does not answer.
    """
    rows = client.query(f"SELECT kind, COUNT(*) FROM ({kind_select(table)}) GROUP BY kind", timeout_s=TIMEOUT_S).rows
    return dict.fromkeys([*KINDS, OTHER], 0) | {str(kind): int(count) for kind, count in rows}


def kind_select(table: str) -> str:
    """SELECT of the kind of each dead letter, in Spark SQL."""
    return f"SELECT {kind_case()} AS kind FROM {table}"


def kind_case() -> str:
    """The kind of a dead letter's reason, in Spark SQL."""
    cases = " ".join(f"WHEN reason RLIKE '{pattern}' THEN '{kind}'" for kind, pattern in KINDS.items())
    return f"CASE {cases} ELSE '{OTHER}' END"
