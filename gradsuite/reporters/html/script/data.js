// The cases, in the order of the page, from what the report wrote down for this script.
const data = JSON.parse(document.getElementById("known")?.textContent ?? "null");
const cases = (data?.ops ?? []).flatMap((op, at) => op.cases.map((row) => unpacked(at, ...row)));
const total = cases.length;

function unpacked(op, place, outcome, samples, ms, message = null, ulps = null, ratio = null) {
  const rest = Math.floor(place / data.checks.length);
  return {
    op, outcome, samples, ms,
    check: place % data.checks.length,
    dtype: rest % data.dtypes.length,
    lane: Math.floor(rest / data.dtypes.length),
    message: message ?? 0,
    ulps: ulps === null ? null : Number(ulps),
    ratio: ratio === null ? null : Number(ratio),
  };
}

// Names of places in the page, as in anchors.py.
const placeOf = (c) =>
  ["case", data.ops[c.op].word, data.checks[c.check][1], data.dtypes[c.dtype][1], data.lanes[c.lane][1]].join("-");
const byPlace = new Map(cases.map((c, k) => [placeOf(c), k]));
const titleOf = (c) => `${data.ops[c.op].name} ${data.checks[c.check][0]}, ${data.lanes[c.lane][0]} ${data.dtypes[c.dtype][0]}`;
