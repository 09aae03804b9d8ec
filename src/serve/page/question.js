// A question to the server, asked again whenever what it depends on changes; its answers are kept while the page is open.
import { Problem } from "./api.js";
import { find } from "./dom.js";
import { noProblem, showProblem } from "./problem.js";

export class Question {
  /** Of a section: send(said, signal) asks the server; request() is what to ask now, null where too little is known; draw() shows. */
  constructor(section, send, request, draw) {
    Object.assign(this, { section, send, request, draw, answers: new Map(), shown: undefined });
  }

  /** Where the answer is shown. */
  box() {
    return find(`${this.section} .found`);
  }

  /** What the server said to this, if it was asked. */
  answer(said = this.request()) {
    return said ? this.answers.get(JSON.stringify(said)) : undefined;
  }

  /** Asks, unless that was asked before; what is shown already is left alone, so that nobody loses their place in it. */
  async ask(signal = new AbortController().signal) {
    const said = this.request(), key = JSON.stringify(said);
    const alarm = find(`${this.section} .problem`);
    const stale = () => signal.aborted || JSON.stringify(this.request()) !== key;
    try {
      if (said && !this.answers.has(key)) {
        const start = performance.now();
        this.answers.set(key, { ...await this.send(said, signal), tripMs: performance.now() - start });
      }
      if (stale() || this.shown === key) return;
      this.shown = key;
      noProblem(alarm);
      this.draw();
    } catch (error) {
      if (error.name === "AbortError" || stale()) return;
      this.shown = undefined;
      this.box().replaceChildren();
      showProblem(error instanceof Problem ? error.details : { code: "page", detail: String(error.message) }, () => this.ask(), alarm);
    }
  }
}
