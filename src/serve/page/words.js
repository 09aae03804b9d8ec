// Every word of the page in the language its reader chose; markup names words by data-text and data-label.
const LANGUAGES = { en: "English", zh: "中文" };
const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
export const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window keeps nothing */ } };

let words = {};
export let language = kept("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");

/** The words of a key; {name} is replaced by what is given. A key without words gives the fallback, or itself. */
export const t = (key, given = {}, fallback = key) =>
  (words[key] ?? fallback).replace(/\{(\w+)\}/g, (whole, name) => given[name] ?? whole);

/** Loads a language and writes it into the page. */
export async function speak(name) {
  if (!(name in LANGUAGES)) name = "en";
  words = await (await fetch(`page/strings.${name}.json`)).json();
  language = name;
  document.documentElement.lang = name === "zh" ? "zh-Hans" : "en";
  write(document);
}

/** Writes the words of all marked elements below a root. */
export function write(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}

/** The button that changes the language; then() draws what holds no marks. */
export function languageButton(button, then) {
  const other = () => (language === "en" ? "zh" : "en");
  const draw = () => {
    button.textContent = LANGUAGES[other()];
    button.lang = other() === "zh" ? "zh-Hans" : "en";
  };
  button.addEventListener("click", async () => {
    await speak(other());
    keep("language", language);
    draw();
    then();
  });
  draw();
}

/** The button that changes between the system's theme, light and dark. */
export function themeButton(button) {
  const themes = ["system", "light", "dark"];
  let theme = themes.includes(kept("theme")) ? kept("theme") : "system";
  const draw = () => {
    document.documentElement.dataset.theme = theme;
    button.dataset.text = `theme.${theme}`;
    button.textContent = t(`theme.${theme}`);
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    keep("theme", theme);
    draw();
  });
  draw();
}
