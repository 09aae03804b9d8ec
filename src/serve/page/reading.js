// The photo that the body is read off: none, the one above, or another one that shows its person from head to feet.
import { el, find } from "./dom.js";
import { t } from "./words.js";

let usable = false, person = null, asking = 0;

/** Wires the choice; changed() hears of it. */
export function setUp(changed) {
  find("#read").addEventListener("change", (event) => { person.read = event.target.value; changed(); });
  const file = find("#reading input[type=file]");
  file.addEventListener("change", () => {
    if (!file.files[0]) return;
    Object.assign(person, { whole: { blob: file.files[0], url: URL.createObjectURL(file.files[0]) }, read: "whole" });
    file.value = ""; // the same file may be chosen for somebody else
    draw(person);
    changed();
  });
}

/** Shows the choice where models are loaded that read photos. */
export function useModels(models) {
  usable = ["body_photo", "parser"].every((kind) => models.some((one) => one.kind === kind));
  find("#reading").hidden = !usable;
}

/** Draws what was chosen for somebody, in the language of now. */
export function draw(one) {
  person = one;
  const choices = ["", "shown", ...(person.whole ? ["whole"] : [])];
  find("#read").replaceChildren(...choices.map((value) => el("option", { value, textContent: t(`read.${value || "none"}`) })));
  find("#read").value = person.read ?? "";
  find("#reading .hint").textContent = t(asking ? "reading.asking" : "reading.hint");
}

/** The photo that is read, with its address; null = none is. */
export const chosen = (one) => (usable ? { shown: one, whole: one.whole }[one.read] ?? null : null);

/** Says that a photo is being read, until then. */
export async function during(then) {
  asking += 1;
  draw(person);
  try {
    return await then();
  } finally {
    asking -= 1;
    draw(person);
  }
}

/** Which models read the photo of an answer. */
export const readBy = ({ reader, parser }) =>
  (reader ? el("p", { className: "hint", textContent: t("reading.by", { reader: reader.name, parser: parser.name }) }) : null);
