// The page of a chart: tabs, a year, a country, all of it in the address, so that a link brings the same view back.
// Lines and bars are drawn by plotly.js when the page is looked at; maps and rankings by this file.
(function () {
  "use strict";
  const {make, load, site, rightToLeft} = window.displacement;
  const view = document.getElementById("view");
  const root = document.documentElement;
  const narrow = window.matchMedia("(max-width: 720px)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const specElement = document.getElementById("spec");
  const exploredElement = document.getElementById("explored");
  const spec = specElement && JSON.parse(specElement.textContent);
  const explored = exploredElement && JSON.parse(exploredElement.textContent);
  const tabs = [...view.querySelectorAll("[role=tab]")];
  const slider = view.querySelector(".slider input");
  const picker = view.querySelector(".picker select");
  const start = {tab: tabs.find(function (tab) { return tab.getAttribute("aria-selected") === "true"; }).id.slice(4), year: slider ? slider.value : "", country: ""};
  const state = Object.assign({}, start);
  const found = {title: view.querySelector("h1").textContent, subtitle: view.querySelector(".above .quiet").textContent};

  if (/[?&]embed\b/.test(window.location.search)) {
    root.classList.add("embedded");
  }

  // --- the address ----------------------------------------------------------------------------------------------------

  function readAddress() {
    const wanted = new URLSearchParams(window.location.hash.slice(1));
    state.tab = tabs.some(function (tab) { return tab.id === "tab-" + wanted.get("tab"); }) ? wanted.get("tab") : start.tab;
    const year = Number(wanted.get("year"));
    state.year = slider && year >= Number(slider.min) && year <= Number(slider.max) ? String(year) : start.year;
    state.country = [...picker.options].some(function (option) { return option.value === wanted.get("country"); }) ? wanted.get("country") || "" : "";
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
    view.querySelector(".address").textContent = window.location.href;
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

  const style = getComputedStyle(root);

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
    let drawn = JSON.parse(JSON.stringify(spec));
    if (small) {
      drawn = {data: drawn.data.map(function (trace, index) { return merged(trace, drawn.narrow.data[index]); }), layout: merged(drawn.layout, drawn.narrow.layout)};
    }
    if (slider && !explored && state.year !== start.year) {
      for (const name of Object.keys(drawn.layout).filter(function (name) { return /^xaxis\d*$/.test(name); })) {
        drawn.layout[name].range = [Number(state.year) - 1, drawn.layout[name].range[1]];
      }
    }
    if (explored && state.country) {
      pick(drawn);
    }
    drawn.layout = Object.assign({}, drawn.layout, {paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)"});
    return light || !dark.matches ? drawn : darkened(drawn);
  }

  function pick(drawn) {
    const name = explored.names[state.country];
    const values = explored.values[state.country];
    let found = drawn.data.find(function (trace) { return plain(trace.name) === name; });
    drawn.data.forEach(function (trace) {
      if (trace.line) {
        trace.line = Object.assign({}, trace.line, {color: "#B4BCC4", width: 1.75});
      }
    });
    if (!found && values) {
      found = Object.assign({}, drawn.data[0], {name: name, x: explored.years, y: values.map(function (value) { return value === null ? null : value / 1e6; })});
      const places = explored.years.map(function (year, index) { return index; }).filter(function (index) { return values[index] !== null; });
      if (places.length) {
        const last = places[places.length - 1];
        drawn.layout.annotations = (drawn.layout.annotations || []).concat({x: explored.years[last], y: values[last] / 1e6, text: "<b>" + name.replace(/</g, "&lt;") + "</b>", showarrow: false, xanchor: "right", yanchor: "bottom", font: {color: "#0072BC", size: 14}});
      }
      drawn.data.push(found);
    } else if (found) {
      drawn.data.push(drawn.data.splice(drawn.data.indexOf(found), 1)[0]);
    }
    if (found) {
      found.line = Object.assign({}, found.line, {color: "#0072BC", width: 3});
    }
  }

  function plain(text) {
    return String(text || "").replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
  }

  async function draw() {
    const live = view.querySelector(".live");
    if (!spec || !live || state.tab !== "chart") {
      return;
    }
    live.style.setProperty("--height", view.dataset.height + "px");
    live.style.setProperty("--narrow-height", view.dataset.narrowHeight + "px");
    if (!window.Plotly) {
      await load(site + "assets/plotly.js");
      await document.fonts.ready;
    }
    live.hidden = false;
    view.querySelectorAll(".still").forEach(function (still) { still.hidden = true; });
    const shown = figure(narrow.matches, false);
    await window.Plotly.react(live, shown.data, shown.layout, {displayModeBar: false, responsive: true, doubleClick: false});
    live.querySelectorAll("svg").forEach(function (svg) { svg.setAttribute("aria-hidden", "true"); });
    view.dataset.drawn = "yes";
  }

  // --- what this file draws -------------------------------------------------------------------------------------------

  function number(value) {
    return String(value).replace(/\B(?=(\d{3})+$)/g, explored.separator);
  }

  function classOf(value) {
    return explored.classes.filter(function (lower) { return value >= lower; }).length;
  }

  function showYear() {
    const index = explored.years.indexOf(Number(state.year));
    const known = Object.keys(explored.values).map(function (code) { return [code, explored.values[code][index]]; }).filter(function (pair) { return pair[1]; });
    known.sort(function (a, b) { return b[1] - a[1]; });
    const values = Object.fromEntries(known);
    view.querySelectorAll(".map > path").forEach(function (path) {
      const code = path.id.slice(2);
      path.setAttribute("class", "m" + (values[code] ? classOf(values[code]) : 0) + (code === state.country ? " picked" : ""));
      if (code === state.country) {
        path.parentNode.append(path);
      }
    });
    const body = view.querySelector(".ranked tbody");
    let head = known.slice(0, 15);
    if (state.country && values[state.country] && !head.some(function (pair) { return pair[0] === state.country; })) {
      head = head.concat([[state.country, values[state.country]]]);
    }
    body.replaceChildren(...head.map(function (pair) {
      const bar = make("span", {className: "bar"});
      bar.style.setProperty("--l", String(100 * pair[1] / known[0][1]));
      const row = make("tr", {className: pair[0] === state.country ? "picked" : ""},
        make("th", {scope: "row"}, make("a", {href: window.displacement.up + "countries/" + pair[0] + ".html", textContent: explored.names[pair[0]]})),
        make("td", {}, bar, make("span", {className: "v", textContent: number(pair[1])})));
      return row;
    }));
    view.querySelector(".ranked-title").textContent = explored.largest.replace("{year}", state.year);
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
      const value = (explored.values[code] || [])[explored.years.indexOf(Number(state.year))];
      tip.replaceChildren(make("b", {textContent: explored.names[code] || code}), make("div", {textContent: state.year + ": " + (value ? number(value) : explored.none)}));
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
      if (code && explored.names[code]) {
        picker.value = code === state.country ? "" : code;
        change();
      }
    });
  }

  // --- putting it together --------------------------------------------------------------------------------------------

  // The title is a finding of the newest year; a map of another year asks the question and says its own date.
  function title() {
    const other = explored && state.tab === "map" && state.year !== start.year;
    view.querySelector("h1").textContent = other ? explored.question : found.title;
    view.querySelector(".above .quiet").textContent = other ? explored.ofYear.replace("{year}", state.year) : found.subtitle;
  }

  function show() {
    title();
    for (const tab of tabs) {
      const on = tab.id === "tab-" + state.tab;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).classList.toggle("on", on);
    }
    if (slider) {
      slider.value = state.year;
      view.querySelector(".slider output").textContent = state.year;
    }
    picker.value = state.country;
    if (explored) {
      showYear();
    }
    draw();
  }

  function change() {
    if (!explored && picker.value) {
      window.location.href = window.displacement.up + "countries/" + picker.value + ".html";
      return;
    }
    state.country = picker.value;
    state.year = slider ? slider.value : "";
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
  if (slider) {
    slider.addEventListener("input", change);
  }
  picker.addEventListener("change", change);
  narrow.addEventListener("change", draw);
  dark.addEventListener("change", draw);
  window.addEventListener("hashchange", function () { readAddress(); show(); embedCode(); });

  // The picture that is saved is that of the tab on show, in light colours and as wide as a report.
  view.picture = async function () {
    if (state.tab === "map" || !spec) {
      return view.querySelector("svg.map");
    }
    if (!window.Plotly) {
      state.tab = "chart";
      await draw();
    }
    const shown = figure(false, true);
    const address = await window.Plotly.toImage(shown, {format: "svg", width: 992, height: Number(view.dataset.height)});
    const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    return new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  };

  root.classList.add("js");
  view.querySelector(".controls").hidden = false;
  hoverMap();
  readAddress();
  show();
  embedCode();
})();
