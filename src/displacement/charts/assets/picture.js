// Pictures look the same on every machine: each SVG carries the fonts it is set in, and each PNG is made from that SVG.
(function () {
  "use strict";
  const draw = window.Plotly.toImage;
  const sheets = {};
  document.querySelectorAll("style[data-faces]").forEach(function (sheet) {
    sheets[sheet.dataset.faces] = sheet.textContent;
  });
  const samples = {"Lato": "a", "Noto Sans": "я", "Noto Sans Arabic": "ع"};
  const ready = Promise.all(Object.keys(samples).flatMap(function (family) {
    return [400, 700].map(function (weight) {
      return document.fonts.load(weight + " 16px '" + family + "'", samples[family]);
    });
  }));

  async function raster(svg, options) {
    const image = new Image();
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = options.width * options.scale;
    canvas.height = options.height * options.scale;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/png");
  }

  window.Plotly.toImage = async function (figure, options) {
    await ready;
    const plain = await draw(figure, Object.assign({}, options, {format: "svg", scale: 1, imageDataOnly: true}));
    const language = ((figure.layout || {}).meta || {}).language;
    const faces = sheets.latin + (sheets[language] || "");
    const svg = plain.replace(/(<svg[^>]*>)/, "$1<style>" + faces + "</style>");
    if (options.format === "svg") {
      return svg;
    }
    const picture = await raster(svg, options);
    return options.imageDataOnly ? picture.replace(/^data:image\/png;base64,/, "") : picture;
  };
})();
