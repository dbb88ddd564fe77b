// The query: words and key:value terms. "!" turns a term round, quotes keep spaces, commas and terms of one key are
// alternatives, "*" stands for anything. What is not understood is said, and never hides what else was asked.
const KEYS = {
  s: "outcome", status: "outcome", outcome: "outcome",
  d: "device", device: "device",
  op: "op", dtype: "dtype", check: "check", run: "run", family: "family", culprit: "culprit",
};
const SHORT = { bf16: "bfloat16", f16: "float16", fp16: "float16", half: "float16", f32: "float32", fp32: "float32", f64: "float64", fp64: "float64", double: "float64" };

// For each key: the names that the report holds, and which of them a case has.
const fields = data && {
  outcome: [data.outcomes.map(([name]) => name), (c) => c.outcome],
  device: [data.lanes.map((lane) => lane[2]), (c) => c.lane],
  run: [data.lanes.map((lane) => lane[3]), (c) => c.lane],
  op: [data.ops.map((op) => op.name), (c) => c.op],
  family: [data.ops.map((op) => op.family), (c) => c.op],
  dtype: [data.dtypes.map(([name]) => name), (c) => c.dtype],
  check: [data.checks.map(([name]) => name), (c) => c.check],
  culprit: [data.messages.map(([culprit]) => culprit), (c) => c.message],
};

function compiled(query) {
  const notes = [];
  const terms = (query.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []).map((token) => term(token, notes)).filter(Boolean);
  const groups = Map.groupBy(terms, (t) => (t.key && !t.not ? t.key : t));
  const tests = [...groups.values()].map((group) => (c) => group.some((t) => t.has(c) !== t.not));
  return { match: (c) => tests.every((test) => test(c)), notes, empty: terms.length === 0 };
}

function term(token, notes) {
  const not = token.startsWith("!");
  const body = not ? token.slice(1) : token;
  const [, name, rest] = body.match(/^(\w+):(.*)$/s) ?? [];
  const key = Object.hasOwn(KEYS, name?.toLowerCase() ?? "") ? KEYS[name.toLowerCase()] : undefined;
  if (key) return { key, not, has: valued(key, name, rest, notes) };
  const word = body.replaceAll('"', "").toLowerCase();
  return word ? { not, has: worded(word, name, notes) } : null;
}

// A case that has one of the values. A value that names nothing exactly may be part of a name.
function valued(key, name, rest, notes) {
  const [names, pick] = fields[key];
  const values = (rest.match(/(?:"[^"]*"?|[^,"])+/g) ?? []).map((value) => value.replaceAll('"', "").toLowerCase()).filter(Boolean);
  const known = [...new Set(names)].filter(Boolean);
  if (!values.length) {
    notes.push(`${name}: may be ${listed(known)}.`);
    return () => true;
  }
  const found = new Set(values.flatMap((value) => among(names, (key === "dtype" && SHORT[value]) || value, known, name, notes)));
  return (c) => found.has(pick(c));
}

function among(names, value, known, name, notes) {
  const low = names.map((each) => each.toLowerCase());
  const positions = (test) => low.flatMap((each, k) => (test(each) ? [k] : []));
  const exact = positions((each) => (value.includes("*") ? fits(each, value) : each === value));
  const found = exact.length || value.includes("*") ? exact : positions((each) => each.includes(value));
  if (!found.length) notes.push(`Nothing here has ${name}:${value}; there is ${listed(known)}.`);
  return found;
}

// Whether the pieces between the stars follow one another in the text, from its start to its end.
function fits(text, pattern) {
  const pieces = pattern.split("*");
  const last = pieces.pop();
  let at = 0;
  for (const [k, piece] of pieces.entries()) {
    const found = text.indexOf(piece, at);
    if (found < 0 || (k === 0 && found > 0)) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

// A free word: an outcome, or part of a name, a summary, a message or a case's id.
function worded(word, key, notes) {
  const outcome = fields.outcome[0].indexOf(word);
  if (outcome >= 0) return (c) => c.outcome === outcome;
  const holds = (...texts) => texts.some((text) => text.toLowerCase().includes(word));
  const ops = data.ops.map((op) => holds(op.name, op.op, op.path, op.family, op.summary));
  const checks = data.checks.map(([name]) => holds(name));
  const dtypes = data.dtypes.map(([name]) => holds(name));
  const lanes = data.lanes.map(([label, , device]) => holds(label, device));
  const messages = data.messages.map(([, text]) => holds(text));
  const has = (c) => ops[c.op] || checks[c.check] || dtypes[c.dtype] || lanes[c.lane] || messages[c.message] || (word.includes("::") && holds(idOf(c)));
  if (key && !cases.some(has)) notes.push(`${key}: is no key (there are s, d, run, op, family, check, dtype, culprit), and no text holds “${word}”.`);
  else if (data.cut) notes.push("So much failed that words are looked for in the first messages only.");
  return has;
}

const idOf = (c) => {
  const op = data.ops[c.op];
  return `${op.path}::${op.name}::${data.checks[c.check][0]}[${data.lanes[c.lane][2]}-${data.dtypes[c.dtype][0]}]`;
};
const listed = (names) => names.slice(0, 8).join(", ") + (names.length > 8 ? ` and ${names.length - 8} more` : "");
