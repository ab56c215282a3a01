// Buttons and keys for bold, slanted, links and lists.
// Without this file an editor types the signs; what is kept is the same.

const WIDE = "**";
const SLANTED = "*";
const LONG = 20_000; // characters: more than any text may have, and a browser takes seconds to be able to undo it

/** Put text in place of the selection, so that undoing works. */
function insert(area, text, from = text.length, to = from) {
  const begin = area.selectionStart;
  area.focus();
  if (text.length > LONG || !document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(begin + from, begin + to);
}

function selected(area) {
  return area.value.slice(area.selectionStart, area.selectionEnd);
}

function around(sign) {
  return (area) => {
    const words = selected(area);
    insert(area, sign + words + sign, sign.length, sign.length + words.length);
  };
}

function link(area) {
  const words = selected(area);
  const address = "https://";
  const begin = words.length + 3;
  const made = `[${words}](${address})`;
  words ? insert(area, made, begin, begin + address.length) : insert(area, made, 1);
}

function list(area) {
  const begin = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  area.setSelectionRange(begin, area.selectionEnd);
  insert(area, selected(area).split("\n").map((line) => `- ${line}`).join("\n"));
}

// Name, key with Ctrl (or Cmd), what it does; a capital is the key with Shift, where the bare one is the browser's.
const ACTS = [
  ["bold", "b", around(WIDE)],
  ["slanted", "i", around(SLANTED)],
  ["link", "k", link],
  ["list", "L", list],
];

function bar(area, words) {
  const group = document.createElement("div");
  group.className = "signs";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", words.form);
  for (const [name, key, act] of ACTS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words[name];
    const keys = `${key === key.toUpperCase() ? "Shift+" : ""}${key.toUpperCase()}`;
    button.title = `Ctrl+${keys}`;
    button.setAttribute("aria-keyshortcuts", `Control+${keys} Meta+${keys}`);
    button.setAttribute("aria-controls", area.id);
    button.addEventListener("click", () => act(area));
    group.append(button);
  }
  area.before(group);
}

function pressed(event) {
  const typed = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
  const found = ACTS.find(([, key]) => key === typed);
  if (found && (event.ctrlKey || event.metaKey) && !event.altKey) {
    event.preventDefault();
    found[2](event.target);
  }
}

const form = document.querySelector("form[data-bold]");
for (const area of form?.querySelectorAll("textarea[data-markdown]") ?? []) {
  bar(area, form.dataset);
  area.addEventListener("keydown", pressed);
  area.addEventListener("bode:insert", (event) => insert(area, event.detail));
}
