"""Write the matrix of damaged releases into `docs/faults.md`: `python -m tests.mutations [ROUNDS]`."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.mutations.judged import Judged, Releases, damaged

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- matrix of python -m tests.mutations -->\n", "<!-- end of the matrix -->\n"
ROUNDS = 40
MANY = 200_000


def matrix(judged: Iterable[Judged]) -> str:
    """Return the table: a row is a kind of damage, with what the gate did on known and on new dates."""
    counted: dict[str, dict[tuple[bool, str], int]] = defaultdict(Counter)
    silent: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for each in judged:
        counted[each.kind][each.is_new, each.result] += 1
        total[each.result] += 1
        silent[each.kind] += each.result == "silent" and each.people >= MANY
    lines = [
        "| damage | known date: held | warned | silent | new date: held | warned | silent | silent, 200,000 people |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in sorted(counted):
        numbers = [counted[kind][is_new, result] for is_new in (False, True) for result in ("held", "warned", "silent")]
        lines.append(f"| {kind} | {' | '.join(map(str, numbers))} | {silent[kind]} |")
    summary = ", ".join(f"{total[result]:,} {result}" for result in ("held", "warned", "silent"))
    return f"{sum(total.values()):,} damaged indicators: {summary}.\n\n" + "\n".join(lines) + "\n"


def main() -> None:
    """Judge damaged releases and write the matrix; print what was silent although many people moved."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    judged = list(damaged(Releases(), rounds))
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}{matrix(judged)}{END}{after}", encoding="utf-8")
    for each in judged:
        if each.result == "silent" and each.people >= MANY:
            print(f"silent: {each}")


if __name__ == "__main__":
    main()
