// Stands in the frame of a mail: lets axe look at it, and tells the page around what it found.

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
// Mail programs take these parts of a page away or bring their own.
const NOT_FOR_MAIL = ["region", "landmark-one-main", "bypass", "skip-link"];
const OPTIONS = {
  runOnly: { type: "tag", values: TAGS },
  rules: Object.fromEntries(NOT_FOR_MAIL.map((rule) => [rule, { enabled: false }])),
  resultTypes: ["violations"],
  iframes: false,
  preload: false,
};
const HELP = 200; // characters: what the service takes
const PLACES = 5;
const TIMES = 10000;
const PLACE = 80; // characters, enough to find it by

// What a reader's own machine decides about colours is decided here by the address, whoever's browser looks.
const root = document.documentElement.style;
root.forcedColorAdjust = "none";
root.colorScheme = new URLSearchParams(location.search).get("as") === "dark" ? "only dark" : "only light";

function words(element) {
  const text = (element?.innerText || element?.alt || "").replace(/\s+/g, " ").trim();
  return /[^\s\p{C}]/u.test(text) ? text : ""; // signs that take no room are no words
}

// By whole signs: half an emoji is no text, and the service would refuse all of it.
function cut(text, most) {
  return [...text].slice(0, most).join("");
}

// What stands there, so that an editor finds it: its words, where it leads, or the words around it.
function place(node) {
  const element = document.querySelector(node.target[0]);
  return cut(words(element) || element?.href || words(element?.parentElement) || node.html, PLACE);
}

function told(each) {
  return {
    rule: each.id,
    impact: each.impact || "serious", // what axe gives no weight had better be looked at
    help: cut(each.help, HELP),
    places: each.nodes.slice(0, PLACES).map(place),
    times: Math.min(each.nodes.length, TIMES),
  };
}

addEventListener("load", async () => {
  const { violations } = await axe.run(document, OPTIONS);
  parent.postMessage(violations.map(told), location.origin);
});
