-- The row is the build, with the newest release that is in it.
select
    build.build_id,
    build.displacement_version,
    build.schema_version,
    build.commit,
    build.newest_release,
    build.built_at,
    build.figures_sha256,
    releases.title as release_title
from meta.build
left join releases on build.newest_release = releases.release
