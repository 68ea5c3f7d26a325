// Pictures look the same on every machine: each SVG carries the fonts it is set in, and each PNG is made from that SVG.
(function () {
  "use strict";
  const draw = window.Plotly.toImage;
  const faces = document.getElementById("faces").textContent;
  const ready = Promise.all(["400 16px Lato", "700 16px Lato"].map(function (font) { return document.fonts.load(font); }));

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
    const svg = plain.replace(/(<svg[^>]*>)/, "$1<style>" + faces + "</style>");
    if (options.format === "svg") {
      return svg;
    }
    const picture = await raster(svg, options);
    return options.imageDataOnly ? picture.replace(/^data:image\/png;base64,/, "") : picture;
  };
})();
