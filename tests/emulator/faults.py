"""What the emulator can do wrong: each fault declared once, with its name, what it does and an example.

A fault acts at one of four places: on the question (as if another had been asked), on the table behind the answer, on
the page in its envelope, or on the reply on its way. Faults add up: any number of them may be at work on an endpoint.

Every fault takes, beside parameters of its own:
    times   how many requests it spoils before it passes; always, if not given
    after   how many requests it lets through first
    every   spoil only every so manieth request
    page    spoil only this page
    only    `pages` or `probes` (requests with `limit=1`)
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace

from tests.emulator import alterations
from tests.emulator.declaring import REGISTRY, Act, Declaration, Fault, declared, make, named
from tests.emulator.questions import Side
from tests.emulator.wire import HTML, NO_REPLY, Reply, bomb

HTML_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head><body><h1>Please wait</h1></body></html>\n"
)


# --- on the reply -----------------------------------------------------------------------------------------------------


@declared("reply", "too_many_requests,times=2,retry_after=1", passes=True)
def too_many_requests(retry_after: float | str | None = None) -> Act:
    """Answers 429, with `Retry-After` if it is given (seconds, or the text of a date)."""
    return functools.partial(_status, 429, retry_after)


@declared("reply", "server_error,status=503,times=3", passes=True)
def server_error(status: int = 500, retry_after: float | str | None = None) -> Act:
    """Answers 500, or another status such as 502, 503 or 504, with a page of HTML."""
    return functools.partial(_status, status, retry_after)


@declared("reply", "refused,status=400,times=1")
def refused(status: int = 400) -> Act:
    """Answers 400, or another status that says the request is at fault, such as 401, 403, 404 or 410."""
    return functools.partial(_status, status, None)


@declared("reply", "slow_start,seconds=5,times=1", passes=True)
def slow_start(seconds: float = 5.0) -> Act:
    """Lets the client wait before the first byte."""
    return lambda reply: replace(reply, delay=seconds)


@declared("reply", "slow_drip,bytes_at_once=64,pause=0.05,times=1", passes=True)
def slow_drip(bytes_at_once: int = 64, pause: float = 0.05) -> Act:
    """Sends the body a few bytes at a time, so that no single wait is long and the whole never ends."""
    return lambda reply: replace(reply, drip=(bytes_at_once, pause))


@declared("reply", "reset,share=0.5,times=1", passes=True)
def reset(share: float = 0.5) -> Act:
    """Resets the connection when a part of the body has been sent."""
    return lambda reply: replace(reply, share=share, ending="reset")


@declared("reply", "hang_up,times=1", passes=True)
def hang_up() -> Act:
    """Closes the connection without an answer."""
    return lambda reply: NO_REPLY


@declared("reply", "truncated_json,share=0.5,times=1", passes=True)
def truncated_json(share: float = 0.5) -> Act:
    """Sends JSON that breaks off in the middle, with a length that fits."""
    return lambda reply: _with_body(reply, reply.body[: int(len(reply.body) * share)])


@declared("reply", "html,times=1", passes=True)
def html() -> Act:
    """Answers 200 with a page of HTML where JSON belongs."""
    return lambda reply: replace(_with_body(reply, HTML_PAGE), status=200, content_type=HTML)


@declared("reply", "empty_body,times=1", passes=True)
def empty_body() -> Act:
    """Answers 200 with nothing in it."""
    return lambda reply: _with_body(reply, b"")


@declared("reply", "wrong_content_length,by=100,times=1", passes=True)
def wrong_content_length(by: int = 100) -> Act:
    """Declares a length that is larger than the body (or smaller, with a negative number), then closes."""
    return lambda reply: replace(reply, excess=max(by, -len(reply.body)), ending="closed", encoded=None)


@declared("reply", "gzip_bomb,megabytes=256,times=1")
def gzip_bomb(megabytes: int = 256) -> Act:
    """Answers with little gzip that becomes hundreds of megabytes, whether gzip was asked for or not."""
    packed = (("Content-Encoding", "gzip"),)
    return lambda reply: replace(_with_body(reply, bomb(reply.body[:-1], megabytes)), headers=reply.headers + packed)


@declared("reply", "endless_body,times=1")
def endless_body() -> Act:
    """Sends a body that has no end, in chunks, as fast as the client takes it."""
    return lambda reply: replace(_with_body(reply, (reply.body[:-2] or b"[") + b"," + b" " * 65536), endless=True)


@declared("reply", "byte_order_mark")
def byte_order_mark() -> Act:
    """Puts a byte order mark before the JSON, as the World Bank is said to do at times."""
    return lambda reply: _with_body(reply, b"\xef\xbb\xbf" + reply.body)


# --- on the page ------------------------------------------------------------------------------------------------------


@declared("question", "duplicate_page,page=2")
def duplicate_page(page: int = 2) -> Act:
    """Answers a page with the rows of the page before."""
    return lambda question: replace(question, page=max(1, question.page - 1))


@declared("envelope", "missing_page,page=2")
def missing_page(page: int = 2) -> Act:
    """Answers a page without any rows, though the envelope counts it."""
    return lambda envelope: replace(envelope, items=b"")


@declared("envelope", "wrong_count,by=3")
def wrong_count(by: int = 3, only: str = "probes") -> Act:
    """Answers count probes (`limit=1`) with another number of rows than the pages hold."""
    return lambda envelope: replace(envelope, max_pages=max(0, envelope.max_pages + by))


@declared("envelope", "wrong_pages,by=-1")
def wrong_pages(by: int = -1, only: str = "pages") -> Act:
    """Says there are fewer pages than there are (or more)."""
    return lambda envelope: replace(envelope, max_pages=max(0, envelope.max_pages + by))


@declared("envelope", "wrong_total,by=1000")
def wrong_total(by: int = 1000) -> Act:
    """Says other totals in the envelope than the rows add up to, where there are totals."""
    return lambda envelope: replace(
        envelope, totals=envelope.totals and {column: total + by for column, total in envelope.totals.items()}
    )


@declared("envelope", "numbers_as_text")
def numbers_as_text() -> Act:
    """Sends every count as text, as the interface already does with zero."""
    count = re.compile(rb'("(?!year"|coo_id"|coa_id"|id"|0")\w+"):(-?[0-9.]+)')
    return lambda envelope: replace(envelope, items=count.sub(rb'\1:"\2"', envelope.items))


# --- on the question --------------------------------------------------------------------------------------------------


@declared("question", "summed_over")
def summed_over() -> Act:
    """Answers a question for every country with rows that are summed over, their identities dashes."""
    return lambda question: replace(question, origin=Side(), asylum=Side())


@declared("question", "years_ignored")
def years_ignored() -> Act:
    """Answers a question for some years with all years there are."""
    return lambda question: replace(question, years=None, window=None)


# --- on the table -----------------------------------------------------------------------------------------------------


@declared("table", "changing_table,after=3", passes=True)
def changing_table(rows: int = 5) -> Act:
    """Loses its last rows from some request on (`after`) or now and then (`every=2`): it changes during the fetch."""
    last = f"select count(*) - {rows} from t"
    return alterations.by_sql(f"select * from t where {alterations.ROW} < ({last})")


column_renamed = declared("table", "column_renamed,old=refugees,new=people", says="Gives a column another name.")(
    alterations.column_renamed
)
column_added = declared("table", "column_added,name=people_estimated", says="Adds a column.")(alterations.column_added)
column_dropped = declared("table", "column_dropped,name=hst", says="Drops a column.")(alterations.column_dropped)
names_as_iso = declared(
    "table", "names_as_iso", says="Puts names of countries where ISO codes belong, as one real release had it."
)(alterations.names_as_iso)
empty_iso = declared(
    "table", "empty_iso,code=UKN", says="Leaves ISO codes empty: all of them, or those of one of the publisher's codes."
)(alterations.empty_iso)
unknown_codes = declared(
    "table", "unknown_codes,rows=3,code=QQQ", says="Gives the origin of the last rows a code that is in no list."
)(alterations.unknown_codes)
cut_to_last_year = declared("table", "cut_to_last_year", says="Keeps the newest year only.")(
    alterations.cut_to_last_year
)
rows_gone = declared(
    "table", "rows_gone,share=0.22", says="Leaves out a good fifth of the rows, evenly over the years."
)(alterations.rows_gone)
repeated_rows = declared(
    "table", "repeated_rows,rows=25", says="Lets the last rows stand twice, the second time with other values."
)(alterations.repeated)
times_ten = declared("table", "times_ten", says="Multiplies every count.")(alterations.times)
shifted = declared(
    "table",
    "shifted,people=1000",
    says="Moves people from one row of the newest year to another: no row count and no world sum shows it.",
)(alterations.shifted)
negative_counts = declared("table", "negative_counts,rows=3", says="Makes the counts of the last rows negative.")(
    alterations.negative_counts
)
fractional_counts = declared("table", "fractional_counts,rows=3", says="Adds a half to the counts of the last rows.")(
    alterations.fractional_counts
)
words_in_counts = declared(
    "table", "words_in_counts,rows=3,word=n/a", says="Puts words where the counts of the last rows belong."
)(alterations.words_in_counts)
mid_year = declared("table", "mid_year", says="Adds a year that holds mid-year values and says so nowhere.")(
    alterations.mid_year
)


# --- what faults share ------------------------------------------------------------------------------------------------


def _with_body(reply: Reply, body: bytes) -> Reply:
    return replace(reply, body=body, encoded=None)


def _status(status: int, retry_after: float | str | None, reply: Reply) -> Reply:
    waits = () if retry_after is None else (("Retry-After", str(retry_after)),)
    page = f"<!DOCTYPE html>\n<html><body><h1>{status}</h1></body></html>\n".encode()
    return Reply(status, page, HTML, waits)


__all__ = ["REGISTRY", "Declaration", "Fault", "make", "named", *REGISTRY]
