// Places in the page and in its address: what a link leads to is opened, what stands in the query box is kept.
function opened(target) {
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") unfolded(at).open = true;
}

function reveal() {
  const name = decoded(location.hash.slice(1));
  const k = byPlace.get(name);
  let target = document.getElementById(name);
  if ((k !== undefined && !matches[k]) || target?.closest("[hidden]")) ask("");
  if (k !== undefined && !target) target = cellOf(cases[k]);
  if (!target) return;
  opened(target);
  target.scrollIntoView({ block: target.tagName === "TD" ? "center" : "start" });
  if (target.tagName === "TD") target.focus({ preventScroll: true });
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// A case with nothing to tell stands in its op's table: the cell is pointed out there.
function cellOf(c) {
  const own = cases.filter((other) => other.op === c.op);
  const column = [...new Set(own.map((other) => other.check))].sort((a, b) => a - b).indexOf(c.check);
  const cell = unfolded(sections[c.op]).querySelector(`.cases tr[data-at="${c.lane}.${c.dtype}"]`)?.cells[column + 1];
  for (const other of all("td.here")) other.classList.remove("here");
  cell?.classList.add("here");
  cell?.setAttribute("tabindex", "-1");
  cell?.setAttribute("title", describe(c));
  return cell;
}

const describe = (c) => `${titleOf(c)}: ${data.outcomes[c.outcome][0]}, ${counted(c.samples, "sample")}, ${c.ms.toLocaleString("en")} ms`;

function address(query, place = location.hash) {
  const url = new URL(location.href);
  if (query) url.searchParams.set("q", query);
  else url.searchParams.delete("q");
  url.hash = place;
  history.replaceState(null, "", url);
}

// Sets the query box, and the page under it.
function ask(query) {
  document.querySelector("#query").value = query;
  filter(query);
  address(query);
}
