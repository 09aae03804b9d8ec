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

async function ask(path, options = {}) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ code: "offline" });
  }
  if (answer.ok) return answer.json();
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

/** All models that are loaded. */
export const models = async () => (await ask("v1/models")).models;

/** A try-on; fields as the API names them, photos as blobs. Waits while the server still loads its models. */
export async function tryOn(fields, signal, waiting) {
  for (;;) {
    try {
      return await ask("v1/try-on", { method: "POST", body: form(fields), signal });
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
