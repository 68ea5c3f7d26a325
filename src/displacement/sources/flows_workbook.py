"""The workbook of annual displacement flows: a file that a user downloaded, since it is in no interface of UNHCR's.

It is kept as it is, and read into the table `flows` of a release. The forms in which it has come are in
`flows_workbook.toml`; another is refused, with the sheets and headers that were found.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from displacement.errors import DisplacementError, WrongUseError
from displacement.settings import Settings
from displacement.sources.landing import Landing, PageRecord, Records, TableRecord
from displacement.sources.release import Capture, CapturedTable, captured_with, today
from displacement.storage.files import written_whole

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

REVIEWED = Path(__file__).resolve().parent / "flows_workbook.toml"
DATASET = "flows"
IDENTITY = ("year", "coo_name", "coo", "coo_iso", "coa_name", "coa", "coa_iso")
LISTED = 15
"""Headers of a sheet that a message lists."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ParseError)
CHUNK, OVERLAP = 1 << 17, 64
TAG = re.compile(rb"<(?:[\w.-]+:)?(?P<tag>row|c)(?=[\s/>])|<!DOCTYPE")


@dataclass(frozen=True, slots=True)
class Form:
    """A form in which the workbook has come; see `flows_workbook.toml`."""

    name: str
    since: str
    headers: dict[str, str]
    ignored: tuple[str, ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> tuple[str, ...]:
        """The columns of counts of the table it becomes."""
        return tuple(self.kinds.values()) or tuple(name for name in self.headers.values() if name not in IDENTITY)

    def fits(self, headers: Iterable[str]) -> bool:
        """Say whether a row of headers is that of this form."""
        found = {header for header in headers if header}
        return set(self.headers) <= found <= {*self.headers, *self.ignored}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the workbook: the number that is shown beside it, and its cells by column."""

    number: int
    cells: dict[str, str | None]


@cache
def _reviewed() -> dict[str, Any]:
    return tomllib.loads(REVIEWED.read_text(encoding="utf-8"))


def forms() -> tuple[Form, ...]:
    """Return the forms of the reviewed list."""
    return tuple(Form(**{**entry, "ignored": tuple(entry.get("ignored", ()))}) for entry in _reviewed()["form"])


def import_flows(settings: Settings, workbook: Path, *, release: date | None = None) -> Capture:
    """Add a downloaded workbook of flows to a release, as its table `flows`, and return the capture.

    Args:
        settings: where things are.
        workbook: the file.
        release: the release it belongs to, by the day of its capture; today (UTC) if not given.

    Returns:
        The capture of the release, with the tables it held before.

    Raises:
        WrongUseError: there is no such file, it is no workbook, or has none of the forms that are known.
        DisplacementError: the release holds another workbook, a figure is in it twice, or nothing can be written.
    """
    day = release or today()
    landing = Landing(settings.home)
    directory = landing.directory / day.isoformat()
    record = _record(workbook)
    with landing.only_fetch():
        records = Records(directory)
        earlier = records.get(DATASET)
        if earlier is not None and earlier.pages[0].sha256 != record.sha256:
            raise DisplacementError(
                f"The release {day} holds the flows of another workbook already, {earlier.pages[0].url}. A release "
                "does not change: give the day on which this one was downloaded."
            )
        if earlier is None:
            with opened(workbook) as (form, rows):
                number = _write(form, rows, directory / f"{DATASET}.parquet", workbook)
            landing.keep_file(workbook, record)
            earlier = TableRecord(DATASET, number, record.fetched_at, (record,), (number,))
            records.add(earlier)
        table = CapturedTable(DATASET, directory / f"{DATASET}.parquet", earlier.rows, (record.sha256,))
        return captured_with(directory, day, [table])


@contextmanager
def opened(path: Path) -> Iterator[tuple[Form, Iterator[Row]]]:
    """Give the form of a workbook and its rows one by one, while the block runs.

    Raises:
        WrongUseError: it is no workbook, or has none of the forms that are known.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _refuse_bombs(path)
    with path.open("rb") as stream:  # a workbook does not let go of its file while rows of it are still to come
        try:
            book = load_workbook(stream, read_only=True, data_only=True)
        except (OSError, KeyError, ValueError, InvalidFileException, *DAMAGED) as error:
            raise _unreadable(path, error) from error
        with closing(book):
            try:
                yield _form_and_rows(book.worksheets, path)
            except DAMAGED as error:  # found by whoever reads the rows
                raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> WrongUseError:
    return WrongUseError(f"{path} cannot be read as a workbook of Excel ({error}). Download it again.")


def _form_and_rows(sheets: Iterable[Worksheet], path: Path) -> tuple[Form, Iterator[Row]]:
    seen = []
    for sheet in sheets:
        top = list(_lines(sheet, 1, _reviewed()["limits"]["header_within"]))
        for number, line in top:
            headers = [_header(cell) for cell in line]
            form = next((form for form in forms() if form.fits(headers)), None)
            if form is not None:
                return form, _rows(sheet, form, headers, number + 1)
        fullest = max((line for _, line in top), key=lambda line: sum(cell is not None for cell in line), default=())
        seen.append((sheet.title, [str(cell) for cell in fullest if cell is not None]))
    found = "; ".join(f"{title}: {', '.join(headers[:LISTED]) or 'nothing'}" for title, headers in seen)
    raise WrongUseError(
        f"{path.name} has no sheet in a form that is known. Its sheets, and the headers that were found: {found}. "
        f"Forms that are known: {'; '.join(form.name for form in forms())}. Look at what the columns mean, then add "
        "the form to sources/flows_workbook.toml."
    )


def _refuse_bombs(path: Path) -> None:
    """Raise if a workbook is larger than one of flows may be, before anything of it is held in memory."""
    limits = _reviewed()["limits"]
    too_large = WrongUseError(f"{path} is larger than a workbook of flows may be, so it is not read.")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if path.stat().st_size > limits["largest_bytes"]:
                raise too_large
            if sum(part.file_size for part in parts) > limits["largest_unpacked_bytes"]:
                raise too_large
            counted: Counter[bytes] = Counter()
            for part in parts:
                is_whole = not part.filename.startswith("xl/worksheets/")  # sheets are read row by row
                if is_whole and part.file_size > limits["largest_part_bytes"]:
                    raise too_large
                for tag in _tags(archive, part, path):
                    counted[tag] += 1
                    if counted[b"row"] > limits["most_rows"] or counted[b"c"] > limits["most_cells"]:
                        raise WrongUseError(
                            f"{path} has more than {limits['most_rows']:,} rows or {limits['most_cells']:,} cells, and "
                            "no workbook of flows has, so it is not read."
                        )
    except OSError as error:
        raise WrongUseError(f"There is no file {path} that can be read ({error.strerror}).") from error
    except (RuntimeError, *DAMAGED):  # as for a zip file with a password
        raise WrongUseError(f"{path} is no workbook of Excel (.xlsx). Download it again.") from None


def _tags(archive: zipfile.ZipFile, part: zipfile.ZipInfo, path: Path) -> Iterator[bytes]:
    """Yield the name of every tag of a row or a cell in a part, read a little at a time.

    Raises:
        WrongUseError: the part declares entities, or is written so that nobody can tell whether it does.
    """
    with archive.open(part) as stream:
        before = b""
        while chunk := stream.read(CHUNK):
            is_xml = part.filename.endswith((".xml", ".rels"))
            if is_xml and ((not before and b"\0" in chunk[:4]) or (len(chunk) == CHUNK and b"<" not in chunk)):
                raise WrongUseError(f"{path} is not written as Excel writes workbooks, so it is not read.")
            for found in TAG.finditer(before + chunk):
                if found.end() < len(before):
                    continue  # counted with the chunk before
                if found["tag"] is None:
                    raise WrongUseError(
                        f"{path} declares a type of document (DTD), as no workbook does: it is not read."
                    )
                yield found["tag"]
            before = chunk[-OVERLAP:]


def _rows(sheet: Worksheet, form: Form, headers: list[str], first: int) -> Iterator[Row]:
    columns = [form.headers.get(header) for header in headers]
    for number, line in _lines(sheet, first, None):
        cells = {column: _text(cell) for column, cell in zip(columns, line, strict=False) if column}
        if any(cell is not None for cell in cells.values()):
            yield Row(number, cells)


def _lines(sheet: Worksheet, first: int, last: int | None) -> Iterator[tuple[int, tuple[Any, ...]]]:
    lines = sheet.iter_rows(min_row=first, max_row=last, values_only=True)
    return ((first + place, line) for place, line in enumerate(lines))


def _header(cell: object) -> str:
    return str(cell).strip().lower() if cell is not None else ""


def _text(cell: object) -> str | None:
    """Return a cell as it was typed: Excel keeps whole numbers as broken ones."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


# --- the table --------------------------------------------------------------------------------------------------------


def _write(form: Form, rows: Iterator[Row], path: Path, workbook: Path) -> int:
    """Write the table; return how many rows it has."""
    import pyarrow as pa
    from pyarrow import parquet

    lines = list(_by_kind(form, rows, workbook) if form.kinds else (row.cells for row in rows))
    if not lines:
        raise WrongUseError(f"{workbook.name} has headers and no rows below them. Download it again.")
    names = (*IDENTITY, *form.counts)
    columns = {name: pa.array([line.get(name) for line in lines], pa.string()) for name in names}
    with written_whole(path) as temporary:
        parquet.write_table(pa.table(columns), temporary, compression="zstd")
    return len(lines)


def _by_kind(form: Form, rows: Iterator[Row], workbook: Path) -> Iterable[dict[str, str | None]]:
    """Return a line for each year, origin and asylum from rows that hold one count of one kind of people each."""
    lines: dict[tuple[str | None, ...], dict[str, str | None]] = {}
    for row in rows:
        column = form.kinds.get(row.cells["kind"] or "")
        if column is None:
            raise WrongUseError(
                f"Row {row.number} of {workbook.name} is of the kind {row.cells['kind']!r}, which is not among those "
                f"known ({', '.join(form.kinds)}). Look at what it means, then add it to sources/flows_workbook.toml."
            )
        key = tuple(row.cells[name] for name in ("year", "coo", "coa"))
        line = lines.setdefault(key, {name: row.cells[name] for name in IDENTITY})
        if column in line:
            raise DisplacementError(
                f"Row {row.number} of {workbook.name} gives {column} of {' '.join(map(str, key))} a second time, so "
                "nothing of it is used."
            )
        line[column] = row.cells["count"]
    return lines.values()


def _record(workbook: Path) -> PageRecord:
    try:
        content = workbook.read_bytes()
    except OSError as error:
        raise WrongUseError(f"There is no file {workbook} that can be read ({error.strerror}).") from error
    terms = _reviewed()["terms"]
    return PageRecord(
        publisher="UNHCR",
        url=f"file:{workbook.name}",  # not its directory, which is the user's
        parameters={},
        fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
        status=0,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence=terms["licence"],
        citation=terms["citation"],
    )
