/**
 * The TOML that nearly all of a cluster file is written in, read at a fraction of the cost: bare keys, text without escapes,
 * whole numbers, booleans, and lists and inline tables of these. Whatever else stands there, or is wrong: `undefined`.
 */

type Table = Record<string, unknown>;

/** Control characters, among them the carriage return; and what begins an escape. */
const NEVER_PLAIN = /[^\P{Cc}\t\n]|\\/u;
/** What can be nothing else: neither a date nor a fraction. */
const WORD = /(?:true|false|0|[1-9]\d{0,14})(?![\w.+:-])/y;
const MAX_DEPTH = 20;
const [TAB, NEWLINE, BLANK, QUOTE, HASH, APOSTROPHE, COMMA, DOT] = codes("\t\n \"#',.");
const [EQUALS, OPEN_LIST, CLOSE_LIST, OPEN_TABLE, CLOSE_TABLE] = codes("=[]{}");
const IS_KEY = Uint8Array.from({ length: 128 }, (_, code) =>
  /[\w-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

function codes(characters: string): number[] {
  return Array.from(characters, (one) => one.charCodeAt(0));
}

/** Thrown and caught in this file alone. */
class NotPlain extends Error {}

export function readPlainToml(text: string): Table | undefined {
  if (NEVER_PLAIN.test(text)) return undefined;
  try {
    return new Reader(text).document();
  } catch (cause) {
    if (cause instanceof NotPlain) return undefined;
    throw cause;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  /** Tables that headers made, by name or on the way: other headers may still put tables into them. */
  readonly #open = new Set<unknown>();
  /** Of these, the ones that had a header of their own. */
  readonly #named = new Set<unknown>();

  constructor(text: string) {
    this.#text = text;
  }

  document(): Table {
    const root: Table = {};
    let table = root;
    for (this.#skipGap(); this.#at < this.#text.length; this.#skipGap()) {
      if (this.#is(OPEN_LIST)) table = this.#header(root);
      else this.#assignment(table, 0);
      this.#skipSpace();
      const next = this.#text.charCodeAt(this.#at);
      if (next !== NEWLINE && next !== HASH && this.#at < this.#text.length) throw new NotPlain();
    }
    return root;
  }

  #header(root: Table): Table {
    let table = root;
    let depth = 0;
    do {
      if (++depth > MAX_DEPTH) throw new NotPlain();
      table = this.#tableIn(table, this.#key());
    } while (this.#is(DOT));
    if (!this.#is(CLOSE_LIST) || this.#named.has(table)) throw new NotPlain();
    this.#named.add(table);
    return table;
  }

  #tableIn(outer: Table, key: string): Table {
    if (!Object.hasOwn(outer, key)) {
      const made: Table = {};
      this.#open.add(made);
      outer[key] = made;
      return made;
    }
    const found = outer[key];
    if (!this.#isOpen(found)) throw new NotPlain();
    return found;
  }

  #isOpen(value: unknown): value is Table {
    return this.#open.has(value);
  }

  #assignment(table: Table, depth: number): void {
    const key = this.#key();
    this.#skipSpace();
    if (Object.hasOwn(table, key) || !this.#is(EQUALS)) throw new NotPlain();
    this.#skipSpace();
    table[key] = this.#value(depth);
  }

  #key(): string {
    const start = this.#at;
    while (IS_KEY[this.#text.charCodeAt(this.#at)] === 1) this.#at += 1;
    const key = this.#text.slice(start, this.#at);
    if (key === "" || key === "__proto__") throw new NotPlain();
    return key;
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new NotPlain();
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#quoted('"');
      case APOSTROPHE:
        return this.#quoted("'");
      case OPEN_LIST:
        return this.#list(depth + 1);
      case OPEN_TABLE:
        return this.#inlineTable(depth + 1);
      default:
        return this.#word();
    }
  }

  #quoted(quote: string): string {
    const start = this.#at + 1;
    const end = this.#text.indexOf(quote, start);
    const inside = this.#text.slice(start, Math.max(start, end));
    if (end < 0 || inside.includes("\n")) throw new NotPlain();
    this.#at = end + 1;
    return inside;
  }

  #word(): number | boolean {
    WORD.lastIndex = this.#at;
    const [word] = WORD.exec(this.#text) ?? [];
    if (word === undefined) throw new NotPlain();
    this.#at += word.length;
    return word === "true" || (word !== "false" && Number(word));
  }

  #list(depth: number): unknown[] {
    const list: unknown[] = [];
    this.#at += 1;
    for (;;) {
      this.#skipGap();
      if (this.#is(CLOSE_LIST)) return list;
      list.push(this.#value(depth));
      this.#skipGap();
      if (this.#is(CLOSE_LIST)) return list;
      if (!this.#is(COMMA)) throw new NotPlain();
    }
  }

  #inlineTable(depth: number): Table {
    const table: Table = {};
    this.#at += 1;
    this.#skipSpace();
    if (this.#is(CLOSE_TABLE)) return table;
    for (;;) {
      this.#assignment(table, depth);
      this.#skipSpace();
      if (this.#is(CLOSE_TABLE)) return table;
      if (!this.#is(COMMA)) throw new NotPlain();
      this.#skipSpace();
    }
  }

  /** Steps over it. */
  #is(code: number | undefined): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== BLANK && code !== TAB) return;
      this.#at += 1;
    }
  }

  /** What may stand between two lines, and between the values of a list. */
  #skipGap(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === HASH) {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (code !== BLANK && code !== TAB && code !== NEWLINE) return;
      else this.#at += 1;
    }
  }
}
