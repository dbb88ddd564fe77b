// Buttons that copy: the text of a command or a program, the address of a case.
function copier(text, word, otherwise) {
  const made = button("copier", word, async () => {
    try {
      await navigator.clipboard.writeText(text());
      made.textContent = "copied";
    } catch {
      made.textContent = otherwise();
    }
    setTimeout(() => { made.textContent = word; }, 1500);
  });
  return made;
}

function withCopier(pre) {
  const frame = make("div", "copied");
  pre.replaceWith(frame);
  frame.append(pre, copier(() => pre.textContent, "copy", () => {
    getSelection().selectAllChildren(pre);
    return "selected";
  }));
}

function linkCopier(story) {
  const address = () => new URL(`#${story.id}`, location.href).href;
  story.querySelector(".id").append(" ", copier(address, "copy link", () => {
    history.replaceState(null, "", address());
    return "see the address";
  }));
}
