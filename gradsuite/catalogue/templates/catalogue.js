"use strict";
// Comfort only: everything can be read without it. Text is set as text, never as markup.
(() => {
  const place = document.getElementById("search");
  const typing = (element) => element.matches("input, textarea, [contenteditable]");
  if (!place) {
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      location.href = `${document.querySelector(".brand").getAttribute("href")}#q=`;
    });
    return;
  }
  const rows = [...document.querySelectorAll("li[data-words]")];
  const families = [...document.querySelectorAll(".family")];
  const box = document.createElement("input");
  box.type = "search";
  box.placeholder = "Search ops";
  box.setAttribute("aria-label", "Search ops by name, family or what they do");
  box.setAttribute("aria-keyshortcuts", "/");
  const told = document.createElement("output");
  told.setAttribute("aria-live", "polite");
  const shown = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector("a"));
  const best = () => {
    const [links, wanted] = [shown(), box.value.trim().toLowerCase()];
    const name = (link) => link.textContent.toLowerCase();
    return links.find((link) => name(link) === wanted) || links.find((link) => name(link).startsWith(wanted)) || links[0];
  };
  const apply = () => {
    const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !wanted.every((word) => row.dataset.words.includes(word));
    for (const family of families) family.hidden = !family.querySelector("li:not([hidden])");
    const count = shown().length;
    told.textContent = !wanted.length ? "" : count ? `${count} of ${rows.length}` : "No op is described so.";
  };
  const remember = () => {
    const address = box.value ? `#q=${encodeURIComponent(box.value)}` : location.pathname + location.search;
    history.replaceState(null, "", address);
  };
  const recall = () => {
    if (!location.hash.startsWith("#q=")) return;
    try { box.value = decodeURIComponent(location.hash.slice(3)); } catch { box.value = ""; }
    apply();
    box.focus();
  };
  box.addEventListener("input", () => { apply(); remember(); });
  addEventListener("keydown", (event) => {
    const links = shown();
    const at = event.target === box ? -1 : links.indexOf(event.target);
    if (event.key === "/" && !typing(event.target)) box.focus();
    else if (event.key === "Escape" && event.target === box) { box.value = ""; apply(); remember(); }
    else if (event.key === "Enter" && event.target === box && box.value && links.length) best().click();
    else if (event.key === "ArrowDown" && (event.target === box || at >= 0)) (links[at + 1] || event.target).focus();
    else if (event.key === "ArrowUp" && at >= 0) (links[at - 1] || box).focus();
    else return;
    event.preventDefault();
  });
  addEventListener("hashchange", recall);
  place.className = "search";
  place.setAttribute("role", "search");
  place.append(box, told);
  recall();
})();
