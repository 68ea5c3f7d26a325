"""The command ends at once after a build, and what it said is said in full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

PROGRAM = """
import sys
from displacement.cli import app
sys.modules["dagster"] = sys  # as after a build
app.main = {main}
app.command()
"""


def ended(main: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys\n" + PROGRAM.format(main=main)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )


def test_everything_said_reaches_who_reads_it(tmp_path: Path) -> None:
    done = ended("lambda: print('x' * 100_000)", tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "x" * 100_000)


def test_the_exit_code_is_the_one_asked_for(tmp_path: Path) -> None:
    for code in (0, 1, 3, 130):
        assert ended(f"lambda: sys.exit({code})", tmp_path).returncode == code
    assert ended("lambda: sys.exit(None)", tmp_path).returncode == 0
    said = ended("lambda: sys.exit('a sentence')", tmp_path)
    assert (said.returncode, said.stderr.strip()) == (1, "a sentence")


def test_the_process_of_checks_ends_in_silence_when_nobody_listens_any_more(tmp_path: Path) -> None:
    """It answered into a closed pipe with a traceback, below the one line that said the disk was full."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        [sys.executable, "-m", "displacement.build.checker"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        places = {name: str(tmp_path) for name in ("home", "public", "data", "sql")}
        process.stdout.close()
        process.stdin.write(json.dumps({"settings": places, "name": None, "file": None}) + "\n")
        process.stdin.close()
        said = process.stderr.read()
    assert "Traceback" not in said
