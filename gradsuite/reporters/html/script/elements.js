// Elements are made here and nowhere else: text is set as text, never as markup.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, css = "", text = "", attributes = {}) => {
  const element = document.createElement(tag);
  if (css) element.className = css;
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
const button = (css, text, act, attributes = {}) => {
  const made = make("button", css, text, { type: "button", ...attributes });
  made.addEventListener("click", act);
  return made;
};
const sign = (outcome) => make("i", `g ${data.outcomes[outcome][0]}`, data.outcomes[outcome][1], { "aria-hidden": "true" });
const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

// A figure to three digits, as the rest of the page writes them: 1,234, 0.0312, 4.1e−9, ∞.
function figure(value) {
  if (value === null) return "";
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞").replace("-", "−");
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return value.toLocaleString("en").replace("-", "−");
  return value.toPrecision(3).replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "").replace("e+", "e").replace("-", "−");
}
