// Has axe look at each mail, light and dark, in a frame that can reach nothing, and sends what it found.
// Without this file another colleague's browser has to do it.

const LONGEST = 30000; // milliseconds for a mail to come in, over the slowest line
const AFTERWARDS = 10000; // milliseconds: a slow telephone needs five seconds for the longest mail
const PLACES = 5; // what the service takes, as in axe.js
const TIMES = 10000;
const IMPACTS = ["minor", "moderate", "serious", "critical"];
const LOOKS = ["light", "dark"];

const room = document.querySelector("[data-seeing]");
const said = room.querySelector("[data-said]");

function look(mail, guise) {
  const frame = document.createElement("iframe");
  return new Promise((resolve, reject) => {
    let timer = setTimeout(reject, LONGEST);
    addEventListener("message", (event) => {
      if (event.source === frame.contentWindow) {
        clearTimeout(timer);
        resolve(event.data);
      }
    });
    frame.addEventListener("load", () => {
      clearTimeout(timer);
      timer = setTimeout(reject, AFTERWARDS); // a page without axe is not waited for: the mail is another one by now
    });
    frame.setAttribute("sandbox", "allow-scripts");
    frame.className = "seen";
    frame.title = said.textContent;
    frame.inert = true; // nobody comes into it with the keyboard
    frame.src = `${room.dataset.mails}/${mail.dataset.mail}?of=${mail.dataset.digest}&as=${guise}`;
    room.append(frame);
  }).finally(() => frame.remove());
}

// What is wrong in the light and in the dark is told once; what only one of them has comes beside it.
function joined(one, other) {
  const fresh = other.places.filter((each) => !one.places.includes(each));
  const both = other.places.length - fresh.length;
  const graver = IMPACTS.indexOf(other.impact) > IMPACTS.indexOf(one.impact) ? other : one;
  return {
    ...graver,
    places: [...one.places, ...fresh].slice(0, PLACES),
    times: Math.min(one.times + other.times - both, TIMES),
  };
}

async function see(mail) {
  const rules = new Map();
  for (const guise of LOOKS) {
    for (const each of await look(mail, guise)) {
      const before = rules.get(each.rule);
      rules.set(each.rule, before ? joined(before, each) : each);
    }
  }
  const body = new URLSearchParams({
    form: room.dataset.form,
    language: mail.dataset.mail,
    digest: mail.dataset.digest,
    verdict: JSON.stringify({ found: [...rules.values()] }),
  });
  const answer = await fetch(room.dataset.to, { method: "POST", body, redirect: "error" });
  if (!answer.ok) {
    throw new Error(answer.statusText);
  }
}

// What somebody is to read, or wrote: typed just now, or given back with what was wrong with it.
function stays() {
  const fields = document.querySelectorAll("main input:not([type=hidden]), main textarea");
  return document.querySelector("#problem, #done") !== null || [...fields].some((each) => each.value !== "");
}

let pressed = false; // an answer is on its way, and must not be overtaken
document.addEventListener("submit", () => {
  pressed = true;
});

async function all() {
  said.textContent = room.dataset.busy;
  try {
    for (const mail of room.querySelectorAll("[data-mail]")) {
      await see(mail);
    }
  } catch {
    said.textContent = room.dataset.failed;
    return;
  }
  if (pressed) {
    return;
  }
  if (stays()) {
    said.textContent = room.dataset.done; // nothing is lost: who has read it loads the page anew
    room.querySelector("[data-anew]").hidden = false;
  } else {
    location.replace(room.dataset.back);
  }
}

all();
