// The fit as a drawing to scale: the body from its tape measures, the garment over it, the room between them in cm.
import { signed, svg } from "./dom.js";
import { t } from "./words.js";

// Heights of places on a body, as shares of its height; and what length and hem add up to, the same. The hem's are
// medians over the simulated cases, which miss the true hem by 1 to 3 cm in the median.
const AT = { neck: 0.85, shoulder: 0.82, chest: 0.725, waist: 0.62, hip: 0.515, thigh: 0.45, crotch: 0.475, knee: 0.28, ankle: 0.04 };
const FROM = { top: 0.869, outerwear: 0.875, dress: 0.842, bottom: 0.62 };
const SHOWN = { top: [1, 0.3], outerwear: [1, 0.26], dress: [1, 0], bottom: [0.72, 0] };
const HALF = 1.14 / (2 * Math.PI); // half the width of a body or sleeve seen from the front, of its girth
const CM = 3.3, MIDDLE = 112, WIDE = 330;

/** Height of the hem above the floor in cm, about; null where length or body height is not known. */
export function hemCm({ region, garment_cm, body_cm }) {
  if (!body_cm.height || !garment_cm.length) return null;
  return Math.max(0, FROM[region] * body_cm.height - garment_cm.length);
}

/** Where on the body a height above the floor lies, as the key of a word. */
export function placeOf(cm, height) {
  if (cm < 1) return "floor";
  const share = cm / height;
  if (share > AT.waist + 0.015) return "above-waist";
  if (share > AT.hip + 0.015) return "waist-hip";
  if (share > AT.crotch - 0.02) return "hip";
  if (share > AT.knee + 0.025) return "thigh";
  if (share > AT.knee - 0.025) return "knee";
  return share > AT.ankle + 0.015 ? "calf" : "ankle";
}

/** The drawing of a fit, as the API tells it. */
export function figure(fit) {
  const body = { height: 170, chest: 95, waist: 82, hip: 99, thigh: 57, shoulder_width: 39, ...fit.body_cm };
  const [high, low] = SHOWN[fit.region];
  const hem = hemCm(fit);
  const end = Math.min(low * body.height, (hem ?? Infinity) - 12);
  const y = (cm) => (high * body.height - cm) * CM + 8;
  const tall = y(Math.max(end, -3)) + 4;
  const root = svg("svg", { viewBox: `0 0 ${WIDE} ${tall.toFixed(0)}`, role: "img", "aria-label": t("fit.drawing") });
  root.append(svg("g", { class: "body" }, ...bodyShapes(body, y)), svg("g", { class: "cloth" }, ...cloth(fit, body, hem, y)));
  if (hem !== null) root.append(...hemLine(hem, fit, body, y));
  for (const place of ["chest", "waist", "hip", "thigh"]) {
    if (place in fit.ease_cm) root.append(...mark(place, fit, body, y));
  }
  return root;
}

const half = (girth) => girth * HALF;
const points = (list) => list.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** A shape that is the same left and right, from half widths in cm by height in cm. */
function mirrored(sides, y) {
  const right = sides.map(([width, cm]) => [MIDDLE + width * CM, y(cm)]);
  const left = sides.map(([width, cm]) => [MIDDLE - width * CM, y(cm)]).reverse();
  return `${points([...right, ...left])}Z`;
}

function bodyShapes(body, y) {
  const h = body.height, shoulder = body.shoulder_width / 2;
  const torso = [[4.6, 0.88 * h], [5, AT.neck * h], [shoulder, AT.shoulder * h], [half(body.chest), AT.chest * h],
    [half(body.waist), AT.waist * h], [half(body.hip), AT.hip * h], [half(body.hip) * 0.98, AT.crotch * h]];
  const leg = (side) => {
    const out = half(body.hip) * 0.98, thigh = body.thigh * HALF * 1.9;
    const line = [[out, AT.crotch], [out - 2, AT.knee + 0.06], [out - 3, AT.knee], [out - 5, AT.ankle], [out - 4, 0],
      [out - 12, 0], [out - 11.5, AT.ankle], [Math.max(out - 14, 0.8), AT.knee], [Math.max(out - thigh, 0.4), AT.crotch]];
    return svg("path", { d: `${points(line.map(([x, share]) => [MIDDLE + side * x * CM, y(share * h)]))}Z` });
  };
  const arm = (side) => svg("path", { class: "limb", "stroke-width": 8 * CM, d: points(armLine(body, side, y)) });
  return [svg("ellipse", { cx: MIDDLE, cy: y(0.938 * h), rx: 7.4 * CM, ry: 0.062 * h * CM }),
    svg("path", { d: mirrored(torso, y) }), leg(1), leg(-1), arm(1), arm(-1)];
}

function armLine(body, side, y, reach = 1) {
  const h = body.height, from = [body.shoulder_width / 2 - 2.5, 0.8 * h], to = [half(body.hip) + 11, 0.49 * h];
  const at = (share) => [MIDDLE + side * (from[0] + (to[0] - from[0]) * share) * CM, y(from[1] + (to[1] - from[1]) * share)];
  return [at(0), at(reach)];
}

function cloth({ region, garment_cm: cm }, body, hem, y) {
  const h = body.height;
  if (region === "bottom") return legs(cm, body, hem ?? (cm.inseam ? body.inseam - cm.inseam : AT.knee * h), y);
  const chest = half(cm.chest ?? body.chest + 8), shoulder = (cm.shoulder ?? body.shoulder_width) / 2;
  const waist = half(cm.waist ?? cm.chest ?? body.waist + 8), hips = half(cm.hip ?? cm.chest ?? body.hip + 4);
  const end = hem ?? 0.5 * h;
  const sides = [[7.5, AT.neck * h], [shoulder, AT.shoulder * h], [chest, AT.chest * h]];
  if (end < AT.waist * h) sides.push([waist, AT.waist * h]);
  if (end < AT.hip * h) sides.push([hips, AT.hip * h]);
  sides.push([cm.hem ? half(cm.hem) : end < AT.hip * h ? hips : waist, end]);
  const shapes = [svg("path", { d: mirrored(sides, y) })];
  if (cm.sleeve > 3) {
    // A dropped shoulder seam lies down the arm, and the sleeve begins there.
    const whole = (0.8 - 0.49) * h * 1.04, reach = Math.min(1.04, (cm.sleeve + shoulder - body.shoulder_width / 2 + 2) / whole);
    const wide = ((cm.biceps ?? 34) / Math.PI) * CM * 0.9;
    shapes.push(...[1, -1].map((side) => svg("path", { class: "limb", "stroke-width": wide, d: points(armLine(body, side, y, reach)) })));
  }
  return shapes;
}

function legs(cm, body, hem, y) {
  const h = body.height, waist = half(cm.waist ?? body.waist), hips = half(cm.hip ?? body.hip);
  const top = [[waist, AT.waist * h], [hips, AT.hip * h]];
  if (!cm.inseam && !cm.leg_opening) {
    return [svg("path", { d: mirrored([...top, [half(cm.hem ?? cm.hip ?? body.hip), hem]], y) })];
  }
  const opening = ((cm.leg_opening ?? 44) / Math.PI) * 1.2, out = Math.max(hips - 1, opening + 1);
  const leg = (side) => svg("path", { d: `${points([[hips, AT.hip], [out, AT.crotch], [Math.max(out - 4, opening + 0.8), hem / h],
    [Math.max(out - 4, opening + 0.8) - opening, hem / h], [0, AT.crotch - 0.01], [0, AT.hip]]
    .map(([x, share]) => [MIDDLE + side * x * CM, y(share * h)]))}Z` });
  return [svg("path", { d: mirrored(top, y) }), leg(1), leg(-1)];
}

function mark(place, fit, body, y) {
  const label = fit.labels[place], at = y(AT[place] * body.height);
  const wide = place === "thigh" ? half(body.hip) : half(Math.max(fit.garment_cm[place], fit.body_cm[place]));
  const right = MIDDLE + wide * CM, left = MIDDLE - wide * CM, text = 232;
  return [svg("path", { class: `mark ${label}`, d: `M${left} ${at}H${right}M${left} ${at - 4}v8M${right} ${at - 4}v8` }),
    svg("path", { class: "lead", d: `M${right + 3} ${at}H${text - 5}` }),
    words(text, at - 2, `${t(`measure.${place}`)} ${signed(fit.ease_cm[place])}`, "name"),
    words(text, at + 13, t(`fit.${label}`), label)];
}

function hemLine(hem, fit, body, y) {
  const at = y(hem);
  return [svg("path", { class: "hem", d: `M18 ${at}H${WIDE - 104}` }),
    words(232, at + 4, t("hem.short", { cm: hem.toFixed(0) }), "name")];
}

function words(x, at, text, name) {
  const element = svg("text", { x, y: at, class: name, "aria-hidden": "true" });
  element.textContent = text;
  return element;
}
