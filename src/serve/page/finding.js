// Products of the shop's catalogue: by words, by what the chosen person wears, and by what looks like one of them.
import { pictureAt, searchLook, searchSimilar, searchWords } from "./api.js";
import { el, find } from "./dom.js";
import { Question } from "./question.js";
import { t } from "./words.js";

const NUM = 8, NUM_WORN = 4; // of each garment
const question = new Question("#finding", send, () => asked, () => draw());
const pictures = new Map(); // addresses in this page by path on the server
let index = null, canLook = false, canTry = false, asked = null, person = null, photoOf = null, take = () => {};

/** Wires the section; photo(person) gives a photo's blob, choose(blob, product, title) tries a product on. */
export function setUp(photo, choose) {
  photoOf = photo;
  take = choose;
  find("#finding form").addEventListener("submit", (event) => {
    event.preventDefault();
    const words = find("#words").value.trim();
    if (words) ask({ words, num: NUM });
    else find("#words").focus();
  });
  find("#look").addEventListener("click", () => ask({ person, num: NUM_WORN }));
}

/** Shows the section where a catalogue is loaded. */
export function useModels(models, catalogue) {
  const has = (kind) => models.some((one) => one.kind === kind);
  index = catalogue;
  canLook = Boolean(index?.num_vectors) && has("parser");
  canTry = has("tryon");
  find("#finding").hidden = !index;
  find("#look").hidden = !canLook;
  draw();
}

/** The person whose clothes are looked for. */
export function usePerson(chosen) {
  person = chosen;
}

/** Draws what is known, in the language of now. */
export function draw() {
  if (!index) return;
  find("#words").placeholder = t("finding.example");
  const found = question.answer(), box = question.box();
  if (!found) return;
  const held = box.contains(document.activeElement);
  box.replaceChildren(...shown(found));
  if (held) box.focus();
}

function ask(said) {
  asked = { ...said, toJSON: () => ({ ...said, person: said.person?.url }) }; // a photo is known by its address
  const box = question.box();
  if (!question.answer()) {
    if (box.contains(document.activeElement)) box.focus(); // what was pressed goes away
    box.replaceChildren(el("p", { className: "hint", textContent: t("finding.asking") }));
  }
  question.ask();
}

async function send(said, signal) {
  const { words, item_id, num } = said;
  if (words) return searchWords({ words, num }, signal);
  if (item_id) return searchSimilar({ item_id, num }, signal);
  return searchLook({ person: await photoOf(said.person), num }, signal);
}

function shown(found) {
  const groups = found.worn ?? [found];
  const notes = found.unknown?.length ? [el("p", { className: "hint", textContent: t("finding.passed", { words: found.unknown.join(t("list")) }) })] : [];
  for (const { code, message } of found.warnings ?? []) notes.push(el("p", { className: "hint", textContent: t(`warning.${code}`, {}, message) }));
  const by = found.model ?? { name: t("finding.catalogue"), revision: found.index.sha256.slice(0, 12) };
  return [...notes, ...groups.flatMap(group),
    el("p", { className: "hint", textContent: t("made.by", { name: by.name, revision: by.revision,
      ms: found.timings_ms.total.toFixed(0), trip: found.tripMs.toFixed(0) }) })];
}

function group({ part, products }) {
  const head = part ? [el("h3", { textContent: t(`finding.part.${part}`) })] : [];
  if (!products.length) return [...head, el("p", { className: "hint", textContent: t("finding.nothing") })];
  return [...head, el("ul", { className: "products" }, ...products.map(card))];
}

function card(product) {
  const title = titleOf(product), image = el("img", { alt: "", hidden: true });
  const blob = picture(product, image);
  const act = (key, then) => {
    const made = el("button", { type: "button", className: "quiet", textContent: t(key), "aria-label": t(`${key}.of`, { product: title }) });
    made.addEventListener("click", then);
    return made;
  };
  return el("li", {}, el("div", { className: "photo" }, image),
    el("p", { className: "name", textContent: title }),
    el("p", { className: "hint", textContent: fits(product) || alike(product) }),
    el("div", { className: "row" },
      product.similarity === null ? null : act("finding.similar", () => ask({ item_id: product.item_id, num: NUM })),
      canTry && product.picture ? act("finding.try", async () => take(await blob, product, () => titleOf(product))) : null));
}

const alike = ({ similarity }) => (similarity === null ? "" : t("finding.alike", { similarity: similarity.toFixed(2) }));
const fits = (product) => (product.fits.length ? t("finding.fits", { names: product.fits.map((name) => t(`attribute.${name}`, {}, name)).join(t("list")) }) : "");

/** A product as a shop would call it, in the language of now. */
function titleOf({ category, attributes }) {
  const named = ["color", "pattern", "material"].map((name) => [name, attributes[name]?.[0]])
    .filter(([name, word]) => word && `${name}.${word}` !== "pattern.solid").map(([name, word]) => t(`${name}.${word}`, {}, word).toLowerCase());
  return [...named, t(`category.${category}`, {}, category)].join(t("finding.gap"));
}

/** Fetches a product's picture, as the server may want a key for it, and shows it; a product without one stays words. */
async function picture({ picture: path }, image) {
  if (!path) return null;
  try {
    if (!pictures.has(path)) pictures.set(path, await pictureAt(path));
    const blob = pictures.get(path);
    image.src = URL.createObjectURL(blob);
    image.onload = () => URL.revokeObjectURL(image.src);
    image.hidden = false;
    return blob;
  } catch {
    return null;
  }
}
