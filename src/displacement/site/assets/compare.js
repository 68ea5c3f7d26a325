// Up to five countries side by side: lines over the years and a table, the choice kept in the address.
(function () {
  "use strict";
  const {make, load, site, up} = window.displacement;
  const figure = document.getElementById("compare");
  const data = JSON.parse(document.getElementById("compared").textContent);
  const measure = figure.querySelector("[name=measure]");
  const add = figure.querySelector("[name=add]");
  const plot = figure.querySelector(".plot");
  const colours = ["#0072BC", "#C4503C", "#0F7F52", "#A87900", "#8E3B8F"];
  const style = getComputedStyle(document.documentElement);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 720px)");
  const MOST = 5;
  let chosen = [];
  let last = null;

  function read() {
    const wanted = new URLSearchParams(window.location.hash.slice(1));
    chosen = [...new Set((wanted.get("c") || data.start.join(",")).split(","))].filter(function (code) { return data.names[code]; }).slice(0, MOST);
    measure.value = data.values[wanted.get("m")] ? wanted.get("m") : "from";
  }

  function write() {
    window.history.pushState(null, "", "#" + new URLSearchParams({c: chosen.join(","), m: measure.value}));
  }

  function colour(index) {
    const plain = colours[index];
    return dark.matches ? style.getPropertyValue("--k" + plain.slice(1).toLowerCase()).trim() || plain : plain;
  }

  function number(value) {
    return value === null || value === undefined ? "" : String(value).replace(/\B(?=(\d{3})+$)/g, data.separator);
  }

  async function draw() {
    const ink = style.getPropertyValue("--ink").trim();
    const quiet = style.getPropertyValue("--quiet").trim();
    const rule = style.getPropertyValue("--rule").trim();
    const series = chosen.map(function (code) { return data.values[measure.value][code] || []; });
    const highest = Math.max(1, ...series.flat().map(Number));
    const unit = highest >= 1e6 ? 1e6 : 1;
    if (!window.Plotly) {
      await load(site + "assets/plotly.js");
      await document.fonts.ready;
    }
    const lines = series.map(function (values, index) {
      const said = values.map(function (value, year) { return data.years[year] + " · " + data.names[chosen[index]] + ": " + number(value); });
      return {type: "scatter", mode: "lines", x: data.years, y: values.map(function (value) { return value === null ? null : value / unit; }), connectgaps: false, line: {color: colour(index), width: 3}, hovertext: said, hoverinfo: "text", showlegend: false};
    });
    const ends = series.map(function (values, index) {
      const last = values.reduce(function (found, value, place) { return value === null ? found : place; }, -1);
      return {index: index, x: data.years[last], y: last < 0 ? null : values[last] / unit};
    }).filter(function (end) { return end.y !== null; }).sort(function (a, b) { return a.y - b.y; });
    const gap = highest / unit / 20;
    ends.forEach(function (end, place) { end.at = place ? Math.max(end.y, ends[place - 1].at + gap) : end.y; });
    const labels = narrow.matches ? [] : ends.map(function (end) {
      return {x: end.x, y: end.at, text: data.names[chosen[end.index]].replace(/&/g, "&amp;").replace(/</g, "&lt;"), showarrow: false, xanchor: "left", xshift: 8, font: {color: colour(end.index), size: 14}};
    });
    const layout = {
      font: {family: getComputedStyle(document.body).fontFamily, size: 14, color: ink}, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: {l: 64, r: narrow.matches ? 16 : 240, t: 16, b: 32}, dragmode: false, hovermode: "closest", annotations: labels,
      hoverlabel: {bgcolor: style.getPropertyValue("--ground").trim(), bordercolor: ink, font: {color: ink}},
      xaxis: {fixedrange: true, showgrid: false, zeroline: false, tickformat: "d", tickfont: {color: quiet}, range: [data.years[0] - 0.5, data.years[data.years.length - 1] + 0.3]},
      yaxis: {fixedrange: true, rangemode: "tozero", gridcolor: rule, zerolinecolor: quiet, tickfont: {color: quiet}, separatethousands: true, exponentformat: "none", ticksuffix: "", range: [0, highest / unit * 1.08]},
      separators: data.decimal + data.separator,
    };
    await window.Plotly.react(plot, lines, layout, {displayModeBar: false, responsive: true, doubleClick: false});
    const countries = new Intl.ListFormat(document.documentElement.lang).format(chosen.map(function (code) { return data.names[code]; }));
    const title = data.title.replace("{what}", measure.selectedOptions[0].textContent).replace("{countries}", countries);
    figure.querySelector(".title").textContent = title;
    figure.dataset.file = ["compare", measure.value].concat(chosen).join("-");
    figure.querySelector(".span").textContent = data.years[0] + "–" + data.years[data.years.length - 1] + ", " + (unit > 1 ? data.millions : data.persons);
    const source = figure.querySelector(".source");
    source.textContent = measure.value === "inside" ? source.dataset.inside : source.dataset.across;
    plot.setAttribute("aria-label", title);
    plot.querySelectorAll("svg").forEach(function (svg) { svg.setAttribute("aria-hidden", "true"); });
    figure.dataset.drawn = "yes";
    last = {lines: lines, layout: layout};
  }

  // The picture that is saved is what is drawn, in light colours and as wide as a report.
  figure.picture = async function (width, room) {
    const layout = Object.assign({}, last.layout, {margin: {l: 64, r: 240, t: 16, b: 32}, paper_bgcolor: "#FFFFFF"});
    const address = await window.Plotly.toImage({data: last.lines, layout: layout}, {format: "svg", width: width, height: room || 440});
    return new DOMParser().parseFromString(decodeURIComponent(address.slice(address.indexOf(",") + 1)), "image/svg+xml").documentElement;
  };

  function saveTable() {
    const quoted = function (text) { return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; };
    const source = figure.querySelector(".source").textContent;
    const lines = [["country", "name", "year", measure.value, "unit", "source"]].concat(chosen.flatMap(function (code) {
      return data.years.map(function (year, index) { return [code, data.names[code], String(year), (data.values[measure.value][code] || [])[index], "persons", source]; });
    }).filter(function (row) { return row[3] !== null && row[3] !== undefined; }).map(function (row) { return row.map(String); }));
    const text = lines.map(function (line) { return line.map(quoted).join(",") + "\n"; }).join("");
    window.displacement.give(new Blob([text], {type: "text/csv;charset=utf-8"}), figure.dataset.file + ".csv");
  }

  function show() {
    figure.querySelector(".chosen").replaceChildren(...chosen.map(function (code, index) {
      const sign = make("span", {className: "mark"});
      sign.style.background = colour(index);
      const drop = make("button", {type: "button", textContent: "×"});
      drop.setAttribute("aria-label", data.remove.replace("{country}", data.names[code]));
      drop.addEventListener("click", function () {
        chosen = chosen.filter(function (other) { return other !== code; });
        change();
        add.focus();
      });
      return make("li", {}, sign, make("a", {href: up + "countries/" + code + ".html", textContent: data.names[code]}), " ", drop);
    }));
    add.value = "";
    add.disabled = chosen.length >= MOST;
    const head = make("tr", {}, make("th", {scope: "col", textContent: data.year}), ...chosen.map(function (code) { return make("th", {scope: "col", className: "r", textContent: data.names[code]}); }));
    figure.querySelector("thead").replaceChildren(head);
    figure.querySelector("tbody").replaceChildren(...data.years.map(function (year, index) {
      return make("tr", {}, make("th", {scope: "row", textContent: String(year)}), ...chosen.map(function (code) { return make("td", {textContent: number((data.values[measure.value][code] || [])[index])}); }));
    }).reverse());
    draw();
  }

  function change() {
    show();
    write();
  }

  figure.querySelector("[data-csv]").addEventListener("click", saveTable);
  measure.addEventListener("change", change);
  add.addEventListener("change", function () {
    if (add.value && !chosen.includes(add.value) && chosen.length < MOST) {
      chosen.push(add.value);
      change();
    }
  });
  narrow.addEventListener("change", draw);
  dark.addEventListener("change", show);
  window.addEventListener("popstate", function () { read(); show(); });
  document.querySelector(".without").hidden = true;
  figure.hidden = false;
  read();
  show();
})();
