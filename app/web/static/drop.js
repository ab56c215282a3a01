// A picture can be dropped on the field where a file is chosen, or pasted anywhere in its block. Without this
// file one chooses it there.

function choose(input, file) {
  const one = new DataTransfer();
  one.items.add(file);
  input.files = one.files;
  input.dispatchEvent(new Event("change", { bubbles: true })); // as when it is chosen by hand
  input.focus();
}

function pasted(event, input) {
  const { files } = event.clipboardData;
  const picture = [...files].find((file) => file.type.startsWith("image/"));
  if (picture && !event.clipboardData.getData("text/plain")) {
    event.preventDefault();
    choose(input, picture);
  }
}

for (const place of document.querySelectorAll("[data-drop]")) {
  const input = place.querySelector('input[type="file"]');
  place.closest("section").addEventListener("paste", (event) => pasted(event, input));
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("drop-here");
  });
  place.addEventListener("dragleave", () => place.classList.remove("drop-here"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("drop-here");
    if (event.dataTransfer.files.length > 0) {
      choose(input, event.dataTransfer.files[0]);
    }
  });
}
