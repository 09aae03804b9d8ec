// Photos to choose from, as radio buttons, with one more place for a photo of one's own.
import { el } from "./dom.js";
import { t } from "./words.js";

const TYPES = "image/jpeg,image/png,image/webp";

/** Draws the choices of one fieldset; choose(item) is called with what was chosen. */
export function tiles(fieldset, name, items, chosen, choose, add) {
  const box = fieldset.querySelector(".tiles");
  const tile = (item) => {
    const input = el("input", { type: "radio", name, checked: item === chosen });
    input.addEventListener("change", () => choose(item));
    return el("label", { className: "tile", title: item.title() }, input, el("img", { src: item.url, alt: item.title() }));
  };
  const file = el("input", { type: "file", accept: TYPES, "aria-label": t(`${name}.upload`) });
  file.addEventListener("change", () => file.files[0] && add(file.files[0]));
  const upload = el("label", { className: "tile upload" }, file,
    el("span", { "aria-hidden": "true" }, el("b", { textContent: "+" }), t("upload")));
  const focused = box.contains(document.activeElement);
  box.replaceChildren(upload, ...items.map(tile));
  if (focused) box.querySelector(":checked")?.focus();
}

/** Redraws which tile is chosen, without touching the focus. */
export function mark(fieldset, index) {
  const inputs = fieldset.querySelectorAll("input[type=radio]");
  if (inputs[index]) inputs[index].checked = true;
}
