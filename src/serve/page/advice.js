// Which size suits: the size advisor is asked whenever body, chart or taste change, and what it says is shown.
import { sizeAdvice } from "./api.js";
import { el, find, signed } from "./dom.js";
import { fields, TOLD } from "./measures.js";
import { Question } from "./question.js";
import * as reading from "./reading.js";
import { t } from "./words.js";

const SEXES = ["", "female", "male"], TASTES = ["tighter", "regular", "looser"];
const MOST_PLACES = 4; // those that decide come first
const question = new Question("#advice", send, () => request(now.person, now.garment), () => { draw(); changed(); });
const taste = { prefer: "regular" };
let model = null, now = null, photoOf = null, take = () => {}, changed = () => {};
const percent = (share) => `${(100 * share).toFixed(0)} %`;

/** Wires the section; photo(one) gives a blob, choose(size) tries a size on, known() hears that another is recommended. */
export function setUp(photo, choose, known) {
  photoOf = photo;
  take = choose;
  changed = known;
  find("#sex").addEventListener("change", (event) => { now.person.sex = event.target.value || undefined; question.ask(); });
  find("#prefer").addEventListener("change", (event) => { taste.prefer = event.target.value; question.ask(); });
  reading.setUp(() => question.ask());
}

/** Shows the section where a size advisor is loaded. */
export function useModels(models) {
  model = models.find((one) => one.kind === "sizing") ?? null;
  reading.useModels(models);
  find("#advice").hidden = !model;
}

/** Makes the fields those of a person, at once: whoever types meanwhile means this one. */
export function turnTo(person, garment) {
  now = { person, garment };
  if (model) drawFields();
}

/** Asks for a person and a garment, unless that was asked before. */
export function ask(person, garment, signal) {
  turnTo(person, garment);
  if (model) question.ask(signal);
}

/** The size that suits, where it is known. */
export const recommended = (garment, person) => question.answer(request(person, garment))?.size ?? null;

function send(said, signal) {
  const photo = reading.chosen(now.person);
  if (!photo) return sizeAdvice(said, signal);
  return reading.during(async () => sizeAdvice({ ...said, person: await photoOf(photo) }, signal));
}

/** Draws what is known, in the language of now. */
export function draw() {
  if (!model || !now) return;
  drawFields();
  const found = question.answer();
  if (found) question.box().replaceChildren(...shown(found));
  else if (!request(now.person, now.garment)) question.box().replaceChildren(el("p", { className: "hint", textContent: t(missing()) }));
}

const missing = () => (now.garment.size_chart ? "advice.body" : "advice.chart");

/** What the API is asked, a photo by its address; null where too little is known. Example people were measured exactly. */
function request(person, garment) {
  const told = person.told ?? {};
  const known = Object.keys(person.body_cm).length + ("weight" in told);
  if (!garment.size_chart || !known) return null;
  return { body_cm: person.body_cm, weight_kg: told.weight, age_years: told.age, sex: person.sex, measured: !person.own,
    size_chart: garment.size_chart, region: regionOf(garment.category), prefer: taste.prefer,
    person: reading.chosen(person)?.url };
}

const regionOf = (category) => ({ dress: "dress", jacket: "outerwear", coat: "outerwear", outwear: "outerwear" })[category];

function drawFields() {
  const { person } = now;
  if (!find("#told").contains(document.activeElement)) {
    fields(find("#told"), TOLD, person.told ?? {}, (values) => { person.told = values; question.ask(); });
  }
  options(find("#sex"), SEXES, "sex", person.sex ?? "");
  options(find("#prefer"), TASTES, "prefer", taste.prefer);
  reading.draw(person);
}

/** Fills a select with words; "" stands for what is not said. */
export function options(select, values, name, chosen) {
  select.replaceChildren(...values.map((value) => el("option", { value, textContent: t(`${name}.${value || "any"}`) })));
  select.value = chosen;
}

function shown(found) {
  const chosen = found.sizes.find((one) => one.size === found.size);
  const places = Object.keys(chosen.places).slice(0, MOST_PLACES);
  const head = [t("size"), ...places.map((place) => t(`measure.${place}`))];
  const rows = found.sizes.map((one) => {
    const row = el("tr", {}, el("th", { scope: "row", textContent: one.size }), ...places.map((place) => cell(one.places[place])));
    if (one.size === found.size) row.setAttribute("aria-current", "true");
    return row;
  });
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col", textContent: text })))),
    el("tbody", {}, ...rows));
  return [el("div", { className: "advice" },
    el("div", {},
      el("p", { className: "overall" }, el("b", { textContent: found.size }), ` ${t("advice.suits", { share: percent(found.probability) })}`),
      el("ul", { className: "chances", "aria-label": t("advice.chances") }, ...found.sizes.map((one) => chance(one, found.size))),
      button(found.size),
      ...found.remarks.map((remark) => el("p", { className: "hint", lang: "en", textContent: remark })),
      reading.readBy(found)),
    el("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": t("advice.ease") }, table,
      el("p", { className: "hint", textContent: t("advice.table") }),
      el("p", { className: "hint", textContent: t("made.by", { name: found.model.name, revision: found.model.revision,
        ms: found.timings_ms.total.toFixed(0), trip: found.tripMs.toFixed(0) }) })))];
}

function cell(fit) {
  if (!fit) return el("td", { textContent: "–" });
  const label = t(`fit.${fit.label}`), known = fit.high_cm - fit.low_cm < 0.1;
  return el("td", { className: fit.label }, signed(fit.ease_cm),
    el("small", { textContent: known ? label : `${label}, ${signed(fit.low_cm)} … ${signed(fit.high_cm)}` }));
}

function chance(one, best) {
  const bar = el("i", { "aria-hidden": "true" });
  bar.style.setProperty("--share", percent(one.probability).replace(" ", ""));
  const item = el("li", {}, el("span", { textContent: one.size }), bar, el("b", { textContent: percent(one.probability) }));
  if (one.size === best) item.setAttribute("aria-current", "true");
  return item;
}

function button(size) {
  const made = el("button", { type: "button", className: "quiet take", textContent: t("advice.take", { size }) });
  made.addEventListener("click", () => take(size));
  return made;
}
