/** What the balancer knows of the elector: its last snapshot, and a newer one when somebody wants to see it. */
import { after, type Instant, millis } from "../net/time.ts";
import type { ElectorSnapshot } from "./message.ts";

/** Snapshots cost the elector time that adverts need: whoever asks more often sees the last one. */
const FRESH = millis(100);
/** An elector that is too busy to answer is described by what it said last. */
const PATIENCE_MS = 500;

interface Question {
  readonly answer: Promise<void>;
  readonly done: () => void;
}

export class ElectorView {
  readonly #now: () => Instant;
  readonly #ask: () => void;
  #last: ElectorSnapshot | undefined;
  #freshUntil: Instant | undefined;
  #question: Question | undefined;

  /** `ask` makes the elector send a snapshot. */
  constructor(now: () => Instant, ask: () => void) {
    this.#now = now;
    this.#ask = ask;
  }

  /** Absent before the first. */
  get last(): ElectorSnapshot | undefined {
    return this.#last;
  }

  received(snapshot: ElectorSnapshot): void {
    this.#last = snapshot;
    this.#freshUntil = after(this.#now(), FRESH);
    this.#question?.done();
  }

  /** The last one, once it is fresh or the patience is over; all who wait share one question. */
  async fresh(): Promise<ElectorSnapshot | undefined> {
    if (this.#freshUntil === undefined || this.#freshUntil < this.#now()) {
      this.#question ??= this.#begin();
      await this.#question.answer;
    }
    return this.#last;
  }

  #begin(): Question {
    let done = () => {};
    const answer = new Promise<void>((resolve) => {
      const deadline = setTimeout(() => done(), PATIENCE_MS);
      done = () => {
        clearTimeout(deadline);
        this.#question = undefined;
        resolve();
      };
    });
    this.#ask();
    return { answer, done };
  }
}
