"""Files written whole, DuckDB connections, and the store that machines may share.

With `DISPLACEMENT_STORE` set, each machine still works in its own home: `mirror` copies what one side lacks to it, and
`bucket` is the client of the store. obstore is imported when a store is first used.
"""
