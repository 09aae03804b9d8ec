// How a garment fits, in a drawing and in words; or what is missing to tell it.
import { el, signed } from "./dom.js";
import { figure, hemCm, placeOf } from "./figure.js";
import { t } from "./words.js";

/** Draws a fit (null = not known) into a box. */
export function showFit(box, fit) {
  if (!fit) {
    box.replaceChildren(el("p", { className: "hint", textContent: t("fit.unknown") }));
    return;
  }
  const overall = fit.labels.overall;
  const hem = hemCm(fit);
  const rows = Object.entries(fit.ease_cm).map(([place, ease]) => {
    const label = fit.labels[place];
    return el("tr", {}, el("th", { scope: "row", textContent: t(`measure.${place}`) }),
      el("td", { textContent: signed(ease) }),
      el("td", {}, el("span", { className: `label ${label}`, textContent: t(`fit.${label}`) })));
  });
  const head = ["fit.place", "fit.ease", "fit.label"].map((key) => el("th", { scope: "col", textContent: t(key) }));
  box.replaceChildren(
    overall ? el("p", { className: `overall ${overall}` }, el("b", { textContent: t(`fit.${overall}`) }), ` ${t("fit.overall")}`) : "",
    figure(fit),
    el("p", { className: "hem-words", textContent: hem === null ? t("hem.unknown")
      : t("hem", { cm: hem.toFixed(0), place: t(`hem.${placeOf(hem, fit.body_cm.height)}`) }) }),
    el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
    el("p", { className: "hint", textContent: t("fit.hint") }),
  );
}
