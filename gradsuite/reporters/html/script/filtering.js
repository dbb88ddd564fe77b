// The page under a query: what does not match goes, what is left is counted.
let matches = cases.map(() => true);
let found = { empty: true };
const rows = all(".matrix tr:not(.family)").slice(1);
const sections = all("details.op");
const offsets = (data?.ops ?? []).reduce((at, op) => [...at, at.at(-1) + op.cases.length], [0]);

function filter(query) {
  found = compiled(query);
  matches = cases.map(found.match);
  const tallies = data.ops.map(() => data.outcomes.map(() => 0));
  for (const [k, c] of cases.entries()) tallies[c.op][c.outcome] += matches[k];
  tallies.forEach(filterOp);
  filterMatrix();
  filterFindings();
  filterStories();
  tellTotals(data.outcomes.map((_, outcome) => tallies.reduce((sum, tally) => sum + tally[outcome], 0)));
  listCases();
}

function filterOp(tally, op) {
  const any = tally.some(Boolean) || found.empty;
  rows[op].hidden = sections[op].hidden = !any;
  for (const count of all(".counts > span", sections[op].querySelector("summary"))) {
    const outcome = data.outcomes.findIndex(([name]) => count.firstChild.classList.contains(name));
    count.lastChild.data = tally[outcome].toLocaleString("en");
    count.hidden = !tally[outcome];
  }
  if (sections[op].open) filterTables(op);
}

// The tables inside an op, when it is open: rows of a lane and dtype, columns of checks.
function filterTables(op) {
  const own = cases.slice(offsets[op], offsets[op + 1]);
  const columns = [...new Set(own.map((c) => c.check))].sort((a, b) => a - b);
  const lines = Object.groupBy(all("tr[data-at]", sections[op]), (row) => row.dataset.at);
  const seen = new Set();
  for (const [k, c] of own.entries()) {
    const at = `${c.lane}.${c.dtype}`;
    if (matches[offsets[op] + k]) seen.add(at);
    for (const row of lines[at] ?? []) {
      if (row.parentElement.parentElement.className === "cases") row.cells[columns.indexOf(c.check) + 1].classList.toggle("off", !matches[offsets[op] + k]);
    }
  }
  for (const [at, group] of Object.entries(lines)) for (const row of group) row.hidden = !seen.has(at) && !found.empty;
  for (const row of all("g[data-at]", sections[op])) row.classList.toggle("off", !seen.has(row.dataset.at) && !found.empty);
}

const stripOf = (c) => rows[c.op].cells[c.check + 1].children[data.lanes.length > 1 ? c.lane : 0];

// Neighbours that came out alike share a tile, until they are looked at one by one.
function apart(strip) {
  for (const tile of [...strip.children]) {
    const [wide, count] = tile.className.match(/\bn(\d+)$/) ?? [];
    if (!wide) continue;
    const narrow = tile.cloneNode(true);
    narrow.classList.remove(wide);
    tile.replaceWith(...Array.from({ length: Number(count) }, () => narrow.cloneNode(true)));
  }
  return strip;
}

function filterMatrix() {
  const left = new Map();
  for (const [k, c] of cases.entries()) {
    if (rows[c.op].hidden) continue;
    const strip = stripOf(c);
    if (!matches[k]) apart(strip);
    if (strip.children.length === data.dtypes.length) strip.children[c.dtype].classList.toggle("off", !matches[k]);
    const cell = strip.parentElement;
    left.set(cell, (left.get(cell) ?? 0) + matches[k]);
  }
  for (const [cell, count] of left) {
    cell.dataset.whole ??= cell.getAttribute("aria-label");
    cell.setAttribute("aria-label", found.empty ? cell.dataset.whole : count ? `${count} matching, of ${cell.dataset.whole}` : "no match");
  }
  for (const family of all(".matrix tbody")) family.hidden = ![...family.rows].slice(1).some((row) => !row.hidden);
}

function filterFindings() {
  for (const item of all(".findings > li")) {
    const own = item.dataset.cases.split(" ").map(Number);
    const count = own.filter((k) => matches[k]).length;
    item.hidden = !count;
    item.querySelector(".in > b").textContent = count === own.length ? counted(count, "case") : `${count} of ${counted(own.length, "case")}`;
  }
}

function filterStories() {
  for (const story of all("details.story")) story.hidden = !matches[byPlace.get(story.id)];
  for (const op of sections) {
    const heading = op.querySelector(".wrong");
    if (heading) heading.hidden = !op.querySelector("details.story:not([hidden])");
  }
}

// The verdict's legend and bar, and a sentence that is read aloud.
function tellTotals(tally) {
  const shown = tally.reduce((sum, count) => sum + count, 0);
  for (const [k, [name]] of data.outcomes.entries()) {
    const entry = document.querySelector(`.legend [data-outcome=${name}]`);
    if (entry) entry.querySelector("b").textContent = tally[k].toLocaleString("en");
  }
  drawTally(tally.filter((_, k) => document.querySelector(`.legend [data-outcome=${data.outcomes[k][0]}]`)), shown);
  document.body.classList.toggle("filtered", !found.empty);
  const parts = data.outcomes.flatMap(([name], k) => (tally[k] ? [`${tally[k].toLocaleString("en")} ${name}`] : []));
  const sentence = shown ? `${shown.toLocaleString("en")} of ${counted(total, "case")}: ${parts.join(", ")}.` : `None of ${counted(total, "case")} matches.`;
  document.querySelector("#found").textContent = [found.empty ? "" : sentence, ...found.notes].filter(Boolean).join(" ");
}

function drawTally(counts, shown) {
  const bar = document.querySelector(".tally");
  const widths = counts.map((count) => (count ? Math.max(8, (1000 * count) / shown) : 0));
  const scale = 1000 / Math.max(1, widths.reduce((sum, width) => sum + width, 0));
  let x = 0;
  for (const [k, part] of [...bar.children].entries()) {
    part.setAttribute("x", x.toFixed(1));
    part.setAttribute("width", Math.max(0, widths[k] * scale - 2).toFixed(1));
    x += widths[k] * scale;
  }
  const spoken = [...bar.children].map((part, k) => `${counts[k].toLocaleString("en")} ${part.getAttribute("class")}`);
  bar.setAttribute("aria-label", spoken.join(", "));
}
