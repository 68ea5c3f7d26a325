// What the page for SQL needs of DuckDB-WASM in its own thread. The worker and the database are beside it, as they are
// published: `build.mjs` copies the one and packs the other.
import {AsyncDuckDB, DuckDBAccessMode, VoidLogger} from "@duckdb/duckdb-wasm";

window.duckdb = {AsyncDuckDB, DuckDBAccessMode, VoidLogger};
