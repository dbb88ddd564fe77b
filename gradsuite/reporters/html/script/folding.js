// What stands in an op that is closed comes as text, within <noscript>: a browser without script reads it there, one with
// script makes elements of it when the op is opened, or when the page has come and nothing else is to do. So the page
// opens at once, and a search of the browser's own still finds all of it.
function unfolded(op) {
  for (const folded of all("noscript", op)) {
    const parsed = new DOMParser().parseFromString(folded.textContent, "text/html");
    folded.replaceWith(...parsed.body.childNodes);
  }
  return op;
}

function unfoldOneByOne(closed) {
  if (!closed.length) return;
  unfolded(closed[0]);
  setTimeout(unfoldOneByOne, 0, closed.slice(1));
}

document.addEventListener("toggle", (event) => unfolded(event.target), true);
addEventListener("load", () => setTimeout(unfoldOneByOne, 0, all("details.op")));
addEventListener("beforeprint", () => all("details.op").forEach(unfolded));
