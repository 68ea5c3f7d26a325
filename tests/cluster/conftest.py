"""An S3 server for all tests of a run, and a store of its own for each test."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from displacement.settings import Settings
from tests.conftest import ROOT

NEEDED = ("obstore", "moto", "flask", "dagster_celery", "dagster_postgres")
BUCKET = "displacement"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    reason = f"needs {', '.join(missing)}; `make test-cluster` installs what these tests need"
    for item in items:
        if missing and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """Return the environment that points at an S3 server with an empty bucket."""
    import boto3

    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cluster.s3_server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    address = f"http://127.0.0.1:{int(process.stdout.readline())}"
    keys = {"aws_access_key_id": "of-this-test", "aws_secret_access_key": "of-this-test"}
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)
    client.create_bucket(Bucket=BUCKET)
    client.close()
    yield {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        **{name.upper(): value for name, value in keys.items()},
    }
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=10)


@pytest.fixture
def store(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a store that is empty, the keys to it being in the environment."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid.uuid4().hex[:12]}"


@pytest.fixture
def machine(store: str, tmp_path: Path) -> Callable[[str], Settings]:
    """Return what gives the settings of a machine by its name: the store is all that machines share."""

    def settings(name: str) -> Settings:
        return Settings(home=tmp_path / name / "var", public=tmp_path / name / "public", store=store)

    return settings
