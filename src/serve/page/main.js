// The page's course: a person, a garment and a size are chosen, the server is asked, what it answers is shown.
import * as advice from "./advice.js";
import { loaded, Problem, recognize, tryOn } from "./api.js";
import * as compare from "./compare.js";
import { el, find } from "./dom.js";
import { answerFacts, cards, recognised, warnings } from "./facts.js";
import * as finding from "./finding.js";
import { showFit } from "./fit.js";
import * as matching from "./matching.js";
import { BODY, chart, fields, GARMENT } from "./measures.js";
import { noProblem, showProblem } from "./problem.js";
import { tiles } from "./tiles.js";
import { language, languageButton, speak, t, themeButton } from "./words.js";

const PATIENCE_MS = 220; // arrows run over several choices; only the one they stop at is asked for
const FIRST_SIZE = "M";
const state = { people: [], garments: [], person: null, garment: null, size: null, models: [], shown: null, seen: null };
const answers = new Map(); // of this visit, by all that was asked
let waiting = 0, asking = null;

async function begin() {
  await speak(language);
  themeButton(find("#theme"));
  languageButton(find("#language"), draw);
  compare.setUp();
  advice.setUp(photo, chooseSize, () => drawSizes());
  matching.setUp((one) => {
    choose("garment", one);
    draw();
    find("#stage").focus(); // and into view
  });
  finding.setUp(photo, (blob, product, title) => {
    if (!blob) return;
    upload("garment", blob, { ...product.attributes, title, category: knownCategories().find((name) => name === product.category) });
    find("#stage").focus();
  });
  const examples = await (await fetch("page/examples/examples.json")).json();
  state.people = examples.people.map((one, i) => ({ ...one, url: `page/examples/${one.photo}`, title: () => t("example.person", { n: i + 1 }) }));
  state.garments = examples.garments.map((one) => ({ ...one, url: `page/examples/${one.photo}`,
    title: () => t("example.garment", { color: t(`color.${one.color}`), pattern: t(`pattern.${one.pattern}`), category: t(`category.${one.category}`) }) }));
  [state.person] = state.people;
  [state.garment] = state.garments;
  state.size = FIRST_SIZE;
  draw();
  await listModels();
}

async function listModels() {
  try {
    const { models, index } = await loaded();
    state.models = models;
    noProblem();
    find("#cards").replaceChildren(...cards(state.models));
    drawCategories();
    advice.useModels(state.models);
    matching.useModels(state.models);
    finding.useModels(state.models, index);
    ask(0);
  } catch (error) {
    fail(error, listModels);
  }
}

function draw() {
  tiles(find("#people"), "person", state.people, state.person, (one) => choose("person", one), (file) => upload("person", file));
  tiles(find("#garments"), "garment", state.garments, state.garment, (one) => choose("garment", one), (file) => upload("garment", file));
  find("#cards").replaceChildren(...cards(state.models));
  drawCategories();
  drawMeasures();
  drawSizes();
  advice.draw();
  matching.draw();
  finding.usePerson(state.person);
  finding.draw();
  if (state.shown) show(state.shown);
  else {
    compare.showPerson(state.person.url, t("before.alt"));
    showFit(find("#fit .found"), null);
  }
}

function choose(kind, one) {
  state[kind] = one;
  if (kind === "person") {
    compare.showPerson(one.url, t("before.alt"));
    finding.usePerson(one);
  }
  advice.turnTo(state.person, state.garment);
  drawMeasures();
  drawSizes();
  ask(PATIENCE_MS);
}

function upload(kind, file, said = {}) {
  const list = kind === "person" ? state.people : state.garments;
  const n = list.filter((one) => one.own).length + 1;
  const one = { blob: file, own: true, url: URL.createObjectURL(file), title: () => t(`${kind}.own`, { n }), body_cm: {}, garment_cm: {}, ...said };
  list.unshift(one);
  choose(kind, one);
  draw();
}

function drawMeasures() {
  const { person, garment } = state;
  fields(find("#body"), BODY, person.body_cm, (values) => { person.body_cm = values; ask(0); });
  find("#chart").hidden = !garment.size_chart;
  find("#own").hidden = !garment.own;
  if (garment.size_chart) chart(find("#chart .scroll"), garment.size_chart, state.size);
  if (garment.own) fields(find("#cut"), GARMENT, garment.garment_cm, (values) => { garment.garment_cm = values; ask(0); });
  find("#category").value = garment.category ?? "";
}

const knownCategories = () => state.models.find((one) => one.kind === "tryon")?.categories ?? [];

function drawCategories() {
  const select = find("#category");
  select.replaceChildren(el("option", { value: "", textContent: t("own.unknown") }),
    ...knownCategories().map((name) => el("option", { value: name, textContent: t(`category.${name}`, {}, name) })));
  select.value = state.garment.category ?? "";
  select.onchange = () => { state.garment.category = select.value || undefined; ask(0); };
}

function drawSizes() {
  const sizes = Object.keys(state.garment.size_chart ?? {});
  find("#sizes").hidden = sizes.length === 0;
  const focused = find("#sizes").contains(document.activeElement);
  find("#sizes div").replaceChildren(...sizes.map((size) => {
    const input = el("input", { type: "radio", name: "size", value: size, checked: size === state.size });
    const best = advice.recommended(state.garment, state.person) === size;
    if (best) input.setAttribute("aria-label", t("advice.size", { size }));
    input.addEventListener("change", () => {
      state.size = size;
      chart(find("#chart .scroll"), state.garment.size_chart, size);
      ask(PATIENCE_MS);
    });
    return el("label", { className: best ? "best" : "" }, input, el("span", { textContent: size }));
  }));
  if (focused) find("#sizes :checked")?.focus();
}

function chooseSize(size) {
  state.size = size;
  drawMeasures();
  drawSizes();
  ask(0);
}

/** The size that is tried on: the one chosen last, where the garment has it. */
const sizeNow = () => (state.size in (state.garment.size_chart ?? {}) ? state.size : null);

function ask(afterMs) {
  clearTimeout(waiting);
  asking?.abort();
  waiting = setTimeout(make, afterMs);
}

async function make() {
  const { person, garment } = state, size = sizeNow();
  const cm = garment.size_chart?.[size] ?? (Object.keys(garment.garment_cm ?? {}).length ? garment.garment_cm : null);
  const said = { category: garment.category, garment_cm: cm, body_cm: Object.keys(person.body_cm).length ? person.body_cm : null,
    drape: garment.drape };
  const key = JSON.stringify([person.url, garment.url, said]);
  asking = new AbortController();
  const { signal } = asking;
  advice.ask(person, garment, signal);
  matching.ask(garment, state.garments, signal);
  busy(true, answers.has(key) ? "" : t("status.making"));
  try {
    const found = answers.get(key) ?? await answer(person, garment, said, signal);
    if (signal.aborted) return;
    answers.set(key, found);
    noProblem();
    show({ ...found, person, garment, size });
  } catch (error) {
    if (error.name !== "AbortError" && !signal.aborted) fail(error, make);
  }
}

async function answer(person, garment, said, signal) {
  const start = performance.now();
  const fields = { person: await photo(person), garment: await photo(garment), ...said };
  const made = await tryOn(fields, signal, () => busy(true, t("status.loading")));
  const tripMs = performance.now() - start;
  return { answer: made, tripMs, url: URL.createObjectURL(bytes(made)), seen: await see(garment, signal) };
}

const bytes = (made) => new Blob([Uint8Array.from(atob(made.image), (c) => c.charCodeAt(0))], { type: made.media_type });

async function see(garment, signal) {
  if (!state.models.some((one) => one.kind === "recognizer")) return null;
  garment.seen ??= await recognize(await photo(garment), signal);
  if (garment.own) matching.ask(garment, state.garments, signal); // now it is known what it is
  return garment.seen;
}

const photo = async (one) => (one.blob ??= await (await fetch(one.url)).blob());

function show(shown) {
  state.shown = shown;
  compare.showWorn(shown.person.url, t("before.alt"), shown.url, t("after.alt", { size: shown.size ?? "" }));
  const ms = shown.answer.timings_ms.total.toFixed(0);
  busy(false, t(shown.size ? "status.done.size" : "status.done", { ms, size: shown.size }));
  const save = find("#save");
  save.href = shown.url;
  save.hidden = false;
  showFit(find("#fit .found"), shown.answer.fit);
  find("#facts").replaceChildren(...warnings(shown.answer.warnings), ...answerFacts(shown.answer, shown.tripMs),
    ...(shown.seen ? [recognised(shown.seen)] : []));
}

function busy(is, words) {
  find("#stage").setAttribute("aria-busy", String(is));
  find("#status").textContent = words;
}

function fail(error, again) {
  busy(false, "");
  showProblem(error instanceof Problem ? error.details : { code: "page", detail: String(error.message) }, again);
}

begin();
