"use strict";
// Comfort only: everything can be read without it. Text is set as text, never as markup.
(() => {
  const make = (tag, css, text) => {
    const element = document.createElement(tag);
    element.className = css;
    element.textContent = text;
    return element;
  };
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  const copy = (pre) => {
    const button = make("button", "copier", "copy");
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = "selected";
      }
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    const frame = make("div", "copied", "");
    pre.replaceWith(frame);
    frame.append(pre, button);
  };
  const filter = (heading, places) => {
    const box = make("input", "filter", "");
    box.type = "search";
    box.placeholder = "filter ops";
    box.setAttribute("aria-label", "Filter ops by name");
    const only = make("label", "only", " only what did not pass");
    const tick = document.createElement("input");
    tick.type = "checkbox";
    only.prepend(tick);
    const apply = () => {
      const wanted = box.value.trim().toLowerCase();
      for (const [element, name, quiet] of places) {
        element.hidden = !name.toLowerCase().includes(wanted) || (tick.checked && quiet);
      }
      for (const group of document.querySelectorAll(".matrix tbody")) {
        group.hidden = ![...group.rows].slice(1).some((row) => !row.hidden);
      }
    };
    box.addEventListener("input", apply);
    tick.addEventListener("change", apply);
    const bar = make("div", "controls", "");
    bar.append(box, only);
    heading.after(bar);
  };
  document.querySelectorAll("pre.copy").forEach(copy);
  const loud = "a.t, .t.inconclusive";
  const heading = document.querySelector("#matrix h2");
  if (heading) {
    const rows = [...document.querySelectorAll(".matrix tbody tr:not(.family)")];
    const ops = [...document.querySelectorAll("details.op")];
    filter(heading, [
      ...rows.map((row) => [row, row.cells[0].textContent, !row.querySelector(loud)]),
      ...ops.map((op) => [op, op.querySelector("h3").textContent, !op.querySelector("summary .failed, summary .error, summary .waived, summary .inconclusive")]),
    ]);
  }
  addEventListener("hashchange", reveal);
  reveal();
})();
