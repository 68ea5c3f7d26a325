// Draws the charts of a page when they come near the window: reads each figure from the page, loads plotly.js once.
// Nothing is asked of another host; without scripts the picture and the text stay.
(function () {
  "use strict";
  const here = (document.currentScript.src || "").replace(/[^/]*$/, "");  // empty in a page that holds everything
  const narrow = window.matchMedia("(max-width: 720px)");
  const loading = {};

  function load(file) {
    const outlines = ((window.PlotlyGeoAssets || {}).topojson || {}).world_110m;
    if (file === "plotly.min.js" ? window.Plotly : outlines) {
      return Promise.resolve();
    }
    loading[file] = loading[file] || new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = here + file;
      script.charset = "utf-8";
      script.onload = resolve;
      script.onerror = reject;
      document.head.appendChild(script);
    });
    return loading[file];
  }

  // Objects are merged, anything else is replaced.
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

  function figureFor(spec) {
    const copy = JSON.parse(JSON.stringify(spec));
    if (!narrow.matches) {
      return copy;
    }
    return {
      data: copy.data.map(function (trace, index) { return merged(trace, copy.narrow.data[index]); }),
      layout: merged(copy.layout, copy.narrow.layout),
    };
  }

  async function draw(figure) {
    const plot = figure.querySelector(".plot");
    const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    if (figure.dataset.map) {
      await load("world_110m.js");
    }
    await load("plotly.min.js");
    await document.fonts.ready;
    const config = {displayModeBar: false, responsive: true, topojsonURL: here, doubleClick: false};
    async function show() {
      const shown = figureFor(spec);
      await window.Plotly.react(plot, shown.data, shown.layout, config);
    }
    const picture = figure.querySelector(".picture");
    if (picture) {
      picture.remove();
    }
    plot.hidden = false;
    await show();
    figure.dataset.drawn = "yes";
    narrow.addEventListener("change", show);
  }

  function start() {
    const figures = document.querySelectorAll("figure[data-chart]");
    if (!("IntersectionObserver" in window)) {
      figures.forEach(draw);
      return;
    }
    const observer = new IntersectionObserver(function (entries) {
      entries.filter(function (entry) { return entry.isIntersecting; }).forEach(function (entry) {
        observer.unobserve(entry.target);
        draw(entry.target);
      });
    }, {rootMargin: "400px"});
    figures.forEach(function (figure) { observer.observe(figure); });
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
