/** Long work that pauses now and then, so that whoever does it can let others have their turn. */

export type InParts<Result> = Generator<void, Result, void>;

/** Without a pause. */
export function toTheEnd<Result>(work: InParts<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
