// The page of a chart: tabs, years, a country, all of it in the address, so that a link brings the same view back.
// Lines and bars are drawn by plotly.js when the page is looked at; maps, rankings and tables by this file.
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
  const controls = {from: view.querySelector("[name=from]"), year: view.querySelector("[name=year]"), country: view.querySelector("[name=country]")};
  const names = controls.country ? Object.fromEntries([...controls.country.options].filter(function (option) { return option.value; }).map(function (option) { return [option.value, option.textContent]; })) : {};
  const start = {tab: tabs.find(function (tab) { return tab.getAttribute("aria-selected") === "true"; }).id.slice(4)};
  for (const name of Object.keys(controls)) {
    if (controls[name]) {
      start[name] = controls[name].value;
    }
  }
  const state = Object.assign({}, start);
  const found = {title: view.querySelector("h1").textContent, subtitle: view.querySelector(".above .quiet").textContent, note: view.querySelector(".note").textContent};
  const hasLines = view.dataset.name.startsWith("top-");  // countries are lines of the chart already: a picked one is one more
  const mapFirst = start.tab === "map";

  if (/[?&]embed\b/.test(window.location.search)) {
    root.classList.add("embedded");
  }

  // --- the address ----------------------------------------------------------------------------------------------------

  function readAddress() {
    const wanted = new URLSearchParams(window.location.hash.slice(1));
    state.tab = tabs.some(function (tab) { return tab.id === "tab-" + wanted.get("tab"); }) ? wanted.get("tab") : start.tab;
    for (const name of ["from", "year"]) {
      if (controls[name]) {
        const year = Number(wanted.get(name));
        state[name] = year >= Number(controls[name].min) && year <= Number(controls[name].max) ? String(year) : start[name];
      }
    }
    if (controls.country) {
      state.country = names[wanted.get("country")] ? wanted.get("country") : "";
    }
  }

  function writeAddress() {
    const parts = new URLSearchParams();
    for (const name of Object.keys(state)) {
      if (state[name] !== start[name]) {
        parts.set(name, state[name]);
      }
    }
    const hash = parts.toString();
    window.history.replaceState(null, "", hash ? "#" + hash : window.location.pathname + window.location.search);
    embedCode();
  }

  function embedCode() {
    const box = document.getElementById("embedding");
    const address = new URL(window.location.href);
    address.search = "?embed";
    const height = Number(view.dataset.height) + 360;
    const title = view.querySelector("h1").textContent.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
    document.getElementById("embed-code").value = '<iframe src="' + address.href.replace(/&/g, "&amp;").replace(/"/g, "%22") + '" title="' + title + '" width="100%" height="' + height + '" style="border:0" loading="lazy"></iframe>';
    box.hidden = false;
    view.querySelector(".cite-title").textContent = view.querySelector("h1").textContent;
    view.querySelector(".address").textContent = window.displacement.address();
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
    if (!ownLine() && controls.from && state.from !== start.from) {
      for (const name of Object.keys(drawn.layout).filter(function (name) { return /^xaxis\d*$/.test(name); })) {
        drawn.layout[name].range = [Number(state.from) - 1, drawn.layout[name].range[1]];
      }
    }
    if (hasLines && state.country) {
      pick(drawn);
    }
    drawn.layout = Object.assign({}, drawn.layout, {paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)"});
    return light || !dark.matches ? drawn : darkened(drawn);
  }

  // Whether the chart tab shows a country alone: its own figures, year by year, in place of the world's.
  function ownLine() {
    return Boolean(measure && state.country && !hasLines && state.tab === "chart");
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
    const unit = words.unit === "persons" && highest >= 1e6 ? 1e6 : words.unit === "share" ? 0.01 : 1;
    const first = Number(controls.from && state.from > measure.years[0] ? state.from : measure.years[0]);
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
        margin: {l: 72, r: 24, t: 24, b: 40}, bargap: 0.18, dragmode: false, hovermode: "closest",
        hoverlabel: {bgcolor: "#FFFFFF", bordercolor: "#1B2733", font: {color: "#1B2733", size: 14}},
        xaxis: {fixedrange: true, showgrid: false, zeroline: false, tickformat: "d", nticks: 8, tickfont: {color: "#56636F"}, range: [first - 0.7, last + 0.7]},
        yaxis: {fixedrange: true, rangemode: "tozero", range: [0, share ? 100 : Math.max(highest / unit * 1.08, 1e-9)], gridcolor: "#D9DEE3", zerolinecolor: "#56636F", tickfont: {color: "#56636F"}, separatethousands: true, exponentformat: "none", ticksuffix: share ? words.percent : ""},
        shapes: marks,
        separators: words.decimal + words.separator,
      },
    };
  }

  function pick(drawn) {
    const name = names[state.country];
    const values = measure.values[state.country] && valuesOf(state.country);
    let found = drawn.data.find(function (trace) { return plain(trace.name) === name; });
    drawn.data.forEach(function (trace) {
      if (trace.line) {
        trace.line = Object.assign({}, trace.line, {color: "#B4BCC4", width: 1.75});
      }
    });
    if (!found && values) {
      found = Object.assign({}, drawn.data[0], {name: name, x: measure.years, y: values.map(function (value) { return value === null ? null : value / 1e6; })});
      const places = measure.years.map(function (year, index) { return index; }).filter(function (index) { return values[index] !== null; });
      if (places.length) {
        const last = places[places.length - 1];
        drawn.layout.annotations = (drawn.layout.annotations || []).concat({x: measure.years[last], y: values[last] / 1e6, text: "<b>" + name.replace(/</g, "&lt;") + "</b>", showarrow: false, xanchor: "right", yanchor: "bottom", font: {color: "#0072BC", size: 14}});
      }
      drawn.data.push(found);
    } else if (found) {
      drawn.data.push(drawn.data.splice(drawn.data.indexOf(found), 1)[0]);
    }
    if (found) {
      (drawn.layout.annotations || []).forEach(function (label) {
        if (label.font && label.font.color === "#0072BC" && !plain(label.text).includes(name)) {
          label.font = Object.assign({}, label.font, {color: "#1B2733"});
        }
      });
      found.line = Object.assign({}, found.line, {color: "#0072BC", width: 3});
    }
  }

  function plain(text) {
    return String(text || "").replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
  }

  async function draw() {
    const live = view.querySelector(".live");
    if (!live || state.tab !== "chart" || !(spec || ownLine())) {
      if (live && !spec) {
        live.parentElement.hidden = true;
      }
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

  function explained(code) {
    return up + (words.explained === "figures" ? "figures/" + code + ".html#" + words.role + "-" + state.year + "-12-31" : words.explained);
  }

  function shown(code, value) {
    return make("a", {className: "n", href: explained(code), textContent: put(value)});
  }

  function known() {
    const index = measure.years.indexOf(Number(state.year));
    return Object.keys(measure.values).filter(function (code) { return measure.values[code][index] && names[code]; })
      .map(function (code) { return [code, measure.values[code][index]]; })
      .sort(function (a, b) { return b[1] - a[1]; });
  }

  function showRanking(rows) {
    let head = rows.slice(0, 15);
    const own = rows.find(function (pair) { return pair[0] === state.country; });
    if (own && !head.includes(own)) {
      head = head.concat([own]);
    }
    view.querySelector(".ranked tbody").replaceChildren(...head.map(function (pair) {
      const bar = make("span", {className: "bar"});
      bar.style.setProperty("--l", String(100 * pair[1] / rows[0][1]));
      return make("tr", {className: pair[0] === state.country ? "picked" : ""},
        make("th", {scope: "row"}, make("a", {href: up + "countries/" + pair[0] + ".html", textContent: names[pair[0]]})),
        make("td", {}, bar, make("span", {className: "v"}, shown(pair[0], pair[1]))));
    }));
    view.querySelector(".ranked-title").textContent = words.largest.replace("{year}", state.year);
    view.querySelector(".ranked-of").textContent = words.of.replace("{year}", state.year);
  }

  // The table of a year: every country that has a figure, the largest first.
  function showTable(rows) {
    const section = view.querySelector(".of-year");
    const twice = mapFirst && state.year === start.year;  // the table of the chart says the same, with more columns
    section.hidden = twice;
    view.querySelectorAll(".of-chart").forEach(function (part) { part.hidden = mapFirst && !twice; });
    view.querySelector("h2.of-chart").hidden = mapFirst;
    if (state.tab !== "table" || twice) {
      return;
    }
    section.querySelector("h2").textContent = words.of.replace("{year}", state.year);
    section.querySelector("tbody").replaceChildren(...rows.map(function (pair, index) {
      return make("tr", {className: pair[0] === state.country ? "picked" : ""},
        make("td", {className: "r", textContent: String(index + 1)}),
        make("th", {scope: "row"}, make("a", {href: up + "countries/" + pair[0] + ".html", textContent: names[pair[0]]})),
        make("td", {}, shown(pair[0], pair[1])));
    }));
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
        controls.country.value = code === state.country ? "" : code;
        change();
      }
    });
  }

  // The table of the year on show as a file, each country with its code.
  function saveTable() {
    const quoted = function (text) { return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; };
    const lines = [["country", "name", "year", words.measure.replace(/-/g, "_")]].concat(known().map(function (pair) { return [pair[0], quoted(names[pair[0]]), state.year, String(pair[1])]; }));
    const text = lines.map(function (line) { return line.join(",") + "\n"; }).join("");
    window.displacement.give(new Blob([text], {type: "text/csv;charset=utf-8"}), words.measure + "-" + state.year + ".csv");
  }

  // --- putting it together --------------------------------------------------------------------------------------------

  // The title is a finding about the world in the newest year. Another view bears it not: it asks the question and says
  // what is shown and of when; one country bears its name.
  function title() {
    let [heading, under] = [found.title, found.subtitle];
    if (ownLine()) {
      heading = words.place.replace("{country}", names[state.country]).replace("{what}", words.one);
      under = measure.years[0] + "–" + measure.years[measure.years.length - 1] + (words.unit === "persons" ? ", " + (Math.max(0, ...valuesOf(state.country)) >= 1e6 ? words.millions : words.persons) : "");
    } else if (measure && state.tab !== "chart" && (state.year !== start.year || (state.tab === "map" && !mapFirst))) {
      [heading, under] = [words.question, words.of.replace("{year}", state.year)];
    }
    view.querySelector("h1").textContent = heading;
    view.querySelector(".note").textContent = heading === found.title ? found.note : words.note;
    view.querySelector(".above .quiet").textContent = under;
  }

  function show() {
    title();
    for (const tab of tabs) {
      const on = tab.id === "tab-" + state.tab;
      const panel = document.getElementById(tab.getAttribute("aria-controls"));
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      panel.classList.toggle("on", on);
      panel.hidden = false;
    }
    for (const name of ["from", "year"]) {
      if (controls[name]) {
        controls[name].value = state[name];
        controls[name].parentElement.querySelector("output").textContent = state[name];
      }
    }
    if (controls.from) {
      controls.from.parentElement.hidden = state.tab === "map";
      view.querySelectorAll("[data-year]").forEach(function (row) { row.hidden = row.dataset.year < state.from; });
    }
    if (measure) {
      controls.country.value = state.country;
      const link = view.querySelector(".place");
      link.hidden = !state.country;
      link.href = up + "countries/" + state.country + ".html";
      link.textContent = state.country ? words.page.replace("{country}", names[state.country]) : "";
      const rows = known();
      showRanking(rows);
      showTable(rows);
      showMap(rows);
    }
    view.querySelectorAll("[data-save]").forEach(function (button) { button.hidden = state.tab === "table"; });
    draw();
  }

  function change() {
    for (const name of Object.keys(controls)) {
      if (controls[name]) {
        state[name] = controls[name].value;
      }
    }
    show();
    writeAddress();
  }

  tabs.forEach(function (tab, index) {
    tab.addEventListener("click", function () {
      state.tab = tab.id.slice(4);
      show();
      writeAddress();
    });
    tab.addEventListener("keydown", function (event) {
      const forward = rightToLeft ? "ArrowLeft" : "ArrowRight";
      const step = event.key === forward ? 1 : /^Arrow(Left|Right)$/.test(event.key) ? -1 : 0;
      if (step) {
        event.preventDefault();
        const next = tabs[(index + step + tabs.length) % tabs.length];
        next.focus();
        next.click();
      }
    });
  });
  for (const name of Object.keys(controls)) {
    if (controls[name]) {
      controls[name].addEventListener(name === "country" ? "change" : "input", change);
    }
  }
  narrow.addEventListener("change", draw);
  dark.addEventListener("change", draw);
  window.addEventListener("hashchange", function () { readAddress(); show(); embedCode(); });

  // The picture that is saved is that of the tab on show, in light colours and as wide as a report.
  view.picture = async function () {
    if (state.tab === "map" || !(spec || ownLine())) {
      return view.querySelector("svg.map");
    }
    if (!window.Plotly) {
      await load(site + "assets/plotly.js");
    }
    const drawn = figure(false, true);
    const address = await window.Plotly.toImage(drawn, {format: "svg", width: 992, height: Number(view.dataset.height)});
    const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    return new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  };

  root.classList.add("js");
  view.querySelector(".controls").hidden = false;
  view.querySelectorAll("[data-csv]").forEach(function (button) { button.addEventListener("click", saveTable); });
  hoverMap();
  readAddress();
  show();
  embedCode();
})();
