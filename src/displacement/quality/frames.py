"""Rows of a table as a pandas frame, small enough to check: text as categories, days as points in time.

The only module of this package that knows what a frame is made of; pandas itself is never imported here,
since a frame comes from Arrow and brings its own methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_BATCH = 65_536
"""Rows fetched at a time."""


class Frame(Protocol):
    """What is used of a `pandas.DataFrame`."""

    columns: Any
    iloc: Any

    def __len__(self) -> int:
        """Return the number of rows."""

    def reset_index(self, *, drop: bool) -> Frame:
        """Return the same rows, numbered from 0."""

    def to_csv(self, path: Path, *, index: bool) -> object:
        """Write the rows as CSV."""


def frame_of(connection: DuckDBPyConnection, query: str) -> Frame:
    """Return the rows of `query`, fetched batch by batch so that no text is ever held in full."""
    import pyarrow

    reader: Any = connection.sql(query).to_arrow_reader(_BATCH)
    batches = [_encoded(batch) for batch in reader]
    table = pyarrow.Table.from_batches(batches) if batches else reader.schema.empty_table()
    del batches
    frame: Frame = table.to_pandas(
        strings_to_categorical=True, date_as_object=False, split_blocks=True, self_destruct=True
    )
    return frame


def _encoded(batch: Any) -> Any:
    """Return a batch with its text as codes into the distinct texts."""
    import pyarrow

    columns = [column.dictionary_encode() if column.type == pyarrow.string() else column for column in batch.columns]
    return pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names)


def evidence_query(table_name: str, columns: Sequence[str], sql: Path) -> str:
    """Return the SELECT of the rows of a table with what its rules need beside them."""
    path = sql / "evidence" / f"{table_name}.sql"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    listed = ", ".join(f'"{column}"' for column in columns)
    return f'select {listed} from "{table_name}"'


def as_lines(frame: Frame, limit: int) -> tuple[str, ...]:
    """Return the first rows as text, `column value, column value, …`, without what is absent."""
    first: Any = frame.iloc[:limit]
    return tuple(
        ", ".join(f"{name} {_text(value)}" for name, value in row.items() if not _absent(value))
        for row in first.to_dict("records")
    )


def _absent(value: Any) -> bool:
    return value is None or value != value or str(value) == "NaT"


def _text(value: Any) -> str:
    text = str(value).removesuffix(" 00:00:00")
    return text.removesuffix(".0") if isinstance(value, float) else text
