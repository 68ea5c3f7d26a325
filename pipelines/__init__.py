"""What is made from what, when, and what to do when it fails: Dagster only; the work itself is in `displacement`."""

import os

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
