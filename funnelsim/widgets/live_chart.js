// A few Vega views that stay: new rows are put into them, nothing is drawn from scratch.
// `specs` are compiled Vega, light and dark; `frame` is the newest {data, signals} for all of them.
// scripts/build_live_chart.py makes static/live_chart.js of this, with Vega inside.

const MARGIN = 14; // between the pointer and the tooltip

function darkPage() {
  return document.body.dataset.jpThemeLight === "false";
}

// --- tooltips: one box for a page of charts -----------------------------------------------------

function tooltipBox() {
  const box = document.createElement("div");
  box.className = "funnelsim-tooltip";
  box.setAttribute("role", "tooltip");
  document.body.append(box);
  const show = (_handler, event, _item, value) => {
    if (value === null || value === undefined || value === "") {
      box.style.display = "none";
      return;
    }
    const table = document.createElement("table");
    for (const [name, text] of Object.entries(value)) {
      const line = table.insertRow();
      line.insertCell().textContent = name;
      line.insertCell().textContent = text;
    }
    box.replaceChildren(table);
    box.style.display = "block";
    const { width, height } = box.getBoundingClientRect();
    const right = event.clientX + MARGIN + width < window.innerWidth;
    const below = event.clientY + MARGIN + height < window.innerHeight;
    box.style.left = `${right ? event.clientX + MARGIN : event.clientX - MARGIN - width}px`;
    box.style.top = `${below ? event.clientY + MARGIN : event.clientY - MARGIN - height}px`;
  };
  return { show, remove: () => box.remove() };
}

// --- one chart ----------------------------------------------------------------------------------

function put(view, spec, frame) {
  const named = (list, name) => (list ?? []).some((entry) => entry.name === name);
  for (const [name, value] of Object.entries(frame.signals ?? {})) {
    if (named(spec.signals, name)) view.signal(name, value);
  }
  for (const [name, rows] of Object.entries(frame.data ?? {})) {
    // Vega marks the rows it holds: it gets copies, the model keeps its own
    if (named(spec.data, name)) view.data(name, rows.map((row) => ({ ...row })));
  }
}

// No text is cut, whatever the font of the page: what would leave its chart is set narrower.
function fit(box) {
  const edge = box.querySelector("svg").getBoundingClientRect();
  const lines = [...box.querySelectorAll("svg text")].flatMap((text) =>
    text.children.length ? [...text.children] : [text],
  );
  for (const line of lines) line.removeAttribute("textLength");
  const lengths = lines.map((line) => {
    const place = line.getBoundingClientRect();
    const out =
      place.width > place.height
        ? Math.max(edge.left - place.left, place.right - edge.right)
        : Math.max(edge.top - place.top, place.bottom - edge.bottom);
    if (!(out > 0)) return null;
    const isMiddle = line.closest("text").getAttribute("text-anchor") === "middle";
    const length = line.getComputedTextLength();
    return Math.max(length - (isMiddle ? 2 : 1) * out, length / 2);
  });
  lines.forEach((line, i) => {
    if (lengths[i] === null) return;
    line.setAttribute("textLength", lengths[i]);
    line.setAttribute("lengthAdjust", "spacingAndGlyphs");
  });
}

// Twice: how many lines a legend has depends on the width, which Vega knows when it has made room.
async function laidOut(view) {
  await view.runAsync();
  await view.resize().runAsync();
}

async function draw(spec, size, frame, tooltip) {
  const place = document.createElement("div");
  const logLevel = 1; // errors: that a chart has no rows as yet is worth no warning
  const options = { mode: "vega", actions: false, renderer: "svg", logLevel, tooltip: tooltip.show };
  const { view, finalize } = await vegaEmbed(place, spec, options);
  view.width(size.width).height(size.height);
  put(view, spec, frame);
  await laidOut(view);
  return { view, spec, size, place, finalize };
}

async function render({ model, el }) {
  el.classList.add("funnelsim-live-chart");
  const tooltip = tooltipBox();
  const charts = []; // what `draw` returns, one for each box once it has a size
  let busy = false;
  let again = false;

  const specs = () => model.get("specs")[darkPage() ? "dark" : "light"];
  const boxes = specs().map(() => {
    const box = document.createElement("div");
    box.className = "funnelsim-chart";
    return box;
  });

  // One pass at a time; what arrives meanwhile is done once, in its newest state.
  async function refresh() {
    again = true;
    if (busy) return;
    busy = true;
    try {
      while (again) {
        again = false;
        const frame = model.get("frame");
        await Promise.all(boxes.map((box, i) => bring(box, i, frame)));
        el.dataset.frame = frame.number ?? 0; // the number of the newest picture
      }
    } finally {
      busy = false;
    }
  }

  async function bring(box, i, frame) {
    const chart = charts[i];
    const spec = specs()[i];
    let size = box.getBoundingClientRect();
    if (size.width < 1 || size.height < 1) size = chart?.size; // hidden, as Lab does for a moment
    if (size === undefined) return; // not yet on the page; the observer calls again
    if (chart?.spec !== spec) {
      const next = await draw(spec, size, frame, tooltip);
      box.replaceChildren(next.place);
      chart?.finalize();
      charts[i] = next;
      box.vegaView = next.view;
    } else {
      const isNew = size.width !== chart.size.width || size.height !== chart.size.height;
      if (isNew) chart.view.width(size.width).height(size.height);
      chart.size = size;
      put(chart.view, spec, frame);
      await (isNew ? laidOut(chart.view) : chart.view.runAsync());
    }
    fit(box);
  }

  const sizes = new ResizeObserver(refresh);
  const theme = new MutationObserver(refresh);
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  el.replaceChildren(...boxes);
  boxes.forEach((box) => sizes.observe(box));
  model.on("change:frame", refresh);
  model.on("change:specs", refresh);

  return () => {
    model.off("change:frame", refresh);
    model.off("change:specs", refresh);
    sizes.disconnect();
    theme.disconnect();
    charts.forEach((chart) => chart?.finalize());
    tooltip.remove();
  };
}

export default { render };
