// What every page does beyond being read: finding a country, hearing a chart year by year, saving it as a file.
// Nothing is asked of another host; without scripts the pictures, tables and links stay.
(function () {
  "use strict";
  const body = document.body;
  const site = body.dataset.site;
  const up = body.dataset.up;
  const rightToLeft = document.documentElement.dir === "rtl";


  function make(name, properties, ...children) {
    const element = document.createElement(name);
    Object.assign(element, properties);
    element.append(...children);
    return element;
  }

  function load(address) {
    return new Promise(function (resolve, reject) {
      document.head.append(make("script", {src: address, onload: resolve, onerror: reject}));
    });
  }

  // --- finding a country in any of the languages ---------------------------------------------------------------------

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f\u064b-\u065f]/g, "").toLocaleLowerCase();
  }

  function search(form) {
    const input = form.querySelector("input");
    const list = form.querySelector("ul");
    const status = form.querySelector("[role=status]");
    const languages = ["en", "fr", "es", "ar", "ru", "zh"];
    const own = languages.indexOf(document.documentElement.lang) + 1;
    let places = null;
    let chosen = -1;
    form.hidden = false;

    async function ready() {
      if (!places) {
        places = [];
        await load(site + "assets/search.js");
        places = window.PLACES.map(function (place) { return {code: place[0], names: place.slice(1), plain: place.map(plain)}; });
        show();
      }
    }

    function matches(word) {
      const found = [];
      for (const place of places) {
        const starts = place.plain.findIndex(function (name) { return name.startsWith(word); });
        const inside = place.plain.findIndex(function (name) { return name.includes(word); });
        if (inside >= 0) {
          const at = starts >= 0 ? starts : inside;
          found.push({place: place, at: at, rank: (place.plain[own].startsWith(word) ? 0 : starts >= 0 ? 1 : 2)});
        }
      }
      return found.sort(function (a, b) { return a.rank - b.rank; }).slice(0, 8);
    }

    function show() {
      const word = plain(input.value.trim());
      const found = word ? matches(word) : [];
      chosen = -1;
      list.replaceChildren(...found.map(function (hit, index) {
        const item = make("li", {id: "found-" + index, textContent: hit.place.names[own - 1]});
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.dataset.code = hit.place.code;
        if (hit.at > 0 && hit.at !== own) {
          item.append(make("small", {textContent: hit.place.names[hit.at - 1], lang: languages[hit.at - 1] || ""}));
        }
        item.addEventListener("mousedown", function () { go(hit.place.code); });
        return item;
      }));
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(Boolean(found.length)));
      input.removeAttribute("aria-activedescendant");
      status.textContent = word && !found.length && places.length ? status.dataset.none : "";
    }

    function go(code) {
      window.location.href = up + "countries/" + code + ".html";
    }

    function choose(index) {
      const items = list.children;
      if (!items.length) {
        return;
      }
      chosen = (index + items.length) % items.length;
      for (const item of items) {
        item.setAttribute("aria-selected", String(item === items[chosen]));
      }
      input.setAttribute("aria-activedescendant", items[chosen].id);
      items[chosen].scrollIntoView({block: "nearest"});
    }

    input.addEventListener("focus", ready);
    input.addEventListener("input", function () { ready().then(show); });
    input.addEventListener("blur", function () { list.hidden = true; input.setAttribute("aria-expanded", "false"); });
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Escape") {
        input.value = "";
        show();
      }
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      const item = list.children[Math.max(chosen, 0)];
      if (item) {
        go(item.dataset.code);
      }
    });
  }

  // --- a chart of years, read with the mouse, a finger or the arrow keys ----------------------------------------------

  function yearsOf(figure) {
    const rows = [...figure.querySelectorAll(".behind tbody tr:not(.mid)")].reverse();
    const heads = [...figure.querySelectorAll(".behind thead th")].slice(1).map(function (head) { return head.textContent; });
    const named = {};
    for (const row of rows) {
      const year = Number(/-(\d{4})-\d\d-\d\d$/.exec(row.querySelector("a").getAttribute("href"))[1]);
      named[year] = [row.querySelector("th").textContent, heads.map(function (head, index) {
        return [head, row.children[index + 1].textContent];
      })];
    }
    return named;
  }

  function explore(figure) {
    const plot = figure.querySelector(".plot");
    const stills = plot ? [...plot.querySelectorAll("svg[data-years]")] : [];
    if (!stills.length || !figure.querySelector(".behind tbody tr a")) {
      return;
    }
    const years = yearsOf(figure);
    const known = Object.keys(years).map(Number).filter(function (year) { return years[year][1].some(function (pair) { return pair[1]; }); });
    const first = Math.min(...known);
    const end = Math.max(...known);
    const tip = make("div", {className: "tip", hidden: true});
    const cursor = make("div", {className: "cursor", hidden: true});
    const said = make("p", {className: "hidden"});
    said.setAttribute("aria-live", "polite");
    plot.append(cursor, tip);
    figure.append(said);
    let at = null;

    function show(year) {
      at = Math.min(Math.max(year, first), end);
      const facts = years[at];
      tip.replaceChildren(make("b", {textContent: facts ? facts[0] : String(at)}));
      for (const [name, value] of facts ? facts[1] : []) {
        if (value) {
          tip.append(make("div", {}, name + " ", make("b", {textContent: value})));
        }
      }
      tip.hidden = cursor.hidden = false;
      const room = plot.clientWidth;
      const span = spans();
      const middle = span.left + (at - span.low) * span.year;
      cursor.style.transform = "translateX(" + middle + "px)";
      tip.style.left = Math.min(Math.max(middle - tip.offsetWidth / 2, 0), room - tip.offsetWidth) + "px";
      tip.style.right = "auto";
      tip.style.insetBlockStart = -tip.offsetHeight + 16 + "px";
    }

    // Where the years of the picture that is visible are, in pixels of the plot.
    function spans() {
      const svg = stills.find(function (still) { return still.getBoundingClientRect().width; });
      const box = svg.getBoundingClientRect();
      const scale = box.width / svg.viewBox.baseVal.width;
      const [low, high] = svg.dataset.years.split(" ").map(Number);
      const [left, right] = svg.dataset.between.split(" ").map(Number);
      return {low: low, left: box.left - plot.getBoundingClientRect().left + left * scale, year: (right - left) * scale / (high - low)};
    }

    function hide() {
      tip.hidden = cursor.hidden = true;
    }

    plot.addEventListener("pointermove", function (event) {
      const span = spans();
      show(Math.round(span.low + (event.clientX - plot.getBoundingClientRect().left - span.left) / span.year));
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", function (event) {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (step) {
        event.preventDefault();
        show(at === null ? end : at + step);
        said.textContent = [...tip.childNodes].map(function (node) { return node.textContent; }).join("; ");
      } else if (event.key === "Home" || event.key === "End") {
        event.preventDefault();
        show(event.key === "Home" ? first : end);
        said.textContent = [...tip.childNodes].map(function (node) { return node.textContent; }).join("; ");
      } else if (event.key === "Escape") {
        hide();
      }
    });
  }

  // --- saving a chart as a picture that says what the page says --------------------------------------------------------

  // Widths and heights in pixels of the page, and pixels of a PNG for each. A report's height follows from the chart.
  const SHAPES = {report: {width: 1040, density: 2}, social: {width: 1200, height: 675, density: 1}, square: {width: 864, height: 864, density: 1.25}};
  const PAD = 24;
  const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "font-size", "font-weight", "text-anchor", "opacity"];

  function settled(original) {
    const copy = original.cloneNode(true);
    const from = [original, ...original.querySelectorAll("*")];
    const to = [copy, ...copy.querySelectorAll("*")];
    from.forEach(function (element, index) {
      const style = getComputedStyle(element);
      for (const name of KEPT) {
        const value = style.getPropertyValue(name);
        if (value) {
          to[index].style.setProperty(name, value);
        }
      }
      to[index].removeAttribute("class");
    });
    return copy;
  }

  const ruler = document.createElement("canvas").getContext("2d");

  function lines(text, font, width) {
    ruler.font = font;
    const wrapped = [""];
    const words = /^(zh|ja)/.test(document.documentElement.lang) ? [...text] : text.split(/(?<= )/);
    for (const word of words) {
      if (ruler.measureText(wrapped[wrapped.length - 1] + word).width > width && wrapped[wrapped.length - 1]) {
        wrapped.push("");
      }
      wrapped[wrapped.length - 1] += word;
    }
    return wrapped;
  }

  async function faces() {
    if (!/^https?:/.test(window.location.protocol)) {
      return "";  // a page opened from a folder may not read files; the machine's own fonts stand in
    }
    const wanted = [["Lato", "lato-latin"]].concat({ar: [["Noto Sans Arabic", "noto-sans-arabic-arabic"]], ru: [["Noto Sans", "noto-sans-cyrillic"]]}[document.documentElement.lang] || []);
    const made = [];
    for (const [family, file] of wanted) {
      for (const weight of [400, 700]) {
        const blob = await (await fetch(site + "assets/fonts/" + file + "-" + weight + "-normal.woff2")).blob();
        const address = await new Promise(function (resolve) {
          const reader = new FileReader();
          reader.onload = function () { resolve(reader.result); };
          reader.readAsDataURL(blob);
        });
        made.push("@font-face{font-family:'" + family + "';font-weight:" + weight + ";src:url(" + address + ")}");
      }
    }
    return made.join("");
  }

  // Where the page is: its address, or its place within the site where it was opened from a folder, whose name is nobody's.
  function address() {
    const here = window.location;
    if (/^https?:/.test(here.protocol)) {
      return here.href;
    }
    const root = new URL(site || ".", here.href.split("#")[0]).pathname;
    return "displacement: " + here.pathname.slice(root.length - (root.endsWith("/") ? 0 : 1)) + here.hash;
  }

  function texts(figure) {
    const heading = figure.querySelector("h1, h2, h3");
    const under = figure.querySelector(".above .quiet");
    const place = figure.id === "view" || heading.tagName === "H2" ? "" : document.querySelector("h1").textContent + ": ";
    return {
      title: place + heading.textContent.trim(),
      subtitle: under ? under.textContent.trim() : "",
      caption: [...figure.querySelectorAll(".below p")].map(function (part) { return part.textContent.trim(); }).join(" "),
      source: figure.querySelector(".source") ? figure.querySelector(".source").textContent.trim() : "",
      address: address(),
      key: [...figure.querySelectorAll(".key")].filter(function (key) { return key.offsetParent; }).flatMap(function (key) { return [...key.children]; }),
    };
  }

  async function picture(figure, shape) {
    const {width: WIDTH, height: whole_height} = SHAPES[shape];
    document.documentElement.classList.add("light");
    try {
      const said = texts(figure);
      const family = getComputedStyle(body).fontFamily;
      const font = function (weight, size) { return weight + " " + size + "px " + family; };
      const parts = [];
      const anchor = rightToLeft ? WIDTH - PAD : PAD;
      let y = PAD;

      function write(text, weight, size, colour) {
        for (const line of lines(text, font(weight, size), WIDTH - 2 * PAD)) {
          y += size * 1.3;
          const element = make_svg("text", {x: anchor, y: y - size * 0.3, "font-size": size, "font-weight": weight, fill: colour});
          element.textContent = line;
          parts.push(element);
        }
      }

      write(said.title, 700, 26, "#1b2733");
      y += 4;
      write(said.subtitle, 400, 16, "#56636f");
      y += 8;
      let x = PAD;
      for (const entry of said.key) {
        const mark = entry.querySelector(".mark, .sign");
        const words = entry.cloneNode(true);
        words.querySelectorAll("button").forEach(function (part) { part.remove(); });
        const label = words.textContent.trim().replace(/\s+/g, " ");
        ruler.font = font(400, 14);
        const width = ruler.measureText(label).width + 44;
        if (x + width > WIDTH - PAD) {
          x = PAD;
          y += 22;
        }
        const left = rightToLeft ? WIDTH - x - 12 : x;
        const round = mark && mark.classList.contains("dot");
        const colour = mark ? (getComputedStyle(mark).backgroundColor === "rgba(0, 0, 0, 0)" ? getComputedStyle(mark).color : getComputedStyle(mark).backgroundColor) : "#1b2733";
        const none = mark && mark.classList.contains("m0");
        parts.push(none ? make_svg("rect", {x: left, y: y + 2, width: 12, height: 12, fill: "#e5e5e5", stroke: "#56636f"}) : round ? make_svg("circle", {cx: left + 6, cy: y + 8, r: 4, fill: "#ffffff", stroke: "#1b2733", "stroke-width": 2}) : make_svg("rect", {x: left, y: y + 2, width: 12, height: 12, fill: colour}));
        const element = make_svg("text", {x: rightToLeft ? left - 8 : left + 20, y: y + 13, "font-size": 14, fill: "#1b2733"});
        element.textContent = label;
        parts.push(element);
        x += width;
      }
      y += said.key.length ? 32 : 8;
      const width = WIDTH - 2 * PAD;
      const caption = [whole_height ? said.source : said.caption, said.address];
      const foot = caption.reduce(function (sum, text) { return sum + lines(text, font(400, 12), width).length * 12 * 1.3; }, 8 + PAD);
      const room = whole_height && Math.floor(whole_height - y - foot);
      const drawn = figure.picture ? await figure.picture(width, room) : figure.querySelector(".wide-still svg");
      const inner = drawn.isConnected ? settled(drawn) : drawn;
      const box = (drawn.getAttribute("viewBox") || "").split(" ").map(Number);
      const height = room || (box.length === 4 ? Math.round(box[3] * width / box[2]) : Number(drawn.getAttribute("height")));
      for (const [name, value] of Object.entries({x: PAD, y: y, width: width, height: height, direction: "ltr"})) {
        inner.setAttribute(name, value);
      }
      parts.push(inner);
      y += height + 8;
      caption.forEach(function (text) { write(text, 400, 12, "#56636f"); });
      const end = whole_height || Math.ceil(y + PAD);
      const whole = make_svg("svg", {width: WIDTH, height: end, viewBox: "0 0 " + WIDTH + " " + end, "font-family": family, direction: document.documentElement.dir || "ltr", role: "img", "aria-label": said.title});
      const style = make_svg("style", {});
      style.textContent = await faces();
      whole.append(style, make_svg("rect", {width: "100%", height: "100%", fill: "#ffffff"}), ...parts);
      return '<?xml version="1.0" encoding="UTF-8"?>\n' + new XMLSerializer().serializeToString(whole);
    } finally {
      document.documentElement.classList.remove("light");
    }
  }

  function make_svg(name, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const attribute of Object.keys(attributes)) {
      element.setAttribute(attribute, attributes[attribute]);
    }
    return element;
  }

  // A page opened from a folder may not read the fonts it shows, so they cannot go into a picture. The words are taken
  // out of the drawing and set by the canvas instead, which has the fonts of the page.
  function words(svg) {
    const root = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
    root.setAttribute("style", "position:absolute;top:0;left:0;visibility:hidden");
    document.body.append(root);
    const home = root.getScreenCTM().inverse();
    const found = [];
    for (const text of root.querySelectorAll("text, text tspan")) {
      for (const node of text.childNodes) {
        if (node.nodeType !== Node.TEXT_NODE || !node.textContent.trim() || !text.getNumberOfChars()) {
          continue;
        }
        const style = getComputedStyle(text);
        const before = [...text.childNodes].slice(0, [...text.childNodes].indexOf(node)).reduce(function (sum, other) { return sum + other.textContent.length; }, 0);
        const last = Math.min(before + node.textContent.length, text.getNumberOfChars());
        let left = Infinity;
        for (let at = before; at < last; at += 1) {
          left = Math.min(left, text.getExtentOfChar(at).x);
        }
        if (left < Infinity) {
          found.push({text: node.textContent, x: left, y: text.getStartPositionOfChar(before).y, matrix: home.multiply(text.getScreenCTM()), font: style.fontWeight + " " + style.fontSize + " " + style.fontFamily, fill: style.fill, stroke: style.stroke, width: parseFloat(style.strokeWidth), direction: style.direction});
        }
      }
    }
    root.querySelectorAll("text").forEach(function (text) { text.remove(); });
    root.removeAttribute("style");
    const bare = new XMLSerializer().serializeToString(root);
    root.remove();
    return [bare, found];
  }

  async function raster(svg, density) {
    const [drawing, said] = /^https?:/.test(window.location.protocol) ? [svg, []] : words(svg);
    const image = new Image();
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawing);
    await image.decode();
    const canvas = make("canvas", {width: Math.round(image.width * density), height: Math.round(image.height * density)});
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    for (const word of said) {
      const m = word.matrix;
      context.setTransform(density * m.a, density * m.b, density * m.c, density * m.d, density * m.e, density * m.f);
      Object.assign(context, {font: word.font, direction: word.direction, textAlign: "left", fillStyle: word.fill, lineJoin: "round"});
      if (word.stroke !== "none" && word.width) {
        Object.assign(context, {strokeStyle: word.stroke, lineWidth: word.width});
        context.strokeText(word.text, word.x, word.y);
      }
      context.fillText(word.text, word.x, word.y);
    }
    return new Promise(function (resolve) { canvas.toBlob(resolve, "image/png"); });
  }

  function give(blob, name) {
    const link = make("a", {href: URL.createObjectURL(blob), download: name});
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
  }

  async function save(figure, form, shape) {
    const svg = await picture(figure, shape);
    const page = window.location.pathname.split("/").pop().replace(/\.html$/, "") || "displacement";
    const name = (figure.dataset.file || page + "-" + figure.id) + (shape === "report" ? "." : "-" + shape + ".") + form;
    give(form === "svg" ? new Blob([svg], {type: "image/svg+xml"}) : await raster(svg, SHAPES[shape].density), name);
  }

  async function copy(button) {
    const texts = {
      link: function () { return window.location.href; },
      citation: function () { return document.getElementById("citation").textContent.trim(); },
      embed: function () { return document.getElementById("embed-code").value; },
    };
    const text = texts[button.dataset.copy]();
    try {
      await navigator.clipboard.writeText(text);
    } catch (error) {  // not allowed, as from a folder: the old way
      const box = make("textarea", {value: text});
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    const before = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(function () { button.textContent = before; }, 2000);
  }

  document.querySelectorAll("[data-save]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { save(button.closest("figure"), button.dataset.save, button.dataset.shape || "report"); });
  });
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { copy(button); });
  });

  // Another language keeps what the page shows.
  document.querySelectorAll(".languages a").forEach(function (link) {
    link.addEventListener("click", function () { link.hash = window.location.hash; });
  });

  // --- start ----------------------------------------------------------------------------------------------------------

  document.querySelectorAll("form.search").forEach(search);
  document.querySelectorAll("figure.chart").forEach(explore);
  window.displacement = {make: make, load: load, give: give, address: address, site: site, up: up, rightToLeft: rightToLeft};
})();
