// plotly.js with the traces that the charts use, and no other: lines and points (in the core), bars, bands. Maps are
// drawn by the pages themselves. None of them makes code at run time, so a content security policy without
// 'unsafe-eval' and without 'unsafe-inline' scripts holds.
import Plotly from "plotly.js/lib/core";
import bar from "plotly.js/lib/bar";
import sankey from "plotly.js/lib/sankey";

Plotly.register([bar, sankey]);
window.Plotly = Plotly;
