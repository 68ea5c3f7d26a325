-- A row is the build that made this file; there is one.
select
    build_id,
    schema_version,
    displacement_version,
    commit,
    newest_release,
    releases,
    built_at,
    inputs_sha256,
    figures_sha256,
    held_back
from raw_build
