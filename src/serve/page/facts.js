// What made the picture and how long it took, what the recogniser sees, and what models say of themselves.
import { el } from "./dom.js";
import { t } from "./words.js";

const STAGES = ["queue", "decode", "check", "garment", "worn", "encode"];
const SECTIONS = ["Intended use", "Data", "Limits", "Known failures"];
const percent = (share) => `${(100 * share).toFixed(0)} %`;
const pair = (name, value) => el("div", {}, el("dt", { textContent: name }), el("dd", {}, value));

/** Timings, model and seed of an answer. */
export function answerFacts(answer, roundTripMs) {
  const took = answer.timings_ms;
  const bar = el("div", { className: "bar", "aria-hidden": "true" }, ...STAGES.map((stage) => {
    const part = el("i", { title: t(`stage.${stage}`) });
    part.style.setProperty("flex-grow", took[stage]);
    return part;
  }));
  const stages = STAGES.filter((stage) => took[stage] >= 0.05).map((stage) => pair(t(`stage.${stage}`), `${took[stage].toFixed(1)} ms`));
  return [
    block("timings", el("p", { className: "big", textContent: t("timings.total", { ms: took.total.toFixed(0) }) }), bar,
      el("dl", {}, ...stages, pair(t("timings.trip"), `${roundTripMs.toFixed(0)} ms`))),
    block("model", el("dl", {}, pair(t("model.name"), answer.model.name), pair(t("model.revision"), code(answer.model.revision)),
      pair(t("model.hash"), code(answer.model.bundle_sha256)),
      ...(answer.pose_sha256 ? [pair(t("model.pose"), code(answer.pose_sha256))] : []), pair(t("model.steps"), String(answer.steps)),
      pair(t("model.seed"), String(answer.seed)))),
  ];
}

/** Attributes as a recogniser sees them. */
export function recognised(found) {
  const rows = [pair(t("recognised.category"), `${word(found.category)} · ${percent(found.confidence)}`)];
  for (const [name, value] of Object.entries(found.attributes)) {
    const said = value.labels ? value.labels.map((one) => `${word(one.label)} ${percent(one.confidence)}`).join(", ")
      : value.label ? `${word(value.label)} · ${percent(value.confidence)}` : value.value.toFixed(2);
    rows.push(pair(t(`attribute.${name}`, {}, name), said || "–"));
  }
  return block("recognised", el("dl", {}, ...rows, pair(t("model.name"), `${found.model.name} ${found.model.revision}`)));
}

/** Warnings of an answer, in the reader's language where it has words for them. */
export const warnings = (list) => (list.length === 0 ? []
  : [block("warnings", el("ul", {}, ...list.map((one) => el("li", { textContent: t(`warning.${one.code}`, {}, one.message) }))))]);

/** The cards of all loaded models: what they are for, what they learned from, where they fail. */
export function cards(models) {
  return models.map((model) => el("details", {},
    el("summary", { textContent: t("card", { name: model.name, revision: model.revision }) }),
    el("div", { className: "card", lang: "en" }, ...sections(model.card))));
}

function sections(card) {
  const parts = card.split(/^## /m).slice(1).map((part) => [part.split("\n", 1)[0].trim(), part.slice(part.indexOf("\n") + 1)]);
  return parts.filter(([title]) => SECTIONS.includes(title)).flatMap(([title, text]) => [
    el("h4", { textContent: title }),
    ...text.trim().split(/\n(?=- )|\n\n/).filter((line) => line && !line.startsWith("|"))
      .map((line) => el("p", { className: line.startsWith("- ") ? "point" : "", textContent: line.replace(/^- /, "").replace(/[`*]/g, "").replace(/\s+/g, " ") })),
  ]);
}

const word = (label) => t(`category.${label}`, {}, label);
const code = (text) => el("code", { textContent: text });
const block = (name, ...children) => el("section", { className: name }, el("h3", { textContent: t(`${name}.title`) }), ...children);
