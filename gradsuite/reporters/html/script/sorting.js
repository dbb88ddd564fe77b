// Tables that can be sorted: each header is a button, and says which way its column runs.
function sortable(table, sorted, act, upwards) {
  const heads = [...table.tHead.rows[0].cells];
  const mark = (column, way) => heads.forEach((head, k) => (k === column ? head.setAttribute("aria-sort", way) : head.removeAttribute("aria-sort")));
  heads.forEach((head, column) => {
    const press = button("sorter", "", () => {
      const was = head.getAttribute("aria-sort");
      const up = was ? was === "descending" : upwards(column);
      mark(column, up ? "ascending" : "descending");
      act(column, up);
    });
    press.append(...head.childNodes);
    head.append(press);
  });
  if (sorted !== null) mark(sorted, "ascending");
}

// A table that stands in the page: its rows change places within each body, headings of a body stay on top.
function sortRows(table, value, upwards) {
  sortable(table, null, (column, up) => {
    for (const body of table.tBodies) {
      const own = [...body.rows].filter((row) => !row.classList.contains("family"));
      const keyed = own.map((row) => [value(row, column), row]);
      body.append(...keyed.sort(([a], [b]) => compared(a, b, up)).map(([, row]) => row));
    }
  }, upwards);
}

// By the worst outcome of a row's tiles in that column; ops by name.
function sortMatrix() {
  const severity = [...SEVERITY].reverse();
  const worst = (cell) => Math.max(-1, ...all("i, a", cell).filter((tile) => !tile.classList.contains("off")).map((tile) => severity.indexOf(tile.className.split(" ")[0])));
  sortRows(document.querySelector(".matrix"), (row, column) => (column ? worst(row.cells[column]) : row.cells[0].textContent), (column) => !column);
}

// By the figure that a cell holds; dtypes by name.
function sortPrecision(table) {
  const number = (text) => (text.trim() ? parseFloat(text.replaceAll(",", "").replaceAll("−", "-").replace("∞", "Infinity")) : null);
  sortRows(table, (row, column) => (column ? number(row.cells[column].textContent) : row.cells[0].textContent), (column) => !column);
}
