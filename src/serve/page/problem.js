// What went wrong, in words; with a place for the API key where the server wants one.
import { el, find } from "./dom.js";
import { useKey } from "./api.js";
import { t } from "./words.js";

/** Shows problem details in a box; again() asks once more. */
export function showProblem(details, again, box = find("#problem")) {
  const title = t(`problem.${details.code}`, {}, details.title ?? t("problem.internal"));
  const given = [details.detail, details.rule && t("problem.rule", { rule: details.rule }), details.got && t("problem.got", { got: details.got })];
  const lines = given.filter((line) => line && line.toLowerCase() !== title.toLowerCase()).map((line) => el("p", { textContent: line }));
  const fix = t(`fix.${details.code}`, {}, details.fix ?? "");
  box.replaceChildren(el("strong", { textContent: title }), ...lines,
    fix ? el("p", { className: "fix", textContent: fix }) : "",
    details.wait ? el("p", { textContent: t("problem.wait", { s: details.wait }) }) : "",
    details.status === 401 ? keyForm(again) : el("button", { type: "button", className: "quiet", textContent: t("again"), onclick: again }));
  box.hidden = false;
}

/** Takes the message away. */
export function noProblem(box = find("#problem")) {
  box.hidden = true;
  box.replaceChildren();
}

function keyForm(again) {
  const input = el("input", { type: "password", autocomplete: "off", "aria-label": t("key") });
  const form = el("form", {}, input, el("button", { className: "quiet", textContent: t("key.use") }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(input.value.trim());
    again();
  });
  return form;
}
