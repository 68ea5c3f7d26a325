"""The notebook: its code gives the outputs it shows. Run as a program, it writes them again."""

from __future__ import annotations

import ast
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Built

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return found


def answered(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the code cells with their outputs, in the text form that Jupyter keeps of them."""
    names: dict[str, Any] = {}
    found = []
    for number, cell in enumerate((one for one in cells if one["cell_type"] == "code"), start=1):
        tree = ast.parse("".join(cell["source"]))
        last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None  # type: ignore[attr-defined]
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(tree, NOTEBOOK.name, "exec"), names)
            value = eval(compile(last, NOTEBOOK.name, "eval"), names) if last else None
        outputs: list[dict[str, Any]] = []
        if printed.getvalue():
            outputs.append({"name": "stdout", "output_type": "stream", "text": printed.getvalue().splitlines(True)})
        if value is not None:
            data = {"text/plain": repr(value).splitlines(True)}
            outputs.append({"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
        found.append(cell | {"execution_count": number, "outputs": outputs})
    return found


def test_the_notebook_shows_what_its_code_gives(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(built.public))
    cells = read()["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert answered(cells) == code, "write it again with: python -m tests.unit.test_notebook"
    cookbook = (ROOT / "docs/cookbook.md").read_text(encoding="utf-8")
    asked = [line.split("#")[-1].rstrip(")\n") for cell in cells for line in cell["source"] if "cookbook.md#" in line]
    assert len(asked) == 10 and all(f"### {name}\n" in cookbook for name in asked)


if __name__ == "__main__":
    notebook = read()
    done = iter(answered(notebook["cells"]))
    notebook["cells"] = [next(done) if cell["cell_type"] == "code" else cell for cell in notebook["cells"]]
    Path(NOTEBOOK).write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
