/** Long work that pauses now and then, so that whoever does it can let others have their turn. */

export type InParts<Result> = Generator<void, Result, void>;

/** Without a pause. */
export function toTheEnd<Result>(work: InParts<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** In order, each of so many items; the last one may be shorter. */
export function slicesOf<T>(items: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
