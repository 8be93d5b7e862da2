// Two buttons of a board, take back and do again; keys for them; and whether a slider is held.
// And what the widgets' own sliders do not tell a screen reader: their name, their value in words;
// which nobody can write over.

// ms after a slider has moved, in which its value is still on its way: what is taken back comes after it
const ON_ITS_WAY = 250;
const PIECES = [
  ["undo", "can_undo", "Undo", "Take the last move back (Ctrl+Z)", "M9 5 4 10l5 5M4 10h10a5 5 0 0 1 0 10h-3"],
  ["redo", "can_redo", "Redo", "Do again what was taken back (Ctrl+Shift+Z)", "m15 5 5 5-5 5m5-5H10a5 5 0 0 0 0 10h3"],
];

// Says at the handle what stands beside it; the handle itself says the number of the position.
// A bar has two handles, and its readout says both of its ends, with a dash between them.
function tell(slider) {
  const [label, readout] = [".widget-label", ".widget-readout"].map((part) => slider.querySelector(part));
  const handles = [...slider.querySelectorAll(".noUi-handle")];
  if (!handles.length || !label || !readout) return;  // not drawn yet, or a list of choices
  const words = handles.length === 1 ? [""] : [", from", ", to"];
  slider.dataset.told = "";
  const say = () => {
    // else keys write into it what the slider does not say
    if (readout.contentEditable !== "false") readout.contentEditable = "false";
    const ends = handles.length === 1 ? [readout.textContent] : readout.textContent.split(/\s*[-–]\s*/);
    handles.forEach((handle, end) => {
      for (const [what, said] of [["aria-label", label.textContent + words[end]], ["aria-valuetext", ends[end]]])
        if (handle.getAttribute(what) !== said) handle.setAttribute(what, said);
    });
  };
  const changes = new MutationObserver(say);
  changes.observe(readout, {
    childList: true, characterData: true, subtree: true, attributeFilter: ["contenteditable"] });
  handles.forEach((handle) => changes.observe(handle, { attributeFilter: ["aria-valuetext"] }));
  say();
}

function render({ model, el }) {
  el.classList.add("funnelsim-undo");
  let moved = -ON_ITS_WAY;
  const send = (does) => setTimeout(() => model.send(does), moved + ON_ITS_WAY - performance.now());
  const refresh = PIECES.map(([does, trait, name, title, path]) => {
    const button = document.createElement("button");
    button.innerHTML = `<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none"
      stroke="currentColor" stroke-width="2"><path d="${path}"/></svg>`;
    button.setAttribute("aria-label", name);
    button.title = title;
    button.className = "jupyter-button widget-button";
    button.onclick = () => send(does);
    el.append(button);
    return () => { button.disabled = !model.get(trait); };
  });
  const all = () => refresh.forEach((one) => one());
  model.on("change:can_undo change:can_redo", all);
  all();

  const hold = (held) => {
    if (model.get("held") === held) return;
    model.set("held", held);
    model.save_changes();
  };
  const pressed = (event) => hold(!!event.target.closest(".funnelsim-slider"));
  const released = () => {
    if (model.get("held")) moved = performance.now();
    hold(false);
  };
  const key = (event) => {
    if (event.target.closest(".funnelsim-slider") && !event.ctrlKey && !event.metaKey) moved = performance.now();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("input, textarea")) return;
    const name = event.key.toLowerCase();
    const does = name === "y" || (name === "z" && event.shiftKey) ? "redo" : name === "z" ? "undo" : "";
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    send(does);
  };

  let board = null;
  // the buttons are drawn before their board is on the page, and a slider may come at any time
  const looks = setInterval(() => {
    if (!board) {
      board = el.closest(".funnelsim-board");
      board?.addEventListener("keydown", key);
      board?.addEventListener("pointerdown", pressed, true);
    }
    board?.querySelectorAll(".funnelsim-slider:not([data-told])").forEach(tell);
  }, 100);
  window.addEventListener("pointerup", released);
  window.addEventListener("pointercancel", released);
  return () => {
    clearInterval(looks);
    board?.removeEventListener("keydown", key);
    board?.removeEventListener("pointerdown", pressed, true);
    window.removeEventListener("pointerup", released);
    window.removeEventListener("pointercancel", released);
  };
}

export default { render };
