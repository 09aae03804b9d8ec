// The worn picture over the person photo, and the line between them that a range input moves.
import { find } from "./dom.js";
import { t } from "./words.js";

const START = 22; // most of the new picture, and the line in sight
const parts = () => ({
  figure: find("#compare"), before: find("#compare .before"), after: find("#compare .after"), slide: find("#slide"),
  marks: [...find("#compare").querySelectorAll(".right, .made, .handle, #slide")],
});

/** Wires the slider. */
export function setUp() {
  find("#slide").addEventListener("input", place);
}

/** The person alone, as photographed. */
export function showPerson(url, alt) {
  const { before, after, marks, figure } = parts();
  before.src = url;
  before.alt = alt;
  for (const mark of [after, ...marks]) mark.hidden = true;
  figure.classList.remove("worn");
}

/** The worn picture; the line stays where it was. */
export function showWorn(personUrl, personAlt, url, alt) {
  const { before, after, slide, marks, figure } = parts();
  const first = after.hidden;
  if (before.getAttribute("src") !== personUrl) before.src = personUrl;
  before.alt = personAlt;
  after.src = url;
  after.alt = alt;
  for (const mark of [after, ...marks]) mark.hidden = false;
  figure.classList.add("worn");
  if (first && !slide.dataset.moved) slide.value = START;
  place();
}

/** Says aloud where the line is, in the language of now. */
export function place(event) {
  const { figure, slide } = parts();
  if (event) slide.dataset.moved = "yes";
  figure.style.setProperty("--at", `${slide.value}%`);
  slide.setAttribute("aria-valuetext", t("slide.value", { share: 100 - slide.value }));
}
