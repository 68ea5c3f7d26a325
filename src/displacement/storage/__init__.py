"""Files written whole, DuckDB connections, and the object store that machines may share.

With `DISPLACEMENT_STORE` set, each machine works in its own home as ever; `bucket` speaks to the store, `tree` keeps
sets of files that change as one, `mirror` says which files those are. Without a store nothing of these is imported.
"""
