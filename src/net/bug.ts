/** One of our own invariants is broken. Never thrown for anything that came from outside. */
export class Bug extends Error {
  override readonly name = "Bug";
}

/** Closes an exhaustive switch: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Bug(`unreachable: ${JSON.stringify(value)}`);
}
