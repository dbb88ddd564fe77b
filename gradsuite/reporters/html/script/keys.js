// The keyboard. Single letters can be switched off, for those to whom they happen by accident.
const NARROW = "details.story.failed:not([hidden]), details.story.error:not([hidden])";
const stories = () => {
  const loud = all(NARROW).filter((story) => !story.closest("[hidden]"));
  return loud.length ? loud : all("details.story").filter((story) => !story.closest("[hidden]"));
};

function go(story) {
  if (!story) return;
  opened(story.parentElement);
  const summary = story.querySelector("summary");
  summary.focus({ preventScroll: true });
  summary.scrollIntoView({ block: "center" });
  address(document.querySelector("#query").value, `#${story.id}`);
}

function step(by) {
  const places = stories();
  const here = document.activeElement.closest("details.story") ?? document.getElementById(decoded(location.hash.slice(1)));
  const now = places.indexOf(here);
  const next = now < 0 ? (by > 0 ? 0 : places.length - 1) : now + by;
  go(places[Math.min(Math.max(next, 0), places.length - 1)]);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const box = document.querySelector("#query");
  const act = event.target === box ? inBox(event.key, box) : event.target.closest?.("input, textarea, select") ? null : onPage(event);
  if (!act) return;
  event.preventDefault();
  act();
}

const inBox = (key, box) => ({
  Escape: () => (box.value ? ask("") : box.blur()),
  ArrowDown: () => go(stories()[0]),
  Enter: () => {
    const [first] = stories();
    if (first) first.open = true;
    go(first);
  },
})[key];

function onPage(event) {
  if (event.key === "Escape") return document.querySelector("#query").value ? () => ask("") : null;
  const story = event.target.closest?.("details.story > summary");
  if (story && event.key === "ArrowDown") return () => step(1);
  if (story && event.key === "ArrowUp") return () => step(-1);
  return lettersOn() ? LETTERS[event.key] : null;
}

const LETTERS = {
  "/": () => document.querySelector("#query").select(),
  "?": () => showKeys(),
  j: () => step(1),
  k: () => step(-1),
};

// A browser may keep nothing for a page that is opened as a file: then the choice lasts as long as the page.
let letters = true;
function lettersOn(choice) {
  try {
    if (choice !== undefined) localStorage.setItem("gradsuite letters", choice ? "on" : "off");
    letters = localStorage.getItem("gradsuite letters") !== "off";
  } catch {
    letters = choice ?? letters;
  }
  return letters;
}

function showKeys() {
  const dialog = document.querySelector("#keys");
  dialog.querySelector("input").checked = lettersOn();
  dialog.showModal();
}
