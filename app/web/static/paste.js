// Pasting from a text program, a mail or a web page keeps the form of a text and nothing else of it:
// paragraphs, bold, slanted, links and lists, in the signs that an editor could have typed.
// Without this file the browser pastes the bare words.

const STYLE = "data-style";
const BOLD = 600; // of a font's weight
const tags = (words) => new Set(words.split(" "));
// What somebody struck out while others could see it must not come back in a newsletter.
const UNSEEN = tags(
  "STYLE SCRIPT META LINK TITLE HEAD IMG PICTURE SVG MATH TEMPLATE XML DEL S STRIKE SELECT TEXTAREA NOSCRIPT IFRAME OBJECT VIDEO AUDIO CANVAS",
);
const BLOCKS = tags(
  "P DIV UL OL LI DL DT DD TABLE CAPTION TR TD TH H1 H2 H3 H4 H5 H6 BLOCKQUOTE SECTION ARTICLE ASIDE HEADER FOOTER MAIN NAV FIGURE FIGCAPTION ADDRESS PRE HR FORM FIELDSET DETAILS SUMMARY",
);
const NOTES = /\b(MsoCommentReference|msocomanchor)\b/; // remarks of colleagues beside a text
// What nobody sees and the check refuses: soft hyphens, joints, and signs that turn the direction of a text.
const INVISIBLE = /[\p{Cc}\u00ad\u200b\u2060\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const BULLET = /^\s*(?:[•·▪◦‣●\uf0a7\uf0b7]\s*|-\s+)/; // a list that was typed by hand
// Signs that would get a meaning they did not have: anywhere, and at the beginning of a line.
const ODD = /[\\`*[\]]|<(?=[A-Za-z])|&(?=[#\w])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
const NUMBER = /^(\d{1,9})([.)])(?=\s|$)/;
const LEADING = /^((?:#{1,6}|[-+])(?=\s|$)|>|[=-][=\s-]*$|~~~)/;

// The form of words, the outermost first: signs that are opened last are closed first.
const FORMS = ["href", "bold", "slanted"];
const PLAIN = { href: "", bold: false, slanted: false };
const OPEN = { href: "[", bold: "**", slanted: "*" };
const CLOSE = { href: (run) => `](${run.href})`, bold: () => "**", slanted: () => "*" };

/** What an element says of its look, by name. */
function look(node) {
  const said = (node.getAttribute(STYLE) ?? "").toLowerCase().split(";").map((each) => each.split(":"));
  return Object.fromEntries(said.map(([name, value]) => [name.trim(), (value ?? "").trim()]));
}

function unseen(node, style) {
  const word = style["mso-list"] === "ignore" || style["mso-element"] === "comment-list";
  const struck = `${style["text-decoration"]} ${style["text-decoration-line"]}`.includes("line-through");
  const gone = struck || node.hidden || style.display === "none" || style["mso-hide"] === "all";
  return UNSEEN.has(node.tagName.toUpperCase()) || word || gone || NOTES.test(node.className);
}

/** Where a link leads; nothing for what works only inside the text that it came from. */
function address(href) {
  const typed = href.trim();
  let there = null;
  try {
    there = new URL(typed);
  } catch {
    return "";
  }
  if (!["http:", "https:", "mailto:"].includes(there.protocol)) {
    return "";
  }
  // Mail programs and searchers put their own address before it, and with it who got the link.
  const guarded = there.hostname.endsWith(".safelinks.protection.outlook.com");
  const searched = /(^|\.)google\.\w+$/.test(there.hostname) && there.pathname === "/url";
  const meant = guarded || searched ? (there.searchParams.get("url") ?? there.searchParams.get("q")) : null;
  if (meant) {
    return address(meant);
  }
  const plain = /^[\x21-\x7e]+$/.test(typed) ? typed : there.href;
  return plain.replace(/[()<>\\]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The form of what is inside an element: its own, else that of what is around it. */
function formed(node, style, around) {
  const tag = node.tagName;
  const head = around.head || /^H[1-6]$/.test(tag) || /\bMso(Sub)?[Tt]itle\b/.test(node.className);
  const weight = style["font-weight"] ?? (tag === "B" || tag === "STRONG" ? "bold" : "inherit");
  const slope = style["font-style"] ?? (tag === "I" || tag === "EM" ? "italic" : "inherit");
  const bold = weight === "inherit" ? around.bold : weight.startsWith("bold") || Number(weight) >= BOLD;
  const slanted = slope === "inherit" ? around.slanted : slope !== "normal";
  const blanks = style["white-space"] ?? (tag === "PRE" ? "pre" : "");
  return {
    head,
    bold: bold || head,
    slanted: slanted && !head,
    href: (tag === "A" && address(node.getAttribute("href") ?? "")) || around.href,
    lines: blanks ? blanks.startsWith("pre") : around.lines,
  };
}

// How far one text is read: the paragraphs that are done, the words of the next one, the items that are
// open around it, and what Word said of the items before it.
const begun = () => ({ found: [], runs: [], items: [], levels: [] });

function read(node, form, at) {
  for (const child of node.childNodes) {
    if (child.nodeType === Node.ELEMENT_NODE) {
      element(child, form, at);
    } else if (child.nodeType === Node.TEXT_NODE) {
      const lines = form.lines ? child.nodeValue.split("\n") : [child.nodeValue];
      const bare = lines.map((line) => line.replace(/\s+/g, " ").replace(INVISIBLE, "")).join("\n");
      at.runs.push({ ...PLAIN, ...form, text: bare });
    }
  }
}

function element(node, around, at) {
  const style = look(node);
  if (unseen(node, style)) {
    return;
  }
  const form = formed(node, style, around);
  if (node.tagName === "BR") {
    at.runs.push({ ...form, text: "\n" });
  } else if (BLOCKS.has(node.tagName)) {
    end(at);
    (INSIDE[node.tagName] ?? read)(node, form, at);
    end(at);
  } else {
    read(node, form, at);
  }
}

function within(items, at, act) {
  const outer = at.items;
  at.items = [...outer, ...items];
  act();
  end(at);
  at.items = outer;
}

function list(node, form, at) {
  let number = (parseInt(node.getAttribute("start"), 10) || 1) - 1;
  let mark = "";
  for (const child of node.children) {
    const fresh = child.tagName === "LI"; // what else is right inside a list belongs to the item before it
    number += fresh;
    mark = !fresh ? mark : node.tagName === "OL" ? `${number}. ` : "- ";
    within([{ mark, fresh }], at, () => element(child, form, at));
  }
}

function item(node, form, at) {
  const alone = !/^(UL|OL)$/.test(node.parentNode.tagName);
  within(alone ? [{ mark: "- ", fresh: true }] : [], at, () => read(node, form, at));
}

function paragraph(node, form, at) {
  within(wordItem(node, at), at, () => read(node, form, at));
}

/** Word writes a list as paragraphs with a level, and with a mark that stands in a text of its own. */
function wordItem(node, at) {
  const level = /level(\d+)/.exec(look(node)["mso-list"] ?? "")?.[1];
  const told = node.querySelector(`[${STYLE}*="ignore" i]`)?.textContent.trim();
  if (level === undefined && told === undefined) {
    at.levels = [];
    return [];
  }
  const depth = Number(level ?? 1);
  const counted = /(\d+)[.)]?$/.exec(told ?? "")?.[1];
  const lettered = /^\(?[a-z]{1,5}[.)]$/i.test(told ?? "") ? (at.levels[depth - 1]?.number ?? 0) + 1 : 0;
  const number = Number(counted ?? lettered);
  const mark = number ? `${number}. ` : "- ";
  const outer = at.levels.slice(0, depth - 1);
  at.levels = [...outer, { mark, number, fresh: false }];
  return [...outer, { mark, fresh: true }];
}

/** A row of short cells is one item; where cells hold more than that, the table was there for its looks. */
function row(node, form, at) {
  const cells = [...node.children].map((cell) => {
    const own = begun();
    element(cell, form, own);
    return own.found;
  });
  const filled = cells.filter((each) => each.length > 0);
  if (filled.length > 1 && filled.every((each) => each.length === 1 && !each[0].listed)) {
    const words = filled.map(([each]) => each.text.replaceAll("\n", " "));
    const text = words.reduce((line, each) => line + (/[:;,.?!]\**$/.test(line) ? " " : ", ") + each);
    at.found.push({ text: `- ${text}`, begins: true, listed: true });
  } else {
    at.found.push(...filled.flat());
  }
}

const INSIDE = { UL: list, OL: list, LI: item, P: paragraph, TR: row };

/** The paragraph that was read is done; two line breaks part it as well. */
function end(at) {
  for (const runs of parted(at.runs)) {
    const typed = at.items.length === 0 ? typedItem(runs) : [];
    const words = signed(loose(tidy(runs)));
    if (words) {
      at.found.push(placed(words, typed.length > 0 ? typed : at.items));
    }
  }
  at.runs = [];
}

function parted(runs) {
  const found = [[]];
  let breaks = 0;
  for (const run of runs.flatMap((each) => each.text.split(/(\n)/).map((text) => ({ ...each, text })))) {
    if (run.text === "\n") {
      breaks += 1;
    } else if (run.text.trim() || breaks === 0) {
      if (breaks > 1 || (breaks > 0 && BULLET.test(run.text))) {
        found.push([]);
      } else if (breaks > 0) {
        found.at(-1).push({ ...PLAIN, text: "\n" });
      }
      found.at(-1).push(run);
      breaks = 0;
    }
  }
  return found;
}

function typedItem(runs) {
  const first = runs.find((run) => run.text.trim());
  if (!first || !BULLET.test(first.text)) {
    return [];
  }
  first.text = first.text.replace(BULLET, "");
  return [{ mark: "- ", fresh: true }];
}

/** The words at their place in the lists around them. */
function placed(words, items) {
  const begins = items.at(-1)?.fresh ?? false;
  const before = items.map((each) => (each.fresh ? each.mark : " ".repeat(each.mark.length))).join("");
  for (const each of items) {
    each.fresh = false;
  }
  const text = before + words.replaceAll("\n", `\n${" ".repeat(before.length)}`);
  return { text, begins, listed: items.length > 0 };
}

const alike = (one, other) => FORMS.every((name) => one[name] === other[name]);

/** The form that two neighbours have in common, from the outermost on. */
function shared(one, other) {
  const differ = FORMS.findIndex((name) => one[name] !== other[name]);
  const names = differ < 0 ? FORMS : FORMS.slice(0, differ);
  return { ...PLAIN, ...Object.fromEntries(names.map((name) => [name, one[name]])) };
}

/** Words and blanks apart: a blank has the form of both its neighbours, so that no sign stands beside one. */
function tidy(runs) {
  const found = [];
  for (const run of runs) {
    for (const text of run.text.split(/^(\s+)|(\s+)$/).filter(Boolean)) {
      const last = found.at(-1);
      if (text.trim()) {
        found.push({ ...run, text });
      } else if (last && !last.text.trim()) {
        last.text = last.text.includes("\n") || text.includes("\n") ? "\n" : " ";
      } else if (last) {
        found.push({ ...PLAIN, text: text.includes("\n") ? "\n" : " " });
      }
    }
  }
  if (found.length > 0 && !found.at(-1).text.trim()) {
    found.pop();
  }
  const blank = (run) => !run.text.trim();
  return merged(found.map((run, i) => (blank(run) ? { ...run, ...shared(found[i - 1], found[i + 1]) } : run)));
}

function merged(runs) {
  const found = [];
  for (const run of runs) {
    const last = found.at(-1);
    if (last && alike(last, run)) {
      last.text += run.text;
    } else {
      found.push({ ...run });
    }
  }
  return found;
}

/** A sign between punctuation and a letter means nothing in Markdown: that punctuation stays outside. */
function loose(runs) {
  const found = [];
  for (const run of runs) {
    const last = found.at(-1);
    if (last && last.href === run.href && !alike(last, run)) {
      const [ends, begins] = [/[\p{P}\p{S}]*$/u.exec(last.text)[0], /^[\p{P}\p{S}]*/u.exec(run.text)[0]];
      const before = begins || /^\s/.test(run.text) ? "" : ends;
      const after = ends || /\s$/.test(last.text) ? "" : begins;
      last.text = last.text.slice(0, last.text.length - before.length);
      found.push({ ...shared(last, run), text: before + after }, { ...run, text: run.text.slice(after.length) });
    } else {
      found.push({ ...run });
    }
  }
  return merged(found.filter((run) => run.text));
}

function signed(runs) {
  let [text, before] = ["", PLAIN];
  for (const run of [...runs, { ...PLAIN, text: "" }]) {
    const first = FORMS.findIndex((name) => run[name] !== before[name]);
    const names = first < 0 ? [] : FORMS.slice(first);
    text += [...names].reverse().map((name) => (before[name] ? CLOSE[name](before) : "")).join("");
    const signs = names.map((name) => (run[name] ? OPEN[name] : "")).join("");
    text = signs.startsWith("[") ? text.replace(/!$/, "\\!") : text; // else the link would be a picture
    text += signs + (run.href ? run.text.replaceAll("\n", " ") : run.text).replace(ODD, "\\$&");
    before = run;
  }
  const lines = text.split("\n").map((line) => line.trim());
  return lines.map((line) => line.replace(NUMBER, "$1\\$2").replace(LEADING, "\\$1")).join("\n");
}

/** The paragraphs of what was copied. */
function paragraphs(html) {
  // Our security policy obeys no style inside a page and complains of each; here they are only read.
  const tame = html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/(<[^>]*?)\sstyle=/gi, `$1 ${STYLE}=`);
  const at = begun();
  read(new DOMParser().parseFromString(tame, "text/html").body, PLAIN, at);
  end(at);
  return at.found;
}

/** One text, as it goes in at this place of another one. */
function joined(found, area, bare) {
  const text = found
    .map((each, i) => (i === 0 ? "" : each.begins && found[i - 1].listed ? "\n" : "\n\n") + each.text)
    .join("");
  const before = area.value.slice(0, area.selectionStart);
  const after = area.value.slice(area.selectionEnd);
  if (found.length === 1 && !found[0].listed) {
    return (/^[ \u00a0]/.test(bare) ? " " : "") + text + (/[ \u00a0]$/.test(bare) ? " " : "");
  }
  return (/(^|\n)$/.test(before) ? "" : "\n\n") + text + (/^(\n|$)/.test(after) ? "" : "\n\n");
}

function pasted(event, status, words) {
  const clipboard = event.clipboardData;
  const [html, bare] = ["text/html", "text/plain"].map((kind) => clipboard?.getData(kind) ?? "");
  const found = paragraphs(html);
  const picture = !bare.trim() && [...(clipboard?.files ?? [])].some((file) => file.type.startsWith("image/"));
  status.textContent = "";
  if (found.length > 0) {
    event.preventDefault();
    const text = joined(found, event.target, bare);
    event.target.dispatchEvent(new CustomEvent("bode:insert", { detail: text }));
  } else if (picture || (!bare.trim() && /<img/i.test(html))) {
    event.preventDefault();
    status.textContent = words;
  }
}

const form = document.querySelector("form[data-picture]");
for (const area of form?.querySelectorAll("textarea[data-markdown]") ?? []) {
  const status = document.createElement("p");
  status.className = "hint";
  status.setAttribute("role", "status");
  area.after(status);
  area.addEventListener("paste", (event) => pasted(event, status, form.dataset.picture));
}
