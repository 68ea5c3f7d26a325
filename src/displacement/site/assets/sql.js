// A question in SQL to the published file. DuckDB is loaded with the first one, runs in a thread of its own that has the
// policy of this page, opens the file read-only and reads the parts it needs; nothing else is in its reach.
(function () {
  "use strict";
  const {make, load, give, site} = window.displacement;
  const root = document.getElementById("sql");
  const given = JSON.parse(document.getElementById("asked").textContent);
  const words = given.words;
  const part = function (selector) { return root.querySelector(selector); };
  const [box, examples, state, wrong, figure, plot] = ["textarea", "[name=example]", ".state", ".wrong", "figure", ".plot"].map(part);
  const file = new URL(site + "displacement.duckdb", window.location.href).href;
  const MOST = 100000;  // rows of a result
  const SHOWN = 200;  // rows of the table; the CSV has all
  const BARS = 40;
  const CLOSED = [
    "set autoinstall_known_extensions = false", "set autoload_known_extensions = false", "set allow_community_extensions = false",
    "set enable_external_access = false", "set lock_configuration = true",
  ];
  let loaded = null;  // the addresses of the thread and of the database
  let open = null;
  let result = null;
  let turn = 0;  // which question is the newest: what an earlier one brings is dropped

  // --- DuckDB ---------------------------------------------------------------------------------------------------------

  async function bytes(name) {
    const response = await fetch(site + "assets/duckdb/" + name);
    if (!response.ok) {
      throw new Error(name + ": " + response.status);
    }
    return response.arrayBuffer();
  }

  async function parts() {
    const [worker, packed] = await Promise.all([bytes("worker.js"), bytes("duckdb.wasm.gz"), load(site + "assets/duckdb/duckdb.js")]);
    const isPacked = new Uint8Array(packed, 0, 1)[0] === 0x1f;  // some servers unpack what they send
    const whole = isPacked ? await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer() : packed;
    return {
      worker: URL.createObjectURL(new Blob([worker], {type: "text/javascript"})),
      database: URL.createObjectURL(new Blob([whole], {type: "application/wasm"})),
    };
  }

  // What tells one file from another under the same name: a build may be published while the page is open.
  async function version() {
    const answer = await fetch(file, {method: "HEAD", headers: {Range: "bytes=0-"}, cache: "no-store"});
    if (answer.status !== 206) {
      throw new Error(words.no_ranges);
    }
    return ["ETag", "Last-Modified", "Content-Length"].map(function (name) { return answer.headers.get(name); }).join(" ");
  }

  async function connection() {
    const found = await version();
    if (open && open.version === found) {
      return open.connection;
    }
    close();
    state.textContent = words.loading;
    loaded = loaded || await parts();
    const worker = new Worker(loaded.worker);
    open = {worker: worker, version: null};
    const {AsyncDuckDB, DuckDBAccessMode, VoidLogger} = window.duckdb;
    const database = new AsyncDuckDB(new VoidLogger(), worker);
    await database.instantiate(loaded.database);
    const ranges = {allowFullHTTPReads: false, forceFullHTTPReads: false, reliableHeadRequests: true};
    await database.open({path: file, accessMode: DuckDBAccessMode.READ_ONLY, filesystem: ranges});
    const made = await database.connect();
    for (const setting of CLOSED) {
      await made.query(setting);
    }
    Object.assign(open, {connection: made, version: found});
    return made;
  }

  function close() {
    if (open) {
      open.worker.terminate();
      open = null;
    }
  }

  // --- values ---------------------------------------------------------------------------------------------------------

  const KINDS = {2: "number", 3: "number", 7: "number", 8: "date"};  // types of Arrow: Int, Float, Decimal, Date

  function read(value, type) {
    if (value === null || value === undefined) {
      return null;
    }
    if (type.typeId === 7) {
      const digits = [...new Uint32Array(value)].reduce(function (sum, word, place) { return sum + (BigInt(word) << BigInt(32 * place)); }, 0n);
      const whole = BigInt.asIntN(128, digits);
      return type.scale ? Number(whole) / 10 ** type.scale : whole;
    }
    if (type.typeId === 8 || type.typeId === 10) {
      const text = new Date(Number(value)).toISOString();
      return type.typeId === 8 ? text.slice(0, 10) : text.slice(0, 19).replace("T", " ");
    }
    return typeof value === "object" ? JSON.stringify(value, function (_, inner) { return typeof inner === "bigint" ? Number(inner) : inner; }) : value;
  }

  async function rows(made, text) {
    const reader = await (await made.send(text, true)).open();
    const found = {columns: reader.schema.fields.map(function (field) { return {name: field.name, kind: KINDS[field.type.typeId] || "text", type: field.type}; }), rows: [], isCut: false};
    for await (const batch of reader) {
      for (let row = 0; row < batch.numRows && found.rows.length < MOST; row += 1) {
        found.rows.push(found.columns.map(function (column, place) { return read(batch.getChildAt(place).get(row), column.type); }));
      }
      if (found.rows.length >= MOST) {
        found.isCut = true;
        await made.cancelSent();
        break;
      }
    }
    found.columns.forEach(function (column, place) {
      column.isYear = column.kind === "number" && /year/i.test(column.name) && found.rows.every(function (row) { return row[place] === null || (row[place] >= 1900 && row[place] <= 2100); });
    });
    return found;
  }

  function written(value, column) {
    if (typeof value !== "number" && typeof value !== "bigint") {
      return value === null ? "" : String(value);
    }
    const [whole, rest] = String(value).replace("-", "−").split(".");
    const grouped = column.isYear ? whole : whole.replace(/\B(?=(\d{3})+$)/g, given.separator);
    return grouped + (rest ? given.decimal + rest : "");
  }

  // As the command line writes it: text that a spreadsheet would take for a formula gets an apostrophe before it.
  figure.csv = function () {
    const cell = function (value) {
      const text = value === null ? "" : typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
      return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    };
    const names = result.columns.map(function (column) { return column.name; });
    return [names].concat(result.rows).map(function (row) { return row.map(cell).join(",") + "\n"; }).join("");
  };

  // --- what came ------------------------------------------------------------------------------------------------------

  function show(seconds) {
    const count = words.rows.replace("{rows}", written(result.rows.length, {})).replace("{seconds}", seconds.toFixed(1).replace(".", given.decimal));
    const rest = result.isCut ? words.most.replace("{rows}", written(MOST, {})) : "";
    const first = result.rows.length > SHOWN ? words.first.replace("{shown}", String(SHOWN)) : "";
    part(".count").textContent = [count, rest, first].filter(Boolean).join(" · ");
    const align = result.columns.map(function (column) { return column.kind === "number" ? "r" : "l"; });
    part("thead").replaceChildren(make("tr", {}, ...result.columns.map(function (column, place) { return make("th", {scope: "col", className: align[place], textContent: column.name}); })));
    part("tbody").replaceChildren(...result.rows.slice(0, SHOWN).map(function (row) {
      return make("tr", {}, ...row.map(function (value, place) { return make("td", {className: align[place] + (String(value).length > 40 ? " long" : ""), textContent: written(value, result.columns[place])}); }));
    }));
    figure.hidden = false;
    draw();
  }

  // The first number by the first date, year or name, where each is there once: a line or bars, and nothing else.
  function drawable() {
    const columns = result.columns.map(function (column, place) { return Object.assign({place: place}, column); });
    const value = columns.find(function (column) { return column.kind === "number" && !column.isYear && !/rank/i.test(column.name); });
    const label = columns.find(function (column) { return column.kind === "date" || column.isYear; })
      || columns.find(function (column) { return column.kind === "text" && /name$/i.test(column.name); })
      || columns.find(function (column) { return column.kind === "text"; });
    if (!value || !label) {
      return null;
    }
    const isTime = label.kind !== "text";
    const named = result.rows.filter(function (row) { return row[label.place] !== null; }).map(function (row) { return [typeof row[label.place] === "bigint" ? Number(row[label.place]) : row[label.place], row[value.place] === null ? null : Number(row[value.place])]; });
    const isOnce = new Set(named.map(function (pair) { return pair[0]; })).size === named.length;
    if (!isOnce || named.length < 2 || (!isTime && named.length > BARS)) {
      return null;
    }
    if (isTime) {
      named.sort(function (a, b) { return a[0] < b[0] ? -1 : 1; });
    }
    return {pairs: named, label: label, value: value, isTime: isTime};
  }

  async function draw() {
    const found = drawable();
    plot.hidden = !found;
    part(".drawn").textContent = found ? found.value.name + " · " + found.label.name : "";
    if (!found) {
      return;
    }
    if (!window.Plotly) {
      await load(site + "assets/plotly.js");
      await document.fonts.ready;
    }
    const style = getComputedStyle(document.documentElement);
    const colour = function (name) { return style.getPropertyValue("--" + name).trim(); };
    const escaped = function (text) { return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;"); };
    const labels = found.pairs.map(function (pair) { return typeof pair[0] === "string" ? escaped(pair[0]) : pair[0]; });
    const values = found.pairs.map(function (pair) { return pair[1]; });
    const said = found.pairs.map(function (pair) { return escaped(pair[0]) + " · " + found.value.name + ": " + written(pair[1], found.value); });
    const isMidYear = found.pairs.map(function (pair) { return /-06-30$/.test(pair[0]); });
    const common = {hovertext: said, hoverinfo: "text", showlegend: false};
    const drawn = found.isTime
      ? {type: "scatter", mode: "lines+markers", x: labels, y: values, connectgaps: false, line: {color: colour("mark"), width: 2}, marker: {size: 7, color: isMidYear.map(function (mid) { return colour(mid ? "ground" : "mark"); }), line: {color: colour("mark"), width: 2}}}
      : {type: "bar", orientation: "h", x: values, y: labels, marker: {color: colour("bar")}};
    const height = found.isTime ? 400 : 72 + 28 * labels.length;
    plot.style.setProperty("--height", height + "px");
    plot.style.setProperty("--narrow-height", (found.isTime ? 320 : height) + "px");
    const amount = {fixedrange: true, rangemode: "tozero", gridcolor: colour("rule"), zerolinecolor: colour("quiet"), tickfont: {color: colour("quiet")}, separatethousands: true, exponentformat: "none", automargin: true, nticks: window.innerWidth > 720 ? 6 : found.isTime ? 5 : 2, tickangle: 0};
    const named = {fixedrange: true, showgrid: false, zeroline: false, automargin: true, tickfont: {color: found.isTime ? colour("quiet") : colour("ink")}, type: found.label.kind === "date" ? "date" : found.isTime ? "linear" : "category", tickformat: found.label.isYear ? "d" : "", autorange: found.isTime ? true : "reversed"};
    const layout = {
      font: {family: getComputedStyle(document.body).fontFamily, size: 14, color: colour("ink")}, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: {l: 16, r: 24, t: 16, b: 32}, dragmode: false, hovermode: "closest", separators: given.decimal + given.separator,
      hoverlabel: {bgcolor: colour("ground"), bordercolor: colour("ink"), font: {color: colour("ink")}},
      xaxis: found.isTime ? named : amount, yaxis: found.isTime ? amount : named,
    };
    await window.Plotly.react(plot, [Object.assign(common, drawn)], layout, {displayModeBar: false, responsive: true, doubleClick: false});
    plot.setAttribute("aria-label", part(".drawn").textContent);
    plot.querySelectorAll("svg").forEach(function (svg) { svg.setAttribute("aria-hidden", "true"); });
  }

  // --- the page -------------------------------------------------------------------------------------------------------

  function busy(isBusy) {
    part("[data-run]").disabled = isBusy;
    part("[data-stop]").hidden = !isBusy;
    root.setAttribute("aria-busy", String(isBusy));
  }

  async function run() {
    const mine = turn += 1;
    const start = performance.now();
    busy(true);
    wrong.textContent = "";
    let isOpen = false;
    try {
      state.textContent = words.running;
      const made = await connection();
      isOpen = true;
      state.textContent = words.running;
      const found = await rows(made, box.value);
      if (mine === turn) {
        result = found;
        state.textContent = "";
        show((performance.now() - start) / 1000);
      }
    } catch (error) {
      if (mine === turn) {
        state.textContent = "";
        figure.hidden = true;
        wrong.textContent = (isOpen || error.message === words.no_ranges ? "" : words.cannot + " ") + error.message;
        if (!isOpen) {
          close();
        }
      }
    }
    if (mine === turn) {
      busy(false);
    }
  }

  function stop() {
    turn += 1;
    close();
    busy(false);
    state.textContent = words.stopped;
  }

  function keep() {
    const hash = box.value ? "#" + new URLSearchParams({q: box.value}) : "";
    window.history.replaceState(null, "", hash || window.location.pathname + window.location.search);
    document.querySelectorAll(".languages a").forEach(function (link) { link.href = link.href.split("#")[0] + hash; });
  }

  function choose() {
    const found = given.examples[examples.value];
    part(".note").textContent = found ? found.note : "";
    if (found) {
      box.value = found.sql;
      keep();
    }
  }

  function readAddress() {
    const wanted = new URLSearchParams(window.location.hash.slice(1)).get("q");
    const same = Object.keys(given.examples).find(function (name) { return given.examples[name].sql === wanted; });
    examples.value = wanted === null ? Object.keys(given.examples)[0] : same || "";
    choose();
    if (wanted !== null) {
      box.value = wanted;
      keep();
    }
  }

  examples.addEventListener("change", choose);
  box.addEventListener("input", function () { examples.value = ""; part(".note").textContent = ""; keep(); });
  box.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !part("[data-run]").disabled) {
      event.preventDefault();
      run();
    }
  });
  part("[data-run]").addEventListener("click", run);
  part("[data-stop]").addEventListener("click", stop);
  part("[data-csv]").addEventListener("click", function () { give(new Blob([figure.csv()], {type: "text/csv;charset=utf-8"}), "displacement-query.csv"); });
  window.addEventListener("hashchange", readAddress);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () { if (result) { draw(); } });
  document.querySelector(".without").hidden = true;
  root.hidden = false;
  part(".tables").open = window.matchMedia("(min-width: 960px)").matches;
  readAddress();
  if (!/^https?:/.test(window.location.protocol)) {
    part("[data-run]").disabled = true;
    wrong.textContent = words.from_folder;
  }
})();
