// The front end of notebook.py's ReportView. No imports, no network. Names come in as text, never
// as HTML; the pictures are SVG that the package drew, with letters as shapes.

const STYLE = `
.quasar-view { font: 13px/1.4 system-ui, sans-serif; color: inherit; max-width: 1000px; }
.quasar-view h3 { font-size: 14px; margin: 4px 0 8px; }
.quasar-top { display: flex; flex-wrap: wrap; gap: 12px; }
.quasar-rows { flex: 1 1 320px; max-height: 420px; overflow: auto; }
.quasar-row { position: relative; padding: 4px 8px; border-radius: 4px; cursor: pointer; }
.quasar-row[aria-selected="true"] { outline: 2px solid #0072b2; outline-offset: -2px; }
.quasar-bar { position: absolute; inset: 0 auto 0 0; opacity: .3; border-radius: 4px; }
.quasar-row > div { position: relative; overflow-wrap: anywhere; }
.quasar-small { opacity: .75; font-size: 12px; }
.quasar-card { background: #fff; border-radius: 6px; padding: 6px; }
.quasar-card svg { max-width: 100%; height: auto; display: block; }
.quasar-answer { flex: 1 1 320px; max-width: 460px; }
.quasar-circuit { overflow: auto; max-height: 420px; margin-top: 4px; }
.quasar-circuit svg { max-width: none; }
.quasar-view button { font: inherit; min-width: 2.2em; }
`;

function element(kind, className, text) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function percent(p) {
  return p >= 0.001 ? `${(100 * p).toFixed(1)}%` : p > 0 ? `${(100 * p).toExponential(1)}%` : "0%";
}

function render({ model, el }) {
  const rows = model.get("rows");
  const pictures = model.get("pictures");
  const highest = Math.max(1e-12, ...rows.map((row) => row.probability));
  const view = element("div", "quasar-view");
  view.append(element("style", "", STYLE), element("h3", "", model.get("title")));

  const list = element("div", "quasar-rows");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "the most probable measurements");
  list.tabIndex = 0;
  const options = rows.map((row, place) => {
    const option = element("div", "quasar-row");
    option.setAttribute("role", "option");
    option.id = `quasar-${Math.random().toString(36).slice(2)}`;
    const bar = element("div", "quasar-bar");
    bar.style.width = `${(100 * row.probability) / highest}%`;
    bar.style.background = row.optimal ? "#009e73" : row.valid ? "#0072b2" : "#d55e00";
    const star = row.optimal ? "★ " : "";
    const wrong = row.valid ? "" : ", breaks a constraint";
    option.append(
      bar,
      element("div", "", `${star}${row.name}`),
      element("div", "quasar-small", `${percent(row.probability)}, ${row.detail}${wrong}`),
    );
    option.addEventListener("click", () => choose(place));
    list.append(option);
    return option;
  });

  const answer = element("div", "quasar-card quasar-answer");
  answer.setAttribute("role", "img");
  const top = element("div", "quasar-top");
  top.append(list);
  if (pictures.some((picture) => picture)) top.append(answer);
  view.append(top);

  function choose(place) {
    if (!rows.length) return;
    model.set("selected", Math.max(0, Math.min(place, rows.length - 1)));
    model.save_changes();
  }
  function show() {
    const place = model.get("selected");
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === place)));
    if (!options[place]) return;
    list.setAttribute("aria-activedescendant", options[place].id);
    options[place].scrollIntoView?.({ block: "nearest" });
    answer.innerHTML = pictures[place] || "";
    answer.setAttribute("aria-label", rows[place].name);
  }
  list.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    choose(model.get("selected") + move);
  });
  model.on("change:selected", show);
  show();

  if (model.get("circuit")) {
    const card = element("div", "quasar-card quasar-circuit");
    card.tabIndex = 0;
    card.setAttribute("aria-label", "the circuit");
    card.innerHTML = model.get("circuit");
    const drawing = card.querySelector("svg");
    const width = parseFloat(drawing.getAttribute("width"));
    const unit = drawing.getAttribute("width").replace(/^[\d.]+/, "");
    let scale = 1;
    const zoom = (factor) => {
      scale = Math.max(0.2, Math.min(4, scale * factor));
      drawing.setAttribute("width", `${width * scale}${unit}`);
      drawing.removeAttribute("height");
    };
    const tools = element("div");
    for (const [sign, name, factor] of [["+", "larger", 1.25], ["−", "smaller", 0.8]]) {
      const button = element("button", "", sign);
      button.setAttribute("aria-label", name);
      button.addEventListener("click", () => zoom(factor));
      tools.append(button);
    }
    view.append(tools, card);
  }
  el.append(view);
  return () => model.off("change:selected", show);
}

export default { render };
