// What goes with the garment: the outfit model is asked with all garments of the page, and its outfits are shown.
import { options } from "./advice.js";
import { outfits } from "./api.js";
import { el, find } from "./dom.js";
import { Question } from "./question.js";
import { t } from "./words.js";

const NUM = 4, REASONS = 2;
const CONTEXT = ["season", "weather", "occasion"];
const SAME = { pants: "trousers", jeans: "trousers", outwear: "jacket", jumpsuit: "dress" }; // a recogniser's words in the model's
const wanted = { season: "", weather: "", occasion: "" };
const question = new Question("#matching", outfits, () => request(), () => draw());
let model = null, now = null, choose = () => {};

/** Wires the section; take(garment) tries a piece on. */
export function setUp(take) {
  choose = take;
  for (const name of CONTEXT) {
    find(`#${name}`).addEventListener("change", (event) => { wanted[name] = event.target.value; question.ask(); });
  }
}

/** Shows the section where an outfit model is loaded. */
export function useModels(models) {
  model = models.find((one) => one.kind === "outfits") ?? null;
  find("#matching").hidden = !model;
}

/** Asks what goes with a garment, unless that was asked before. */
export function ask(garment, garments, signal) {
  now = { garment, garments };
  if (!model) return;
  drawLists();
  question.ask(signal);
}

/** Draws what is known, in the language of now. */
export function draw() {
  if (!model || !now) return;
  drawLists();
  const found = question.answer();
  if (found) question.box().replaceChildren(...shown(found));
  else if (!request()) question.box().replaceChildren(el("p", { className: "hint", textContent: t("matching.unknown") }));
}

function drawLists() {
  for (const name of CONTEXT) options(find(`#${name}`), ["", ...model.words[name]], name, wanted[name]);
}

const id = (garment) => `g${now.garments.length - now.garments.indexOf(garment)}`; // own ones are put before the others
const byId = (name) => now.garments[now.garments.length - Number(name.slice(1))];

function request() {
  const items = now.garments.map(item).filter((one) => one !== null);
  if (!item(now.garment)) return null;
  const context = Object.fromEntries(CONTEXT.filter((name) => wanted[name]).map((name) => [name, wanted[name]]));
  return { items, given: [id(now.garment)], num: NUM, ...context };
}

/** A garment as the model knows such; null where it is not said what it is. */
function item(garment) {
  const said = garment.category ?? garment.seen?.category;
  const category = SAME[said] ?? said;
  if (!model.words.category.includes(category)) return null;
  const attributes = {};
  for (const name of ["color", "pattern", "material", "style", "season"]) {
    const words = [garment[name] ?? []].flat().filter((word) => model.words[name]?.includes(word));
    if (words.length) attributes[name] = words;
  }
  if (garment.department) attributes.department = garment.department;
  return { item_id: id(garment), category, attributes };
}

function shown(found) {
  return [el("ol", { className: "outfits" }, ...found.outfits.map((outfit, place) => el("li", {},
    el("div", { className: "row" }, ...outfit.items.map(({ item_id: one }) => piece(byId(one)))),
    el("p", {}, el("b", { textContent: t("matching.rank", { n: place + 1, share: `${(100 * outfit.probability).toFixed(0)} %` }) })),
    ...told(outfit, 1, "matching.for", ""), ...told(outfit, -1, "matching.against", "against")))),
  el("p", { className: "hint", textContent: t("made.by", { name: found.model.name, revision: found.model.revision,
    ms: found.timings_ms.total.toFixed(0), trip: found.tripMs.toFixed(0) }) })];
}

function piece(garment) {
  const given = garment === now.garment;
  const made = el("button", { type: "button", className: `piece ${given ? "given" : ""}`, disabled: given,
    "aria-label": given ? garment.title() : t("matching.take", { piece: garment.title() }) }, el("img", { src: garment.url, alt: "" }));
  made.addEventListener("click", () => choose(garment));
  return made;
}

function told(outfit, sign, key, className) {
  const reasons = outfit.reasons.filter((one) => one.moved * sign > 0).slice(0, REASONS).map((one) => reason(one, outfit));
  return reasons.length ? [el("p", { className, textContent: t(key, { what: reasons.join(t("list")) }) })] : [];
}

function reason({ about, name, words }, outfit) {
  const what = words.map((word) => t(`${name}.${word}`, {}, word)).join(t("list"));
  if (CONTEXT.includes(about)) return `${t(`matching.${name}`)} ${what}`;
  const of = byId(outfit.items.find((one) => one.words === about).item_id);
  const kind = of.category ?? of.seen.category;
  return t("matching.reason", { name: t(`attribute.${name}`), what: what.toLowerCase(), piece: t(`category.${kind}`, {}, kind) });
}
