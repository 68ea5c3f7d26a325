// The page of a chart. One state (view, year, country) is read from the address; `show` renders everything from it:
// title, chart, map, table, files and citation. Each view has only the controls it follows: the chart and its table are
// of all years, the map and the ranking of one. Lines and bars are drawn by plotly.js, maps and tables by this file.
(function () {
  "use strict";
  const {make, load, site, up, rightToLeft} = window.displacement;
  const view = document.getElementById("view");
  const root = document.documentElement;
  const narrow = window.matchMedia("(max-width: 720px)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const style = getComputedStyle(root);
  const specElement = document.getElementById("spec");
  const exploredElement = document.getElementById("explored");
  const spec = specElement && JSON.parse(specElement.textContent);
  const words = exploredElement && JSON.parse(exploredElement.textContent);
  const measure = words && window.MEASURES[words.measure];
  const tabs = [...view.querySelectorAll("[role=tab]")];
  const controls = {year: view.querySelector("[name=year]"), country: view.querySelector("[name=country]")};
  const names = controls.country ? Object.fromEntries([...controls.country.options].filter(function (option) { return option.value; }).map(function (option) { return [option.value, option.textContent]; })) : {};
  const start = {tab: tabs.find(function (tab) { return tab.getAttribute("aria-selected") === "true"; }).id.slice(4)};
  for (const name of Object.keys(controls)) {
    if (controls[name]) {
      start[name] = controls[name].value;
    }
  }
  const state = Object.assign({}, start);
  const found = {title: view.querySelector("h1").textContent, subtitle: view.querySelector(".above .quiet").textContent, note: view.querySelector(".note").textContent};
  const mapFirst = start.tab === "map";
  const csv = view.querySelector("[data-csv]");
  const styled = view.querySelector("[name=style]");
  const ofYear = function () { return state.tab === "map" || state.tab === "ranking"; };

  if (/[?&]embed\b/.test(window.location.search)) {
    root.classList.add("embedded");  // title, chart and source; the page around it is told how tall they are
    new ResizeObserver(function () {
      window.parent.postMessage({displacement: Math.ceil(document.body.getBoundingClientRect().height)}, "*");
    }).observe(document.body);
  }

  // --- the address ----------------------------------------------------------------------------------------------------

  function readAddress() {
    const wanted = new URLSearchParams(window.location.hash.slice(1));
    state.tab = tabs.some(function (tab) { return tab.id === "tab-" + wanted.get("tab"); }) ? wanted.get("tab") : start.tab;
    if (measure) {
      const year = Number(wanted.get("year"));
      state.year = year >= Number(controls.year.min) && year <= Number(controls.year.max) ? String(year) : start.year;
      state.country = names[wanted.get("country")] ? wanted.get("country") : "";
    }
    if (mapFirst && state.tab === "chart" && !state.country) {  // whose chart is of a country
      state.tab = start.tab;
    }
  }

  // What differs from the page as it opens; a year only where the view has one.
  function chosen() {
    return Object.keys(state).filter(function (name) { return state[name] !== start[name] && (name !== "year" || ofYear()); });
  }

  // A step forward that the reader can take back, but while a slider moves.
  function writeAddress(step) {
    const parts = new URLSearchParams();
    chosen().forEach(function (name) { parts.set(name, state[name]); });
    const hash = parts.toString();
    const address = hash ? "#" + hash : window.location.pathname + window.location.search;
    window.history[step ? "pushState" : "replaceState"](null, "", address);
    embedCode();
  }

  function embedCode() {
    const box = document.getElementById("embedding");
    const address = new URL(window.location.href);
    address.search = "?embed";
    const height = Number(view.dataset.height) + 240;
    // Told by the frame how tall it is; without this script it keeps its height.
    const script = '<script>addEventListener("message",function(e){document.querySelectorAll("iframe").forEach(function(f){if(f.contentWindow===e.source&&e.data.displacement>0)f.style.height=e.data.displacement+"px"})})</' + 'script>';
    const title = view.querySelector("h1").textContent.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
    document.getElementById("embed-code").value = '<iframe src="' + address.href.replace(/&/g, "&amp;").replace(/"/g, "%22") + '" title="' + title + '" width="100%" height="' + height + '" style="border:0" loading="lazy"></iframe>' + script;
    box.hidden = false;
    cite();
  }

  // What the page shows, as lists of references write it, with the day it was read.
  function cite() {
    const place = document.getElementById("citation");
    const {publishers, release, accessed} = place.dataset;
    const title = view.querySelector("h1").textContent;
    const read = new Date().toISOString().slice(0, 10);
    const on = accessed.replace("{date}", read);
    const year = release.slice(0, 4);
    const address = window.displacement.address();
    const escaped = function (text) { return text.replace(/[&%$#_]/g, "\\$&"); };
    const key = "displacement-" + view.dataset.file + "-" + release;
    const styles = {
      APA: [publishers + ". (" + year + "). " + title + " [" + release + "]. displacement. " + on + ". " + address],
      Chicago: [publishers + ". " + year + ". “" + title + ".” displacement, " + release + ". " + on + ". " + address],
      BibTeX: ["@misc{" + key + ",", "  author = {{" + escaped(publishers) + "}},", "  title = {{" + escaped(title) + "}},", "  year = {" + year + "},", "  howpublished = {displacement, " + release + "},", "  url = {" + address + "},", "  urldate = {" + read + "}", "}"],
      RIS: ["TY  - DATA", "AU  - " + publishers, "TI  - " + title, "PY  - " + year, "DA  - " + release.replace(/-/g, "/"), "PB  - displacement", "UR  - " + address, "Y2  - " + read.replace(/-/g, "/"), "ER  - "],
    };
    place.textContent = styles[styled.value].join("\n");
  }

  // --- what plotly.js draws -------------------------------------------------------------------------------------------

  function merged(wide, own) {
    if (!own || typeof own !== "object" || Array.isArray(own) || !wide || typeof wide !== "object") {
      return own === undefined ? wide : own;
    }
    const result = Object.assign({}, wide);
    for (const name of Object.keys(own)) {
      result[name] = merged(wide[name], own[name]);
    }
    return result;
  }

  function darkened(part) {
    if (typeof part === "string") {
      const other = /^#[0-9a-f]{6}$/i.test(part) && style.getPropertyValue("--k" + part.slice(1).toLowerCase()).trim();
      return other || part;
    }
    if (Array.isArray(part)) {
      return part.map(darkened);
    }
    if (part && typeof part === "object") {
      return Object.fromEntries(Object.entries(part).map(function (entry) { return [entry[0], darkened(entry[1])]; }));
    }
    return part;
  }

  function figure(small, light) {
    let drawn = ownLine() ? series() : JSON.parse(JSON.stringify(spec));
    if (small && !ownLine()) {
      drawn = {data: drawn.data.map(function (trace, index) { return merged(trace, drawn.narrow.data[index]); }), layout: merged(drawn.layout, drawn.narrow.layout)};
    }
    drawn.layout = Object.assign({}, drawn.layout, {paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)"});
    return light || !dark.matches ? drawn : darkened(drawn);
  }

  // Whether the chart tab shows a country alone: its own figures, year by year, in place of the world's.
  function ownLine() {
    return Boolean(measure && state.country && !ofYear());
  }

  function valuesOf(code) {
    const values = measure.values[code] || [];
    return measure.years.map(function (year, index) { return values[index] === undefined ? null : values[index]; });
  }

  // Where the figures of the country on show do not compare with those before.
  function breaks() {
    const first = (measure.values[state.country] || []).findIndex(function (value) { return value !== undefined; });
    return words.breaks.filter(function (mark) { return mark[0].includes(state.country) && first >= 0 && mark[1] > measure.years[first]; });
  }

  function series() {
    const values = valuesOf(state.country);
    const highest = Math.max(0, ...values);
    const unit = words.unit === "share" ? 0.01 : 1;
    const first = measure.years[0];
    const last = measure.years[measure.years.length - 1];
    const amounts = values.map(function (value) { return value === null ? null : value / unit; });
    const said = values.map(function (value, index) { return measure.years[index] + " · " + (value === null ? words.none : put(value)); });
    const share = words.unit === "share";
    const marks = breaks().map(function (mark) { return {type: "line", x0: mark[1] - 0.5, x1: mark[1] - 0.5, yref: "paper", y0: 0, y1: 1, line: {color: "#56636F", width: 1, dash: "dot"}}; });
    return {
      data: [share ? {type: "scatter", mode: "lines+markers", x: measure.years, y: amounts, connectgaps: false, line: {color: "#0072BC", width: 3}, marker: {color: "#0072BC", size: 6}, hovertext: said, hoverinfo: "text", showlegend: false}
        : {type: "bar", x: measure.years, y: amounts, marker: {color: "#0072BC"}, hovertext: said, hoverinfo: "text", showlegend: false}],
      layout: {
        font: spec ? spec.layout.font : {family: getComputedStyle(document.body).fontFamily, size: 14, color: "#1B2733"},
        margin: {l: 96, r: 24, t: 24, b: 40}, bargap: 0.18, dragmode: false, hovermode: "closest",
        hoverlabel: {bgcolor: "#FFFFFF", bordercolor: "#1B2733", font: {color: "#1B2733", size: 14}},
        xaxis: {fixedrange: true, showgrid: false, zeroline: false, tickformat: "d", nticks: 8, tickfont: {color: "#56636F"}, range: [first - 0.7, last + 0.7]},
        yaxis: {fixedrange: true, rangemode: "tozero", range: [0, share ? 100 : Math.max(highest / unit * 1.08, 1e-9)], gridcolor: "#D9DEE3", zerolinecolor: "#56636F", tickfont: {color: "#56636F"}, separatethousands: true, exponentformat: "none", ticksuffix: share ? words.percent : ""},
        shapes: marks,
        separators: words.decimal + words.separator,
      },
    };
  }

  async function draw() {
    const live = view.querySelector(".live");
    if (!live || state.tab !== "chart" || !(spec || ownLine())) {
      return;
    }
    live.style.setProperty("--height", view.dataset.height + "px");
    live.style.setProperty("--narrow-height", view.dataset.narrowHeight + "px");
    if (!window.Plotly) {
      await load(site + "assets/plotly.js");
      await document.fonts.ready;
    }
    live.parentElement.hidden = live.hidden = false;
    view.querySelectorAll(".still").forEach(function (still) { still.hidden = true; });
    view.querySelectorAll(".drawn-key").forEach(function (key) { key.hidden = ownLine(); });
    const list = view.querySelector(".breaks");
    if (list) {
      list.replaceChildren(...(ownLine() ? breaks() : []).map(function (mark) { return make("li", {textContent: mark[2]}); }));
    }
    const shown = figure(narrow.matches, false);
    await window.Plotly.react(live, shown.data, shown.layout, {displayModeBar: false, responsive: true, doubleClick: false});
    live.querySelectorAll("svg").forEach(function (svg) { svg.setAttribute("aria-hidden", "true"); });
    live.parentElement.setAttribute("aria-label", ownLine() ? inWords() : alt);
    view.dataset.size = narrow.matches ? "narrow" : "wide";
    view.dataset.drawn = "yes";
  }

  const alt = view.querySelector(".plot.drawn") ? view.querySelector(".plot.drawn").getAttribute("aria-label") : "";

  function inWords() {
    const values = valuesOf(state.country);
    return view.querySelector("h1").textContent + ": " + measure.years.map(function (year, index) { return values[index] === null ? "" : year + " " + put(values[index]); }).filter(Boolean).join("; ");
  }

  // --- what this file draws -------------------------------------------------------------------------------------------

  function number(value) {
    return String(value).replace(/\B(?=(\d{3})+$)/g, words.separator);
  }

  function put(value) {
    if (words.unit === "share") {
      return Math.round(100 * value) + words.percent;
    }
    if (words.unit === "rate") {
      const [whole, part] = value.toFixed(1).split(".");
      return number(whole) + words.decimal + part;
    }
    return number(value);
  }

  function classOf(value) {
    return Math.max(1, measure.classes.filter(function (lower) { return value >= lower; }).length);
  }

  // As a title writes a number: people in millions from a million on, as the pages do.
  function amount(value) {
    const millions = words.unit === "persons" && value >= 1e6 && words.in_millions;
    if (!millions || !millions.other) {
      return put(value);
    }
    const rounded = (Math.round(value / 1e5) / 10).toFixed(1);
    const form = millions[new Intl.PluralRules(root.lang).select(Math.floor(rounded))] || millions.other;
    return form.replace("{value}", number(rounded.split(".")[0]) + words.decimal + rounded.split(".")[1]);
  }

  function shown(code, value, year) {
    const place = words.explained === "figures" ? "figures/" + code + ".html#" + words.role + "-" + year + "-12-31" : words.explained;
    return make("a", {className: "n", href: up + place, textContent: put(value)});
  }

  function known() {
    const index = measure.years.indexOf(Number(state.year));
    return Object.keys(measure.values).filter(function (code) { return measure.values[code][index] && names[code]; })
      .map(function (code) { return [code, measure.values[code][index]]; })
      .sort(function (a, b) { return b[1] - a[1]; });
  }

  function named(code) {
    return make("th", {scope: "row"}, make("a", {href: up + "countries/" + code + ".html", textContent: names[code]}));
  }

  function showRanking(rows) {
    view.querySelector(".ranked tbody").replaceChildren(...rows.map(function (pair, index) {
      const bar = make("span", {className: "bar"});
      bar.style.setProperty("--l", String(100 * pair[1] / rows[0][1]));
      return make("tr", {className: pair[0] === state.country ? "picked" : ""}, make("td", {className: "r", textContent: String(index + 1)}), named(pair[0]),
        make("td", {}, bar, make("span", {className: "v"}, shown(pair[0], pair[1], state.year))));
    }));
  }

  // The years of a country in place of the figures of the chart, the newest first.
  function showTable() {
    const own = view.querySelector(".of-country");
    own.hidden = !ownLine();
    view.querySelector(".of-chart").hidden = ownLine();
    own.querySelector("tbody").replaceChildren(...(ownLine() ? ownYears() : []).reverse().map(function (pair) {
      return make("tr", {}, make("th", {scope: "row", textContent: pair[0]}), make("td", {}, shown(state.country, pair[1], pair[0])));
    }));
  }

  function ownYears() {
    return valuesOf(state.country).map(function (value, index) { return [String(measure.years[index]), value]; }).filter(function (pair) { return pair[1] !== null; });
  }

  async function showMap(rows) {
    const map = view.querySelector(".map");
    if (!map || state.tab !== "map") {
      return;
    }
    if (!map.querySelector(":scope > path")) {
      await load(site + "assets/outlines.js");
      if (!map.querySelector(":scope > path")) {
        for (const code of Object.keys(window.OUTLINES.paths)) {
          const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
          path.id = "m-" + code;
          path.setAttribute("d", window.OUTLINES.paths[code]);
          map.append(path);
        }
      }
    }
    const values = Object.fromEntries(rows);
    let picked = null;
    map.querySelectorAll(":scope > path").forEach(function (path) {
      const code = path.id.slice(2);
      path.setAttribute("class", "m" + (values[code] ? classOf(values[code]) : 0) + (code === state.country ? " picked" : ""));
      picked = code === state.country ? path : picked;
    });
    if (picked) {
      map.append(picked);
    }
    const largest = rows.slice(0, 5).map(function (pair) { return names[pair[0]] + " " + put(pair[1]); }).join(", ");
    view.querySelector(".plot.world").setAttribute("aria-label", words.alt.replace("{year}", state.year).replace("{places}", largest));
  }

  function hoverMap() {
    const plot = view.querySelector(".plot.world");
    if (!plot) {
      return;
    }
    const tip = make("div", {className: "tip", hidden: true});
    plot.append(tip);
    plot.addEventListener("pointermove", function (event) {
      const code = event.target.id && event.target.id.slice(2);
      if (!code || !event.target.matches(".map > path")) {
        tip.hidden = true;
        return;
      }
      const value = (measure.values[code] || [])[measure.years.indexOf(Number(state.year))];
      tip.replaceChildren(make("b", {textContent: names[code] || code}), make("div", {textContent: state.year + ": " + (value ? put(value) : words.none)}));
      tip.hidden = false;
      const area = plot.getBoundingClientRect();
      const left = event.clientX - area.left + 16;
      tip.style.left = (left + tip.offsetWidth > area.width ? left - tip.offsetWidth - 32 : left) + "px";
      tip.style.right = "auto";
      tip.style.insetBlockStart = event.clientY - area.top + 16 + "px";
    });
    plot.addEventListener("pointerleave", function () { tip.hidden = true; });
    plot.addEventListener("click", function (event) {
      const code = event.target.matches(".map > path") ? event.target.id.slice(2) : "";
      if (names[code]) {
        state.country = code === state.country ? "" : code;
        change(true);
      }
    });
  }

  // What the view shows as a file: of a year all countries, of a country all years.
  function saveTable(event) {
    if (!measure || !chosen().some(function (name) { return name !== "tab" || ofYear(); })) {
      return;  // the figures of the chart, which are there as a file
    }
    event.preventDefault();
    const quoted = function (text) { return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; };
    const rows = ofYear() ? known().map(function (pair) { return [pair[0], state.year, pair[1]]; }) : ownYears().map(function (pair) { return [state.country, pair[0], pair[1]]; });
    const lines = [["country", "name", "year", words.measure.replace(/-/g, "_"), "unit", "source"]].concat(rows.map(function (row) {
      return [row[0], quoted(names[row[0]]), row[1], String(row[2]), words.unit, quoted(view.querySelector(".source").textContent)];
    }));
    const text = lines.map(function (line) { return line.join(",") + "\n"; }).join("");
    window.displacement.give(new Blob([text], {type: "text/csv;charset=utf-8"}), view.dataset.file + ".csv");
  }

  // --- putting it together --------------------------------------------------------------------------------------------

  // The title as the page opens is a finding about the world in the newest year. Of a country it names the country, its
  // figure and the year; of another year the country with the highest figure.
  function title() {
    let [heading, under, note] = [found.title, found.subtitle, found.note];
    const newest = ownLine() && ownYears().pop();
    const year = newest ? newest[0] : state.year;
    if (measure && (ownLine() || (ofYear() && (chosen().length || !mapFirst)))) {
      const code = state.country || (known()[0] || [""])[0];
      const value = code && valuesOf(code)[measure.years.indexOf(Number(year))];
      heading = filled(state.country ? words.place : words.largest, {country: names[code] || "", year: year, value: value ? amount(value) : words.none});
      under = ownLine() ? words.of.replace("{year}", measure.years[0] + "–" + measure.years[measure.years.length - 1]) : words.of.replace("{year}", year);
      note = words.note;
    }
    view.querySelector("h1").textContent = heading;
    view.querySelector(".note").textContent = note;
    view.querySelector(".above .quiet").textContent = under;
    document.title = heading + " · displacement";
    view.dataset.file = [view.dataset.name].concat(ofYear() ? [state.year] : [], state.country || []).join("-");
  }

  function filled(pattern, values) {
    return pattern.replace(/\{(\w+)\}/g, function (place, name) { return name in values ? values[name] : place; });
  }

  function show() {
    title();
    for (const tab of tabs) {  // a panel without a tab is for pages without scripts
      const on = tab.id === "tab-" + state.tab;
      const panel = document.getElementById(tab.getAttribute("aria-controls"));
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      panel.classList.toggle("on", on);
      panel.hidden = false;
    }
    if (measure) {
      controls.year.value = state.year;
      controls.year.parentElement.querySelector("output").textContent = state.year;
      controls.year.parentElement.hidden = !ofYear();
      controls.country.value = state.country;
      if (mapFirst) {
        document.getElementById("tab-chart").hidden = !state.country;
      }
      const link = view.querySelector(".place");
      link.hidden = !state.country;
      link.href = up + "countries/" + state.country + ".html";
      link.textContent = state.country ? words.page.replace("{country}", names[state.country]) : "";
      const rows = known();
      showRanking(rows);
      showTable();
      showMap(rows);
    }
    view.querySelectorAll("[data-save]").forEach(function (button) { button.hidden = state.tab === "table" || state.tab === "ranking"; });
    draw();
  }

  function change(step) {
    if (mapFirst && state.tab === "chart" && !state.country) {
      state.tab = start.tab;
    }
    show();
    writeAddress(step);
  }

  tabs.forEach(function (tab) {
    tab.addEventListener("click", function () {
      state.tab = tab.id.slice(4);
      change(true);
    });
    tab.addEventListener("keydown", function (event) {
      const forward = rightToLeft ? "ArrowLeft" : "ArrowRight";
      const step = event.key === forward ? 1 : /^Arrow(Left|Right)$/.test(event.key) ? -1 : 0;
      if (step) {
        event.preventDefault();
        const there = tabs.filter(function (one) { return !one.hidden; });
        const next = there[(there.indexOf(tab) + step + there.length) % there.length];
        next.focus();
        next.click();
      }
    });
  });
  if (measure) {
    controls.year.addEventListener("input", function () { state.year = controls.year.value; change(false); });
    controls.country.addEventListener("change", function () { state.country = controls.country.value; change(true); });
  }
  narrow.addEventListener("change", draw);
  dark.addEventListener("change", draw);
  window.addEventListener("popstate", function () { readAddress(); show(); embedCode(); });

  // The picture that is saved is that of the tab on show, in light colours and as wide as a report.
  view.picture = async function (width, room) {
    if (state.tab === "map") {
      return view.querySelector("svg.map");
    }
    if (!window.Plotly) {
      await load(site + "assets/plotly.js");
    }
    const drawn = figure(false, true);
    const least = Number(view.dataset.height);  // in less its labels would cover one another: it is drawn smaller then
    const scale = room ? Math.min(1, room / least) : 1;
    const address = await window.Plotly.toImage(drawn, {format: "svg", width: Math.round(width / scale), height: Math.round((room || least) / scale)});
    const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    return new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  };

  root.classList.add("js");
  view.querySelector(".controls").hidden = false;
  csv.addEventListener("click", saveTable);
  styled.parentElement.hidden = false;
  styled.addEventListener("change", cite);
  hoverMap();
  readAddress();
  show();
  embedCode();
})();
