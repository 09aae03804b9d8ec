// Small words for making elements.

/** An element with properties, attributes (as "aria-..." or "data-...") and children. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-")) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export const find = (selector) => document.querySelector(selector);

/** Centimetres with their sign, for ease. */
export const signed = (value) => (value >= 0.05 ? "+" : value <= -0.05 ? "\u2212" : "") + Math.abs(value).toFixed(1);
