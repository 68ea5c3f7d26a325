"""The examples in docstrings do what they show. Only modules that have any are imported."""

from __future__ import annotations

import doctest
import importlib

import pytest

from tests.conftest import Built
from tests.unit.test_house import modules

WITH_EXAMPLES = sorted(name for name, path in modules().items() if ">>>" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_run(name: str, built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(built.public))
    failed, tried = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert tried and not failed
