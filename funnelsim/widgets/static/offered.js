// The list of all that can be turned: a field to search in, and a list of the browser's own, which
// keys and screen readers know. Enter, space or a double click adds a slider, or takes it away.

const HELP = "Type to search. Arrow keys choose, Enter adds a slider or takes it away (✓).";
let count = 0;

function render({ model, el }) {
  const id = `funnelsim-offered-${++count}`;
  el.setAttribute("data-lm-suppress-shortcuts", "true");  // arrows are the list's, not the notebook's
  el.innerHTML = `<label for="${id}">Search all that can be turned</label>
    <input id="${id}" type="search" autocomplete="off" placeholder="commission, reps, open, margin …">
    <select size="12" aria-label="All that can be turned" aria-describedby="${id}-help"></select>
    <div><button class="jupyter-button widget-button">Add</button><span id="${id}-help">${HELP}</span></div>
    <p role="status"></p>`;
  const [search, list, press, status] = ["input", "select", "button", "p"].map((part) => el.querySelector(part));
  const rows = () => model.get("rows");
  const chosen = () => rows().find((row) => row.label === list.value);
  const name = () => {
    press.textContent = chosen()?.on ? "Take away" : "Add";
    press.disabled = !chosen();
  };
  const draw = () => {
    const [words, before, top] = [search.value.toLowerCase().split(/\s+/), list.value, list.scrollTop];
    const found = rows().filter((row) => {
      const text = `${row.group} ${row.label} ${row.goes}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const groups = Map.groupBy ? Map.groupBy(found, (row) => row.group) : found.reduce(
      (all, row) => all.set(row.group, [...(all.get(row.group) ?? []), row]), new Map());
    list.replaceChildren(...[...groups].map(([group, its]) => {
      const part = document.createElement("optgroup");
      part.label = group;
      part.append(...its.map((row) => new Option(`${row.on ? "✓ " : ""}${row.label}: ${row.goes}`, row.label)));
      return part;
    }));
    if (found.some((row) => row.label === before)) list.value = before;
    else list.selectedIndex = found.length ? 0 : -1;
    list.scrollTop = top;
    name();
  };
  const toggle = () => chosen() && model.send(list.value);
  const key = (event) => {
    event.stopPropagation();  // of the board and the notebook
    if (event.key === "Enter" || (event.key === " " && event.target === list)) {
      if (event.target === press) return;
      event.preventDefault();
      toggle();
    } else if (event.key === "ArrowDown" && event.target === search) {
      event.preventDefault();
      list.focus();
    }
  };
  search.oninput = draw;
  list.onchange = name;
  list.ondblclick = toggle;
  press.onclick = toggle;
  el.addEventListener("keydown", key);
  model.on("change:rows", draw);
  const say = () => { status.textContent = model.get("said"); };
  model.on("change:said", say);
  draw();
  say();
}

export default { render };
