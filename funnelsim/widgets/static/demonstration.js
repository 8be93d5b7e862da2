// The bar of a demonstration: which one, back, on, and how far it is; and the keys for that.

const FORWARD = ["ArrowRight", "PageDown", " ", "Enter", "n"];
const BACK = ["ArrowLeft", "PageUp", "Backspace", "p"];
// where these keys mean something else
const OTHERS = "input, textarea, select, canvas, pre, .funnelsim-slider, .funnelsim-share, .funnelsim-flow";

let isChosen = false;  // a hand that has chosen another one goes on with the keys

function render({ model, el }) {
  el.classList.add("funnelsim-bar");
  el.innerHTML = `<select aria-label="Demonstration"></select>
    <button class="jupyter-button widget-button" title="Back (←)">◀</button>
    <output aria-live="off"></output>
    <button class="jupyter-button widget-button" title="On (→ or space)">Next ▶</button>`;
  const [choice, place] = [el.querySelector("select"), el.querySelector("output")];
  const [back, on] = el.querySelectorAll("button");
  back.setAttribute("aria-label", "Back");
  on.setAttribute("aria-label", "Next");
  let timer = 0;
  const send = (message) => {
    clearTimeout(timer);
    model.send(message);
  };
  const draw = () => {
    const [at, last] = [model.get("at"), model.get("last")];
    choice.replaceChildren(...model.get("titles").map((title) => new Option(title, title)));
    choice.value = model.get("title");
    place.textContent = `${at + 1} of ${last + 1}`;
    back.ariaDisabled = at === 0;  // a button that is disabled loses the focus, and so the keys
    on.ariaDisabled = at === last;
    clearTimeout(timer);
    if (model.get("wait") > 0) timer = setTimeout(() => model.send("forward"), 1000 * model.get("wait"));
  };
  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(OTHERS)) return;
    const presses = [" ", "Enter"].includes(event.key) && event.target.closest("button");
    const does = FORWARD.includes(event.key) ? "forward" : BACK.includes(event.key) ? "back" : "";
    if (!does || presses) return;  // space presses the button that has the focus
    event.preventDefault();
    event.stopPropagation();
    send(does);
  };
  choice.onchange = () => {
    isChosen = true;
    send({ choose: choice.value });
  };
  back.onclick = () => send("back");
  on.onclick = () => send("forward");
  model.on("change:at change:last change:titles change:title change:wait", draw);
  draw();

  let board = null;
  const waits = setInterval(() => {  // the bar is drawn before its board is on the page
    board = el.closest(".funnelsim-board");
    if (!board) return;
    clearInterval(waits);
    board.tabIndex = -1;  // a click anywhere on it, and the keys are the demonstration's
    board.addEventListener("keydown", key);
    if (isChosen || document.activeElement === document.body) on.focus({ preventScroll: true });
    isChosen = false;
  }, 50);
  return () => {
    clearInterval(waits);
    clearTimeout(timer);
    board?.removeEventListener("keydown", key);
  };
}

export default { render };
