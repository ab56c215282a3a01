// Saves while somebody types, with the same form and to the same address as the button does.
// Without this file the button does it alone.

const PAUSE = 2000; // milliseconds after the last key: long enough to end a word
const LATER = 10000; // milliseconds until it is tried again: the service has time to come back
const OK = 200;
const FORBIDDEN = 403;
const CONFLICT = 409;
const TOO_MANY = 429;
const BROKEN = 500; // from here on the fault is not in what was sent

const form = document.querySelector("form[data-save]");
const status = document.querySelector("[data-status]");
const time = document.querySelector("[data-time]");

let timer = 0;
let busy = null; // the request that is on its way
let changed = false;
let stopped = false; // after a refusal only the button may save: its answer shows what to choose
let away = false; // the service was not there, or did not manage
let out = false; // the session has ended: first sign in again, as the same person
let leaving = false;
let unanswered = null; // what was sent, until it is known what became of it
let newer = false; // something was typed since
let asked = false; // the button has waited for the answer once, and does not wait for ever

function tell(word, at = "") {
  // The same words again are not announced again: who listens hears of changes, not of every save.
  if (status.textContent !== form.dataset[word]) {
    status.textContent = form.dataset[word];
  }
  time.textContent = at;
}

/** Whether a picture was chosen that no press of a button has sent yet. */
function waits() {
  return [...form.querySelectorAll('input[type="file"]')].some((input) => input.files.length > 0);
}

function body() {
  const sent = new FormData(form);
  for (const [name, value] of [...sent]) {
    if (value instanceof File) {
      sent.delete(name); // files go with the button
    }
  }
  sent.set("act", "auto");
  return sent;
}

async function save() {
  // An answer that got lost may have been a yes. Then the same text is no new version when it comes again, and newer
  // words come after it; begun on the version before, they would quarrel with what we saved ourselves.
  if (unanswered === null) {
    unanswered = body();
    newer = false;
  }
  unanswered.set("form", form.elements.form.value); // perhaps of another session by now
  changed = false;
  away = false;
  try {
    const answer = await fetch(form.action, { method: "POST", body: unanswered, redirect: "manual" });
    if (answer.status === OK) {
      const kept = await answer.json();
      form.elements.version.value = kept.version;
      unanswered = null;
      asked = false;
      changed = newer;
      if (waits()) {
        tell("pictureWaits");
      } else {
        tell("saved", kept.at);
      }
      document.dispatchEvent(new Event("bode:saved"));
      return;
    }
    out = answer.type === "opaqueredirect" || answer.status === FORBIDDEN;
    away = answer.status === TOO_MANY || answer.status >= BROKEN;
    stopped = !out && !away;
    unanswered = stopped ? null : unanswered;
    tell(out ? "out" : away ? "away" : answer.status === CONFLICT ? "clash" : "refused");
  } catch {
    away = true;
    tell("away");
  }
  changed = true;
}

/** After signing in in another tab this page needs the form's secret of the new session, of the same person. */
async function renew() {
  const answer = await fetch(form.action, { redirect: "manual" }).catch(() => null);
  if (answer?.status === FORBIDDEN) {
    tell("other"); // somebody who may not write
  }
  if (answer?.status !== OK) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const theirs = page.querySelector("form[data-save]");
  if (theirs && theirs.dataset.person !== form.dataset.person) {
    tell("other"); // what one typed is not saved as the work of another
    return;
  }
  out = false;
  stopped = !theirs; // the issue cannot be written any more: the answer to the button says why
  if (stopped) {
    tell("refused");
    return;
  }
  form.elements.form.value = theirs.elements.form.value;
  soon();
}

function start() {
  if (busy === null && changed && !stopped && !out) {
    busy = save().finally(() => {
      busy = null;
      if (changed && !stopped && !out) {
        soon(away ? LATER : PAUSE);
      }
    });
  }
}

function soon(pause = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(start, pause);
}

if (form && status && time) {
  form.addEventListener("input", (event) => {
    if (event.target.type !== "file" && event.target.name !== "beside") {
      changed = true;
      newer = true;
      soon();
    }
  });
  form.addEventListener("change", (event) => {
    if (event.target.type === "file" && waits()) {
      tell("pictureWaits");
    }
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (out) {
      event.preventDefault();
      renew();
      return;
    }
    if (busy === null && unanswered !== null && !asked && !stopped) {
      asked = true;
      changed = true;
      start();
    }
    if (busy !== null) {
      // What is on its way makes a new version; wait for its number, else we would quarrel with ourselves.
      event.preventDefault();
      const pressed = event.submitter;
      busy.then(() => form.requestSubmit(pressed));
      return;
    }
    leaving = true;
  });
  window.addEventListener("focus", () => out && renew());
  window.addEventListener("beforeunload", (event) => {
    if ((changed || waits()) && !leaving) {
      event.preventDefault();
    }
  });
}
