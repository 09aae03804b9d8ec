// Centimetres as people read and type them: fields for a body or a garment, and a size chart as a table.
import { el } from "./dom.js";
import { t } from "./words.js";

export const BODY = ["height", "chest", "waist", "hip", "inseam", "shoulder_width"];
export const GARMENT = ["chest", "waist", "hip", "length", "shoulder", "sleeve"];
export const TOLD = ["weight", "age"];
const CHART = [...GARMENT, "thigh", "inseam"];
const UNITS = { weight: "kg", age: "years" };

/** Number fields for measures; change(values) gets all that are filled, and keeps those that have no field. */
export function fields(box, names, values, change) {
  box.replaceChildren(...names.map((name) => {
    const input = el("input", { type: "number", inputMode: "decimal", min: 1, max: 300, step: "any", value: values[name] ?? "" });
    input.addEventListener("change", () => {
      const next = { ...values };
      delete next[name];
      if (input.value && Number.isFinite(input.valueAsNumber)) next[name] = input.valueAsNumber;
      values = next;
      change(next);
    });
    return el("label", { className: "field" }, el("span", { textContent: t(`measure.${name}`) }),
      el("span", { className: "unit" }, input, el("i", { textContent: t(`unit.${UNITS[name] ?? "cm"}`) })));
  }));
}

/** A size chart: sizes down, measures across, the chosen size marked. */
export function chart(box, sizes, chosen) {
  const first = Object.values(sizes)[0] ?? {};
  const names = CHART.filter((name) => name in first);
  const head = el("tr", {}, el("th", { scope: "col", textContent: t("size") }),
    ...names.map((name) => el("th", { scope: "col", textContent: t(`measure.${name}`) })));
  const rows = Object.entries(sizes).map(([size, cm]) => {
    const row = el("tr", {}, el("th", { scope: "row", textContent: size }),
      ...names.map((name) => el("td", { textContent: cm[name].toFixed(1) })));
    if (size === chosen) row.setAttribute("aria-current", "true");
    return row;
  });
  box.replaceChildren(el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}
