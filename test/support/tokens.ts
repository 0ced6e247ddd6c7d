/**
 * TypeScript as a flat list of tokens: just enough to ask questions about the source without being fooled by
 * strings, comments, templates and regular expressions. No grammar.
 */

export interface Token {
  readonly kind: "word" | "number" | "string" | "template" | "regex" | "mark" | "comment";
  /** As written; a string without its quotes. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

// `>` always stands alone, so that the ends of nested type arguments can be counted.
const PATTERNS = {
  comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#![^\n]*/uy,
  word: /[\p{ID_Start}$_#][\p{ID_Continue}$]*/uy,
  number: /\d[\w.]*/uy,
  string: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/suy,
  regex: /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/uy,
  mark: /=>|\.\.\.|\?\.|\?\?=?|[!=]==?|&&=?|\|\|=?|\*\*=?|<<=?|\+\+|--|[<+\-*/%&|^]=|[^\s]/uy,
} as const;

const TEMPLATE_PART = /(?:[^`\\$]|\\.|\$(?!\{))*(?:`|\$\{|$)/suy;
const SPACE = /\s+/uy;

/** Words after which an expression begins, so that `/` opens a regular expression and `!` negates. */
const OPERATOR_WORDS = new Set(
  "return typeof instanceof in of case delete void throw new else do await yield extends keyof as default".split(
    " ",
  ),
);

/** Whether an operand may end with this token: then `/` divides, `!` asserts and `<` compares or opens type arguments. */
export function endsOperand(token: Token | undefined): boolean {
  if (token === undefined || token.kind === "comment") return false;
  if (token.kind === "word") return !OPERATOR_WORDS.has(token.text);
  if (token.kind === "template") return token.text.endsWith("`");
  return token.kind !== "mark" || token.text === ")" || token.text === "]" || token.text === "}";
}

/** Everything but white space, comments included. */
export function tokenize(source: string): Token[] {
  return new Tokenizer(source).run();
}

/** Everything but white space and comments. */
export function tokenizeCode(source: string): Token[] {
  return tokenize(source).filter((token) => token.kind !== "comment");
}

/** The index of the bracket that closes the one at `open`, or the number of tokens. */
export function closing(tokens: readonly Token[], open: number, pair: "()" | "[]" | "{}" | "<>"): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind === "template" && pair === "{}") depth += braces(token.text);
    if (token?.kind !== "mark") continue;
    if (token.text === pair[0]) depth++;
    if (token.text === pair[1] && --depth === 0) return index;
  }
  return tokens.length;
}

/** A template's parts hold the braces around its expressions. */
function braces(part: string): number {
  return (part.endsWith("${") ? 1 : 0) - (part.startsWith("}") ? 1 : 0);
}

class Tokenizer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** One entry for each template whose expression we are in: the braces open inside it. */
  readonly #templates: number[] = [];
  #offset = 0;
  #line = 1;
  #last: Token | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    while (this.#offset < this.#source.length) this.#step();
    return this.#tokens;
  }

  #step(): void {
    const space = this.#match(SPACE);
    if (space !== undefined) this.#advance(space);
    else if (this.#source[this.#offset] === "`" || this.#closesExpression()) this.#template();
    else this.#plain();
  }

  #plain(): void {
    for (const kind of ["comment", "word", "number", "string", "regex", "mark"] as const) {
      if (kind === "regex" && endsOperand(this.#last)) continue;
      const text = this.#match(PATTERNS[kind]);
      if (text === undefined) continue;
      this.#push(kind, text, kind === "string" ? text.slice(1, -1) : text);
      if (kind === "mark") this.#count(text);
      return;
    }
  }

  /** From a backquote or a closing brace to the next expression, or to the template's end. */
  #template(): void {
    const opens = this.#source[this.#offset] === "`";
    if (!opens) this.#templates.pop();
    TEMPLATE_PART.lastIndex = this.#offset + 1;
    const rest = TEMPLATE_PART.exec(this.#source)?.[0] ?? "";
    const text = (opens ? "`" : "}") + rest;
    this.#push("template", text, text);
    if (rest.endsWith("${")) this.#templates.push(0);
  }

  #closesExpression(): boolean {
    return this.#source[this.#offset] === "}" && this.#templates.at(-1) === 0;
  }

  #count(mark: string): void {
    const open = this.#templates.at(-1);
    if (open === undefined || (mark !== "{" && mark !== "}")) return;
    this.#templates[this.#templates.length - 1] = open + (mark === "{" ? 1 : -1);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    return pattern.exec(this.#source)?.[0];
  }

  #push(kind: Token["kind"], written: string, text: string): void {
    const token: Token = { kind, text, line: this.#line };
    this.#tokens.push(token);
    if (kind !== "comment") this.#last = token;
    this.#advance(written);
  }

  #advance(text: string): void {
    this.#offset += text.length;
    this.#line += text.split("\n").length - 1;
  }
}
