// Leads on their way: a dot for each, on one canvas. The columns come once (widgets/flow.py says
// which), so a frame asks nobody: each lead is where its last change up to the moment has put it.

const WAITING = 0, WITH_A_REP = 1, DECIDING = 2, LOST = 3, BOUGHT = 4, CAME_BACK = 5;
const ALL = -2; // channels: any number is one of them, and -1 none
const GLIDE = 0.4; // seconds that a dot takes from one field to the next, whatever the speed
const TALKS = 190; // pixels: a field as wide as this says why its leads were lost
const NEAR = 12; // pixels: how far from a dot a click still finds it
const SPEEDS = [
  ["1 hour", 1 / 24], ["6 hours", 1 / 4], ["1 day", 1], ["3 days", 3], ["1 week", 7], ["4 weeks", 28],
];
const ENDS = 90; // seconds in which the usual speed plays all of it, at most
// Okabe and Ito's, darker on a light page and lighter on a dark one; every state has a shape as well
const COLOURS = {
  light: ["#9a6200", "#0072b2", "#5f5f5f", "#c04a00", "#007a5a", "#a8447f"],
  dark: ["#e69f00", "#56b4e9", "#c4c4c4", "#ff8a4d", "#2fc79a", "#e39ac5"],
};

const darkPage = () => document.body.dataset.jpThemeLight === "false";
const array = (view, Kind) =>
  new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// --- a world: its columns, and where everybody is ------------------------------------------------

function unpacked(sent) {
  const first = array(sent.first, Int32Array);
  const stages = sent.stages.length, reasons = sent.reasons.length;
  return {
    ...sent, first,
    time: array(sent.time, Float64Array), state: array(sent.state, Uint8Array),
    stage: array(sent.stage, Uint16Array), reason: array(sent.reason, Uint16Array),
    channel: array(sent.channel, Uint16Array), spot: array(sent.spot, Uint16Array),
    partner: array(sent.partner, Int32Array), differs: array(sent.differs, Uint8Array),
    at: first.slice(0, -1).map((place) => place - 1), // the change that each lead is at
    x: new Float32Array(sent.leads).fill(NaN), y: new Float32Array(sent.leads), // where it is drawn
    rests: new Uint8Array(sent.leads), rested: -1, // who is on the layer of those at rest, and since when
    counts: new Int32Array(6 * stages), why: new Int32Array(stages * reasons),
  };
}

// Brings everybody to this moment and counts; from the moment before it is a step or two for each.
function bring(world, time) {
  const { first, at, state, stage, reason, counts, why } = world;
  const reasons = world.reasons.length, shown = world.shown;
  counts.fill(0);
  why.fill(0);
  for (let lead = 0; lead < world.leads; lead++) {
    let place = at[lead];
    const begin = first[lead], end = first[lead + 1];
    while (place + 1 < end && world.time[place + 1] <= time) place++;
    while (place >= begin && world.time[place] > time) place--;
    at[lead] = place;
    if (place < begin || (shown !== ALL && world.channel[lead] !== shown)) continue;
    counts[6 * stage[place] + state[place]]++;
    if (state[place] === LOST) why[reasons * stage[place] + reason[place]]++;
  }
}

const total = (world, state) =>
  world.stages.reduce((sum, _, stage) => sum + world.counts[6 * stage + state], 0);

// The reasons of these losses with their numbers, the commonest first.
function whyLost(world, stages) {
  const found = world.reasons.map((name, reason) => [
    stages.reduce((sum, stage) => sum + world.why[world.reasons.length * stage + reason], 0), name,
  ]);
  return found.filter(([count]) => count).sort((one, other) => other[0] - one[0]);
}

const whyText = (found) => found.map(([count, name]) => `${name} ${count.toLocaleString("en")}`);

// --- the picture ---------------------------------------------------------------------------------

function shape(pen, state, r) {
  pen.beginPath();
  if (state === WAITING) pen.arc(0, 0, 0.8 * r, 0, 7);
  if (state === DECIDING) pen.arc(0, 0, r, 0, 7);
  if (state === WITH_A_REP) for (const [x, y] of [[0, -r], [r, 0], [0, r], [-r, 0]]) pen.lineTo(1.2 * x, 1.2 * y);
  if (state === BOUGHT) pen.rect(-0.9 * r, -0.9 * r, 1.8 * r, 1.8 * r);
  if (state === CAME_BACK) for (const [x, y] of [[0, -r], [r, r], [-r, r]]) pen.lineTo(1.1 * x, 1.1 * y);
  if (state === LOST) {
    for (const side of [-1, 1]) {
      pen.moveTo(-0.8 * r, -0.8 * side * r);
      pen.lineTo(0.8 * r, 0.8 * side * r);
    }
  }
  if (state === WAITING || state === LOST) pen.stroke();
  else pen.fill();
}

// All dots are copies of these: a row plain, a row faint, a row lit up; a column for each state.
function atlas(colours, ink, r, scale) {
  const side = Math.ceil((2 * r + 6) * scale);
  const sheet = element("canvas", { width: 6 * side, height: 3 * side });
  const pen = sheet.getContext("2d");
  for (let row = 0; row < 3; row++) {
    for (let state = 0; state < 6; state++) {
      pen.setTransform(scale, 0, 0, scale, (state + 0.5) * side, (row + 0.5) * side);
      pen.globalAlpha = row === 1 ? 0.22 : 1;
      pen.fillStyle = pen.strokeStyle = colours[state];
      pen.lineWidth = Math.max(1.2, r / 2.2);
      shape(pen, state, r);
      if (row < 2) continue;
      pen.strokeStyle = ink;
      pen.lineWidth = 1.2;
      pen.beginPath();
      pen.arc(0, 0, r + 2, 0, 7);
      pen.stroke();
    }
  }
  return { sheet, side, size: side / scale };
}

// Text that fits, cut where it does not; the table below the picture has it in full.
function fitted(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  const letters = [...text];
  while (letters.length && pen.measureText(`${letters.join("")}…`).width > width) letters.pop();
  return letters.length ? `${letters.join("")}…` : "";
}

// Where the fields of a world are: a line for each stage, what may become of a lead from left to
// right, and below them the customers.
// Right of the dots there is room for their number, and in a wide field for why they were lost.
function fields(world, top, height, width, label, line, roomFor) {
  const called = world.called;
  const shares = called ? [0.22, 0.25, 0.24, 0.29] : [0, 0, 0.5, 0.5];
  const goal = world.stages.length - 1, gap = 4;
  const head = 2.3 * line, each = (height - head) / world.stages.length;
  const room = width - label, found = new Array(6 * world.stages.length);
  for (let stage = 0; stage <= goal; stage++) {
    let x = label;
    const y = top + head + stage * each;
    for (let state = 0; state < 4 && stage < goal; state++) {
      const wide = shares[state] * room;
      const pad = state === LOST && wide > TALKS ? 0.6 * wide : roomFor("");
      if (wide) found[6 * stage + state] = { x, y, w: wide - gap, h: each - 2, pad };
      x += wide;
    }
  }
  const y = top + head + goal * each, sold = 0.5 * room;
  found[6 * goal + BOUGHT] = { x: label, y, w: sold - gap, h: each - 2, pad: roomFor("bought") };
  found[6 * goal + CAME_BACK] = { x: label + sold, y, w: room - sold - gap, h: each - 2, pad: roomFor("came back") };
  return { found, each, head, top };
}

function render({ model, el }) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let worlds = [], picture = {}, time = NaN, playing = false, request = 0, before = 0, told = 0;
  let chosen = null, look = null, gliding = 0; // days that a dot takes to the next field

  // --- what is on the page ---

  const play = element("button", { type: "button", class: "flow-play" }, "Play");
  const back = element("button", { type: "button", "aria-label": "A step back" }, "◀ Step");
  const step = element("button", { type: "button", "aria-label": "A step on" }, "Step ▶");
  const speed = element("select", { "aria-label": "Speed: time in a second, and of a step" });
  const day = element("input", { type: "number", step: "any", min: 0, "aria-label": "Day to jump to" });
  const slide = element("input", { type: "range", step: "any", min: 0, "aria-label": "Day" });
  const channels = element("select", { "aria-label": "Channel whose leads are shown" });
  const only = element("input", { type: "checkbox" });
  const differing = element("label", {}, only, "light up who fares differently");
  const number = element("input", { type: "number", min: 0, step: 1, "aria-label": "Number of a lead, to read its story" });
  const canvas = element("canvas", { tabindex: 0, role: "img" });
  const text = element("p", { class: "flow-text" });
  const table = element("table");
  const counts = element("details", {}, element("summary", {}, "Counts as a table"), table);
  const story = element("section", { class: "flow-story", tabindex: 0, "aria-label": "The story of a lead", "aria-live": "polite" });
  const labelled = (name, control) => element("label", {}, name, control);
  const bar = element(
    "div", { class: "flow-bar" }, play, back, step, labelled("a second is", speed), slide,
    labelled("Day", day), labelled("Channel", channels), labelled("Lead", number), differing,
  );
  const left = element("div", {}, canvas, text, counts);
  const root = element(
    "div", { class: "funnelsim-flow", role: "group", "aria-label": "Leads on their way" },
    bar, element("div", { class: "flow-main" }, left, story),
  );
  // Lab asks the element itself before it takes a key for a shortcut of its own
  for (const one of root.querySelectorAll("button, input, select, canvas, section, summary"))
    one.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, days] of SPEEDS) speed.append(element("option", { value: days }, name));
  el.replaceChildren(root);

  // --- drawing ---

  function restyle() {
    const style = getComputedStyle(root), scale = window.devicePixelRatio || 1;
    const { width, height } = canvas.getBoundingClientRect();
    if (width < 1 || height < 1 || !worlds.length) return void (look = null);
    const size = parseFloat(style.fontSize), ink = style.color;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    const each = height / worlds.length;
    const lines = Math.max(...worlds.map((world) => world.stages.length));
    const type = Math.max(9, Math.min(0.92 * size, each / (lines + 2.3)));
    pen.font = `${type}px ${style.fontFamily}`;
    const names = worlds.flatMap((world) => world.stages);
    const widest = Math.max(...names.map((name) => pen.measureText(name).width));
    const label = Math.min(widest + 10, 0.24 * width);
    const leads = Math.max(...worlds.map((world) => world.leads));
    const r = Math.max(1.5, Math.min(4, 0.16 * (each / (lines + 2)), 130 / Math.sqrt(leads + 1)));
    const roomFor = (name) => pen.measureText(name ? `${name} 9,999` : "9,999").width + (name ? 26 : 10);
    const colours = COLOURS[darkPage() ? "dark" : "light"];
    look = {
      pen, width, height, scale, type, family: style.fontFamily, ink, label, r, colours,
      soft: style.getPropertyValue("--soft").trim() || ink,
      tile: style.getPropertyValue("--tile").trim() || "transparent",
      dots: atlas(colours, ink, r, scale),
      grids: worlds.map((world, n) => fields(world, n * each, each - 6, width, label, type, roomFor)),
    };
    wakeAll();
  }

  function background(world, grid) {
    const { pen, label, type, family, colours, ink, soft, tile, width } = look;
    const goal = world.stages.length - 1;
    pen.textBaseline = "middle";
    pen.fillStyle = ink;
    pen.font = `bold ${type}px ${family}`;
    pen.fillText(fitted(pen, world.title, width), 0, grid.top + 0.6 * type);
    pen.font = `${type}px ${family}`;
    picture.states.slice(0, 4).forEach((name, state) => {
      const field = grid.found[state];
      if (!field) return;
      pen.save();
      pen.translate(field.x + 6, grid.top + 1.7 * type);
      pen.fillStyle = pen.strokeStyle = colours[state];
      shape(pen, state, 3.5);
      pen.restore();
      pen.fillStyle = soft;
      pen.fillText(fitted(pen, name, field.w - 13), field.x + 13, grid.top + 1.7 * type);
    });
    world.stages.forEach((name, stage) => {
      const y = grid.top + grid.head + stage * grid.each;
      pen.fillStyle = ink;
      pen.fillText(fitted(pen, name, label - 8), 0, y + grid.each / 2);
      pen.fillStyle = tile;
      for (let state = 0; state < 6; state++) {
        const field = grid.found[6 * stage + state];
        if (field && (state > DECIDING || world.calls[stage] || state === DECIDING))
          pen.fillRect(field.x, field.y, field.w, field.h);
      }
    });
    for (const state of [BOUGHT, CAME_BACK]) {
      const field = grid.found[6 * goal + state];
      pen.save();
      pen.translate(field.x + field.w - 8, field.y + field.h / 2);
      pen.fillStyle = colours[state];
      shape(pen, state, 3.5);
      pen.restore();
    }
  }

  function figures(world, grid) {
    const { pen, ink, type, family } = look;
    pen.font = `bold ${type}px ${family}`;
    pen.textAlign = "right";
    pen.fillStyle = ink;
    grid.found.forEach((field, place) => {
      const count = world.counts[place], state = place % 6;
      if (!count) return;
      let said = count.toLocaleString("en");
      if (state === LOST) {
        const [[most, name]] = whyLost(world, [(place - state) / 6]);
        const more = `${name} ${most.toLocaleString("en")} of ${said}`;
        if (pen.measureText(more).width < field.pad) said = more;
      }
      if (state >= BOUGHT) said = `${picture.states[state]} ${said}`;
      const x = field.x + field.w - (state >= BOUGHT ? 18 : 4), y = field.y + field.h / 2;
      const wide = pen.measureText(said).width;
      pen.save();
      pen.globalAlpha = 0.8;
      pen.fillStyle = look.tile;
      pen.fillRect(x - wide - 3, y - 0.6 * type, wide + 6, 1.2 * type);
      pen.restore();
      pen.fillText(said, x, y);
    });
    pen.textAlign = "left";
  }

  function dots(world, grid) {
    const { pen, dots: { sheet, side, size }, r } = look;
    const { first, at, state, stage, spot, x: xs, y: ys, rests } = world;
    const glide = gliding;
    const shown = world.shown, isLit = only.checked && worlds.length > 1, half = size / 2, inset = r + 2;
    const place = (field, n, across) =>
      across
        ? field.x + inset + (spot[2 * n] / 65536) * Math.max(0, field.w - 2 * inset - field.pad)
        : field.y + inset + (spot[2 * n + 1] / 65536) * Math.max(0, field.h - 2 * inset);
    const put = (on, lead, row, x, y) =>
      on.drawImage(sheet, state[at[lead]] * side, row * side, side, side, x - half, y - half, size, size);
    if (time < world.rested) wake(world, grid);
    world.rested = time;
    const moving = [];
    for (let lead = 0; lead < world.leads; lead++) {
      if (rests[lead]) continue;
      const now = at[lead];
      if (now < first[lead] || (shown !== ALL && world.channel[lead] !== shown)) {
        xs[lead] = NaN;
        continue;
      }
      const field = grid.found[6 * stage[now] + state[now]];
      let x = place(field, lead, true), y = place(field, lead, false);
      const gone = (time - world.time[now]) / glide;
      if (gone < 1) {
        const from = now > first[lead] ? grid.found[6 * stage[now - 1] + state[now - 1]] : null;
        const share = gone * gone * (3 - 2 * gone);
        x = (1 - share) * (from ? place(from, lead, true) : 0) + share * x;
        y = (1 - share) * (from ? place(from, lead, false) : y) + share * y;
      }
      xs[lead] = x;
      ys[lead] = y;
      const row = isLit ? (world.differs[lead] ? 2 : 1) : 0;
      rests[lead] = now + 1 === first[lead + 1] && !(gone < 1);
      if (rests[lead]) put(grid.layer, lead, row, x, y);
      else moving.push(lead, row);
    }
    pen.drawImage(grid.layer.canvas, 0, 0, look.width, look.height);
    for (let n = 0; n < moving.length; n += 2) put(pen, moving[n], moving[n + 1], xs[moving[n]], ys[moving[n]]);
  }

  // Who will not move any more is drawn once, on a layer of its own, until time goes back.
  function wake(world, grid) {
    world.rests.fill(0);
    world.rested = -1;
    grid.layer ??= element("canvas", { width: canvas.width, height: canvas.height }).getContext("2d");
    grid.layer.setTransform(look.scale, 0, 0, look.scale, 0, 0);
    grid.layer.clearRect(0, 0, look.width, look.height);
  }

  function wakeAll() {
    if (look) worlds.forEach((world, n) => wake(world, look.grids[n]));
  }

  function ring(world, lead) {
    if (lead < 0 || Number.isNaN(world.x[lead])) return;
    const { pen, ink, r } = look;
    pen.strokeStyle = ink;
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.arc(world.x[lead], world.y[lead], r + 6, 0, 7);
    pen.stroke();
  }

  function draw() {
    if (!look) restyle();
    for (const world of worlds) bring(world, time);
    if (look) {
      const { pen, scale, width, height } = look;
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, width, height);
      worlds.forEach((world, n) => {
        background(world, look.grids[n]);
        dots(world, look.grids[n]);
        figures(world, look.grids[n]);
      });
      if (chosen) {
        ring(worlds[chosen.world], chosen.lead);
        if (worlds.length > 1) ring(worlds[1 - chosen.world], worlds[chosen.world].partner[chosen.lead]);
      }
    }
    if (!playing || performance.now() - told > 250) tell();
  }

  // --- in words and figures ---

  function said(world) {
    const all = (state) => total(world, state).toLocaleString("en");
    const reasons = whyText(whyLost(world, world.stages.map((_, stage) => stage)));
    const why = worlds.length > 1 ? [] : reasons.slice(0, 3);
    const calls = world.called ? `${all(WAITING)} waiting, ${all(WITH_A_REP)} with a rep, ` : "";
    const customers = (total(world, BOUGHT) + total(world, CAME_BACK)).toLocaleString("en");
    return `${calls}${all(DECIDING)} deciding, ${all(LOST)} lost${why.length ? ` (${why.join(", ")})` : ""}, ` +
      `${customers} customers, ${all(CAME_BACK)} of whom came back`;
  }

  function tell() {
    told = performance.now();
    const moment = new Date(Date.parse(`${picture.start}T00:00Z`) + time * 86400000);
    const date = moment.toUTCString().replace(/:\d\d GMT$/, "");
    text.setAttribute("aria-live", playing ? "off" : "polite");
    const lines = worlds.map((world) => (worlds.length > 1 ? `${world.title}: ` : "") + said(world));
    const whose = channels.selectedIndex > 0 ? `, only ${channels.value}` : "";
    lines.unshift(`Day ${time.toFixed(2)}, ${date}${whose}`);
    text.replaceChildren(...lines.map((line) => element("span", {}, `${line}. `)));
    canvas.setAttribute("aria-label", `Leads as dots in the fields of their stages. ${text.textContent} Space plays, arrows left and right step, up and down choose a lead.`);
    slide.value = time;
    slide.setAttribute("aria-valuetext", `day ${time.toFixed(2)}`);
    if (document.activeElement !== day) day.value = time.toFixed(2);
    el.dataset.day = time;
    model.set("day", time); // for the next view: it is not sent
    if (counts.open) fillTable();
  }

  function fillTable() {
    const heads = [...(worlds.length > 1 ? ["world"] : []), "stage", ...picture.states, "why lost"];
    const head = element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, name)));
    const rows = worlds.flatMap((world) =>
      world.stages.map((name, stage) => {
        const goal = stage === world.stages.length - 1;
        const cells = picture.states.map((_, state) =>
          state >= BOUGHT === goal ? world.counts[6 * stage + state].toLocaleString("en") : "–",
        );
        return element(
          "tr", {}, ...(worlds.length > 1 ? [element("td", {}, world.title)] : []),
          element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell)),
          element("td", {}, whyText(whyLost(world, [stage])).join(", ")),
        );
      }),
    );
    table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
  }

  // --- time ---

  function jump(to) {
    if (!worlds.length || !Number.isFinite(to)) return;
    time = Math.min(picture.days, Math.max(0, to));
    if (!playing) draw();
  }

  function frame(now) {
    const passed = Math.min(now - before, 100) / 1000;
    if (calm.matches && now - before < 1000) return void (request = requestAnimationFrame(frame));
    before = now;
    jump(time + Number(speed.value) * (calm.matches ? 1 : passed));
    if (time >= picture.days) return void toggle(false);
    if (canvas.checkVisibility?.() ?? true) draw();
    request = requestAnimationFrame(frame);
  }

  function toggle(on = !playing) {
    if (on && time >= picture.days) time = 0;
    playing = on && worlds.length > 0;
    play.textContent = playing ? "Pause" : "Play";
    gliding = playing && !calm.matches ? GLIDE * Number(speed.value) : 0;
    cancelAnimationFrame(request);
    before = performance.now();
    if (playing) request = requestAnimationFrame(frame);
    else if (worlds.length) draw();
  }

  function oneStep(sign) {
    toggle(false);
    jump(time + sign * Number(speed.value));
  }

  // --- a lead ---

  function choose(lead, world = chosen?.world ?? 0) {
    if (!worlds[world] || !(lead >= 0 && lead < worlds[world].leads)) return;
    chosen = { lead, world };
    number.value = lead;
    if (!playing) draw();
    model.set("chosen", chosen);
    model.save_changes();
  }

  function nearest(x, y) {
    let best = NEAR ** 2, found = null;
    worlds.forEach((world, n) => {
      for (let lead = 0; lead < world.leads; lead++) {
        const far = (world.x[lead] - x) ** 2 + (world.y[lead] - y) ** 2;
        if (far < best) [best, found] = [far, [lead, n]];
      }
    });
    return found;
  }

  // The next lead, or the one before, that is on the picture; of those lit up, if some are.
  function next(sign) {
    const n = chosen?.world ?? 0, world = worlds[n];
    if (!world) return;
    let lead = chosen ? chosen.lead + sign : sign > 0 ? 0 : world.leads - 1;
    const isLit = only.checked && worlds.length > 1;
    while (lead >= 0 && lead < world.leads && (Number.isNaN(world.x[lead]) || (isLit && !world.differs[lead]))) lead += sign;
    choose(lead, n);
  }

  // --- what comes from Python ---

  function take() {
    const sent = model.get("picture");
    if (!sent?.worlds) return;
    picture = sent;
    worlds = sent.worlds.map(unpacked);
    for (const world of worlds) {
      world.calls = world.stages.map(() => false);
      world.state.forEach((state, place) => {
        if (state <= WITH_A_REP) world.calls[world.stage[place]] = true;
      });
      world.called = world.calls.some(Boolean);
    }
    if (Number.isNaN(time)) {
      time = model.get("day") >= 0 ? model.get("day") : picture.days / 4; // Lab may draw a view anew
      speed.value = (SPEEDS.find(([, days]) => picture.days / days <= ENDS) ?? SPEEDS.at(-1))[1];
    }
    time = Math.min(time, picture.days);
    slide.max = day.max = picture.days;
    chosen = look = null;
    number.value = "";
    number.max = worlds[0].leads - 1;
    const kept = channels.selectedOptions[0]?.textContent;
    const names = [...new Set(worlds.flatMap((world) => world.channels))];
    channels.replaceChildren(
      ...["all", ...names].map((name) => element("option", {}, name)),
    );
    channels.selectedIndex = Math.max(0, names.indexOf(kept) + 1);
    filter();
    differing.hidden = worlds.length < 2;
    el.dataset.picture = picture.number;
    draw();
  }

  function filter() {
    const name = channels.value, isAll = channels.selectedIndex === 0;
    wakeAll();
    for (const world of worlds) world.shown = isAll ? ALL : world.channels.indexOf(name);
  }

  function tellStory() {
    story.innerHTML = model.get("story") || "<p>Click a dot, or choose a lead by its number: its story is told here.</p>";
  }

  // --- hands ---

  play.onclick = () => toggle();
  speed.onchange = () => playing && toggle(true);
  back.onclick = () => oneStep(-1);
  step.onclick = () => oneStep(1);
  slide.oninput = () => jump(Number(slide.value));
  const typed = (field, does) => {
    field.onchange = () => does(field.valueAsNumber);
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter") does(field.valueAsNumber);
    };
  };
  typed(day, jump);
  typed(number, choose);
  channels.onchange = () => (filter(), draw());
  only.onchange = () => (wakeAll(), draw());
  counts.ontoggle = () => counts.open && fillTable();
  canvas.onclick = (event) => {
    const edge = canvas.getBoundingClientRect();
    const found = nearest(event.clientX - edge.left, event.clientY - edge.top);
    if (found) choose(...found);
  };
  canvas.onkeydown = (event) => {
    const does = {
      " ": () => toggle(), ArrowLeft: () => oneStep(-1), ArrowRight: () => oneStep(1),
      ArrowUp: () => next(-1), ArrowDown: () => next(1),
      Home: () => jump(0), End: () => jump(picture.days), Enter: () => chosen && choose(chosen.lead),
    }[event.key];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  };

  const again = () => {
    look = null;
    if (worlds.length) draw();
  };
  const sizes = new ResizeObserver(again);
  const theme = new MutationObserver(again);
  sizes.observe(canvas);
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  model.on("change:picture", take);
  model.on("change:story", tellStory);
  const glide = (days) => (gliding = GLIDE * days); // in a second, as when it plays
  canvas.flow = { jump, glide, worlds: () => worlds }; // for tests and measurements
  take();
  tellStory();

  return () => {
    cancelAnimationFrame(request);
    playing = false;
    sizes.disconnect();
    theme.disconnect();
    model.off("change:picture", take);
    model.off("change:story", tellStory);
  };
}

export default { render };
