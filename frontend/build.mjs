// Writes what the pages need of others into the assets of the site. The same lock gives the same bytes.
import {build} from "esbuild";
import {execFileSync} from "node:child_process";
import {mkdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "..", "src", "displacement", "site", "assets");
mkdirSync(join(assets, "duckdb"), {recursive: true});

const shared = {bundle: true, minify: true, charset: "utf8", format: "iife", legalComments: "none"};

await build({
  ...shared,
  entryPoints: [join(here, "src", "plotly.js")],
  target: "es2019",
  define: {global: "window"},
  banner: {js: "/* plotly.js 4.1.1, traces scatter, bar and sankey. MIT, copyright Plotly, Inc. */"},
  outfile: join(assets, "plotly.js"),
});
rmSync(join(assets, "plotly.css"), {force: true});  // of map tiles, which no chart uses

// Three files for the page that asks in SQL, packed closely: xz makes 5.1 MB of 35. `displacement build` unpacks them.
const duckdb = join(here, "node_modules", "@duckdb", "duckdb-wasm", "dist");
const banner = "/* DuckDB-WASM 1.32.0. MIT, copyright DuckDB WASM Contributors. Apache Arrow 17, Apache-2.0. */";
const bundle = await build({
  ...shared,
  entryPoints: [join(here, "src", "duckdb.js")],
  target: "es2020",
  banner: {js: banner},
  write: false,
});
const worker = readFileSync(join(duckdb, "duckdb-browser-eh.worker.js"), "utf8");
const parts = {
  "duckdb.js": bundle.outputFiles[0].contents,
  "worker.js": `${banner}\n${worker.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n")}`,
  "duckdb.wasm": readFileSync(join(duckdb, "duckdb-eh.wasm")),
};
const pack = "import lzma, sys; sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(), preset=9 | lzma.PRESET_EXTREME))";
for (const [name, content] of Object.entries(parts)) {
  const packed = execFileSync("python3", ["-c", pack], {input: content, maxBuffer: 2 ** 26});
  writeFileSync(join(assets, "duckdb", `${name}.xz`), packed);
}
