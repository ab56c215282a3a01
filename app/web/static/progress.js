// Shows the numbers of an issue as they change. Without this file the page is loaded again by hand.

const page = document.querySelector("[data-live]");
const bar = page.querySelector("progress");
const told = page.querySelector("[data-told]"); // read aloud, so only every tenth part is told
const state = page.querySelector("[data-number=state]");
const source = new EventSource(page.dataset.live);
let tenth = -1;

function show(numbers) {
  if (!numbers.begun) {
    return;
  }
  for (const each of page.querySelectorAll("[data-number]")) {
    each.textContent = numbers[each.dataset.number];
  }
  bar.value = numbers.done;
  bar.max = Math.max(1, numbers.audience);
  const reached = Math.floor(numbers.share / 10);
  if (reached !== tenth) {
    tenth = reached;
    told.textContent = `${numbers.share}% ${page.dataset.words}`;
  }
}

function because(causes) {
  const section = document.querySelector("[data-causes]");
  section.hidden = !causes.length;
  section.querySelector("tbody").replaceChildren(
    ...causes.map(([cause, count]) => {
      const row = document.createElement("tr");
      const head = row.appendChild(document.createElement("th"));
      head.scope = "row";
      head.textContent = cause;
      row.appendChild(document.createElement("td")).textContent = count;
      return row;
    }),
  );
}

source.addEventListener("message", (event) => {
  const numbers = JSON.parse(event.data);
  const begins = numbers.begun && !state;
  const other = state && state.textContent !== numbers.state; // a colleague stopped it, or let it go on
  show(numbers);
  because(numbers.causes);
  if (begins || other || !numbers.moving) {
    source.close();
    location.reload(); // what comes next is another page
  }
});

// The service ends it after a while, and with the session; or takes nobody more. Numbers that stand still look
// like an issue that does.
function stale() {
  source.close();
  const notice = document.querySelector("[data-stale]");
  notice.textContent = notice.dataset.stale;
}

source.addEventListener("end", stale);
source.addEventListener("error", () => source.readyState === EventSource.CLOSED && stale());
