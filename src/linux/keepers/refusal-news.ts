/** What the kernel refuses of its table, told once for as long as it is refused in the same way. */
import type { RefusedStep } from "../../ipvs/refusals.ts";
import { News } from "./news.ts";

export class RefusalNews {
  readonly #news = new News();

  get lines(): readonly string[] {
    return this.#news.lines;
  }

  /** Of all that is refused now, what was not before. */
  among(refused: readonly RefusedStep[]): RefusedStep[] {
    const known = new Set(this.#news.lines);
    this.#news.are(refused.map(textOf));
    return refused.filter((one) => !known.has(textOf(one)));
  }

  clear(): void {
    this.#news.are([]);
  }
}

function textOf({ what, refusal, meaning }: RefusedStep): string {
  return `${what}: ${meaning ?? refusal.text}`;
}
