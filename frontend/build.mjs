// Writes what the pages need of others into the assets of the site. The same lock gives the same bytes.
import {build} from "esbuild";
import {mkdirSync, rmSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "..", "src", "displacement", "site", "assets");
mkdirSync(assets, {recursive: true});

await build({
  entryPoints: [join(here, "src", "plotly.js")],
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "iife",
  target: "es2019",
  define: {global: "window"},
  legalComments: "none",
  banner: {js: "/* plotly.js 4.1.1, traces scatter, bar and sankey. MIT, copyright Plotly, Inc. */"},
  outfile: join(assets, "plotly.js"),
});
rmSync(join(assets, "plotly.css"), {force: true});  // of map tiles, which no chart uses
