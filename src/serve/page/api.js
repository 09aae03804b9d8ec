// Asks the server that this page came from.
let key = "";
export const useKey = (value) => { key = value; };

/** What went wrong, as problem details (RFC 9457); code "offline" where nobody answered. */
export class Problem extends Error {
  constructor(details) {
    super(details.detail);
    this.details = details;
  }
}

async function ask(path, options = {}, read = (answer) => answer.json()) {
  const headers = { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ code: "offline" });
  }
  if (answer.ok) return read(answer);
  const details = await answer.json().catch(() => ({ code: "http", status: answer.status, title: answer.statusText }));
  const wait = answer.headers.get("Retry-After");
  throw new Problem(wait ? { ...details, wait } : details);
}

const form = (fields) => {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined || value === "") continue;
    body.append(name, value instanceof Blob || typeof value === "string" ? value : JSON.stringify(value));
  }
  return body;
};

/** All models that are loaded, and the catalogue that is searched. */
export const loaded = () => ask("v1/models");

const json = (fields) => ({ method: "POST", body: JSON.stringify(fields), headers: { "Content-Type": "application/json" } });

/** A try-on; fields as the API names them, photos as blobs. Waits while the server still loads its models. */
export const tryOn = (fields, signal, waiting) =>
  patiently(() => ask("v1/try-on", { method: "POST", body: form(fields), signal }), signal, waiting);

/** The size of a chart that suits a body; fields as the API names them, a photo as a blob. */
export const sizeAdvice = (fields, signal) =>
  patiently(() => ask("v1/size-advice", { ...(fields.person ? { method: "POST", body: form(fields) } : json(fields)), signal }), signal);

/** Ranked outfits of items; fields as the API names them. */
export const outfits = (fields, signal) => patiently(() => ask("v1/outfits", { ...json(fields), signal }), signal);

/** Products that words ask for; fields as the API names them. */
export const searchWords = (fields, signal) => patiently(() => ask("v1/search/words", { ...json(fields), signal }), signal);

/** Products that look like one of the catalogue. */
export const searchSimilar = (fields, signal) => patiently(() => ask("v1/search/similar", { ...json(fields), signal }), signal);

/** Products that somebody wears; the photo as a blob. */
export const searchLook = (fields, signal) =>
  patiently(() => ask("v1/search/look", { method: "POST", body: form(fields), signal }), signal);

/** A product's picture, by the path that an answer gave. */
export const pictureAt = (path) => ask(path.replace(/^\//, ""), {}, (answer) => answer.blob());

async function patiently(asked, signal, waiting = () => {}) {
  for (;;) {
    try {
      return await asked();
    } catch (error) {
      if (error.details?.code !== "not-ready") throw error;
      waiting();
      await new Promise((resolve) => setTimeout(resolve, 700));
      signal.throwIfAborted();
    }
  }
}

/** What a recogniser sees on a photo. */
export const recognize = (image, signal) => ask("v1/recognize", { method: "POST", body: form({ image }), signal });
