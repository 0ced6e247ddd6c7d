/** A list that is looked at again and again, and told when it is another one. */
export class News {
  #lines: readonly string[] = [];

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Whether that differs from the last time; at first there were none. */
  are(lines: readonly string[]): boolean {
    const isSame = lines.length === this.#lines.length && lines.every((line, at) => line === this.#lines[at]);
    this.#lines = lines;
    return !isSame;
  }
}
