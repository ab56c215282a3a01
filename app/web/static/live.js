// Shows the mail beside the text in the way that was chosen, and makes it anew after each save. Without this
// file the button beside the choice does that.

const aside = document.querySelector("[data-live]");
const choice = document.querySelector("select[name=beside]");
const frame = aside?.querySelector("iframe");
const inFrame = () => choice.selectedOptions[0].parentNode.matches("[data-guises]"); // a guise of the mail

let place = 0; // how far the reader of the frame had come

function load() {
  place = frame.contentWindow?.scrollY ?? 0;
  frame.src = `${aside.dataset.live}?as=${choice.value}`;
}

/** What was chosen is in the address as well, so that it stays when the page is loaded again. */
function remember() {
  const here = new URL(location.href);
  choice.value ? here.searchParams.set("beside", choice.value) : here.searchParams.delete("beside");
  history.replaceState(history.state, "", here);
}

if (aside && choice && frame) {
  const button = choice.form.querySelector('button[value="show"]');
  const words = choice.value !== "" && !inFrame(); // the other language stands in the page itself
  button.hidden = true;
  choice.addEventListener("change", () => {
    if (words || (choice.value && !inFrame())) {
      choice.form.requestSubmit(button);
      return;
    }
    aside.hidden = !choice.value;
    aside.classList.toggle("live-wide", choice.value === "desk");
    remember();
    if (choice.value) {
      load();
    }
  });
  frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, place));
  document.addEventListener("bode:saved", () => {
    if (!aside.hidden) {
      load();
    }
  });
}
