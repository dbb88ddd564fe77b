// The table of all cases that match: made here, a page of rows at a time.
const PAGE = 100;
const SEVERITY = ["failed", "error", "inconclusive", "waived", "passed", "unsupported"];
// Each column: its name, what it is sorted by, what it shows where that is not the same.
const COLUMNS = [
  ["op", (c) => data.ops[c.op].name],
  ["check", (c) => data.checks[c.check][0]],
  ["device", (c) => data.lanes[c.lane][0]],
  ["dtype", (c) => c.dtype, (c) => data.dtypes[c.dtype][0]],
  ["outcome", (c) => SEVERITY.indexOf(data.outcomes[c.outcome][0]), (c) => data.outcomes[c.outcome][0]],
  ["samples", (c) => c.samples, (c) => c.samples.toLocaleString("en")],
  ["ms", (c) => c.ms, (c) => c.ms.toLocaleString("en")],
  ["error in ULP", (c) => c.ulps, (c) => figure(c.ulps)],
  ["over natural error", (c) => c.ratio, (c) => figure(c.ratio)],
];
const NUMBERS = 5; // columns from here on are figures: the largest first
const list = { column: 4, up: true, limit: PAGE };

function listCases(limit = list.limit) {
  const body = document.querySelector(".list tbody");
  if (!body) return;
  const value = COLUMNS[list.column][1];
  const order = [...cases.keys()].filter((k) => matches[k]).sort((a, b) => compared(value(cases[a]), value(cases[b]), list.up) || a - b);
  body.replaceChildren(...order.slice(0, limit).map((k) => listed_row(cases[k])));
  const rest = order.length - body.rows.length;
  const more = document.querySelector("#more");
  more.hidden = !rest;
  more.textContent = `${Math.min(rest, 5 * PAGE).toLocaleString("en")} more of ${rest.toLocaleString("en")}`;
}

// What is unknown comes last, whichever way the rest is sorted.
function compared(a, b, up) {
  if (a === null || b === null) return (a === null) - (b === null);
  return (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1);
}

function listed_row(c) {
  const row = document.createElement("tr");
  row.append(...COLUMNS.map(([, value, shown = value], k) => make(k ? "td" : "th", k >= NUMBERS ? "number" : "", shown(c), k ? {} : { scope: "row" })));
  row.cells[0].replaceChildren(make("a", "", data.ops[c.op].name, { href: `#${placeOf(c)}` }));
  row.cells[4].prepend(sign(c.outcome), " ");
  return row;
}

function makeList() {
  const head = document.createElement("tr");
  head.append(...COLUMNS.map(([name], k) => make("th", k >= NUMBERS ? "number" : "", name, { scope: "col" })));
  const table = make("table", "list");
  table.append(document.createElement("thead"), document.createElement("tbody"));
  table.tHead.append(head);
  sortable(table, list.column, (column, up) => {
    Object.assign(list, { column, up, limit: PAGE });
    listCases();
  }, (column) => column < NUMBERS);
  const frame = make("div", "scroll", "", { role: "region", "aria-label": "All cases", tabindex: "0" });
  frame.append(table);
  const more = button("more", "", () => {
    list.limit += 5 * PAGE;
    listCases();
  }, { id: "more" });
  document.querySelector("#cases .note").replaceWith(frame, more);
  listCases();
}
