"""What Dagster loads (workspace.yaml names this module); `assembly` says how it is put together."""

from pipelines.assembly import build_definitions

definitions = build_definitions()
