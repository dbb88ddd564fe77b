// Comfort only: everything can be read without it.
if (data) {
  document.querySelector("nav .state").before(document.querySelector("#controls").content);
  const box = document.querySelector("#query");
  box.addEventListener("input", () => ask(box.value));
  document.querySelector("#help").addEventListener("click", showKeys);
  document.querySelector("#close").addEventListener("click", () => document.querySelector("#keys").close());
  document.querySelector("#keys input").addEventListener("change", (event) => lettersOn(event.target.checked));
  for (const entry of all(".legend [data-outcome]")) {
    const word = entry.querySelector("span");
    word.replaceWith(button("only", word.textContent, () => ask(`s:${word.textContent}`), { title: "show these cases only" }));
  }
  // What is inside an op or a story becomes comfortable when it is opened: most never are.
  document.addEventListener("toggle", (event) => {
    if (event.target.open) comfort(event.target);
  }, true);
  for (const open of all("details[open]")) comfort(open);
  sortMatrix();
  makeList();
  document.querySelector(".matrix").addEventListener("pointerover", (event) => {
    if (event.target.matches("td i, td a")) apart(event.target.parentElement);
    const c = caseOf(event.target);
    if (c) event.target.title = describe(c);
  });
  document.querySelector(".matrix").addEventListener("click", (event) => {
    const c = event.target.closest("a") ? null : caseOf(event.target);
    if (c) location.hash = placeOf(c);
  });
  document.addEventListener("keydown", pressed);
  addEventListener("beforeprint", () => listCases(total));
  addEventListener("afterprint", () => listCases());
  addEventListener("hashchange", reveal);
  addEventListener("popstate", restore);
  restore();
}

function comfort(details) {
  const first = !details.dataset.comfort;
  details.dataset.comfort = "yes";
  if (details.matches(".story") && first) {
    all("pre.copy", details).forEach(withCopier);
    linkCopier(details);
  }
  if (details.matches(".op")) {
    if (first) all(".precision", details).forEach(sortPrecision);
    filterTables(sections.indexOf(details));
  }
}

function caseOf(tile) {
  if (!tile.isConnected || !tile.matches("td i, td a")) return null;
  const row = tile.closest("tr");
  const [op, check] = [rows.indexOf(row), tile.closest("td").cellIndex - 1];
  const strip = tile.parentElement;
  const [dtype, lane] = [[...strip.children].indexOf(tile), [...strip.parentElement.children].indexOf(strip)];
  return cases.slice(offsets[op], offsets[op + 1]).find((c) => c.check === check && c.dtype === dtype && (data.lanes.length < 2 || c.lane === lane));
}

// The page as its address asks for it.
function restore() {
  const query = new URLSearchParams(location.search).get("q") ?? "";
  if (query !== document.querySelector("#query").value) {
    document.querySelector("#query").value = query;
    filter(query);
  }
  if (location.hash) reveal();
}
