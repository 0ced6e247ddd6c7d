// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources of templates are what is looked at here
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertNone, filesUnder, readModule, readSource, workspaces } from "../support/modules.ts";
import { closing, type Token, tokenizeCode } from "../support/tokens.ts";

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 70;

/** Brackets after these words are no parameters. */
const STATEMENTS = new Set("if for while switch catch with".split(" "));
/** A return type ends before these: what looked like one was something else. */
const STOPS = new Set("if for while switch return const let case default break throw try else".split(" "));
/** After these, a return type goes on, and a brace belongs to it. */
const TYPE_OPERATORS = new Set(": | & => is asserts keyof readonly typeof extends ? infer new".split(" "));

interface Body {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** Functions, methods and arrow functions with a body in braces, from the first parameter's line to the last brace. */
function bodies(tokens: readonly Token[]): Body[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== "mark" || token.text !== "(" || STATEMENTS.has(tokens[index - 1]?.text ?? ""))
      return [];
    const open = bodyAfter(tokens, closing(tokens, index, "()") + 1);
    if (open === undefined) return [];
    const end = tokens[closing(tokens, open, "{}")] ?? token;
    const before = tokens[index - 1];
    const name = before?.kind === "word" ? before.text : "an arrow function";
    return [{ name, line: token.line, lines: end.line - token.line + 1 }];
  });
}

/** The brace that opens a body, when parameters end just before `at`. */
function bodyAfter(tokens: readonly Token[], at: number): number | undefined {
  const text = tokens[at]?.text;
  if (text === "{") return at;
  if (text === "=>") return tokens[at + 1]?.text === "{" ? at + 1 : undefined;
  return text === ":" ? bodyAfterType(tokens, at) : undefined;
}

function bodyAfterType(tokens: readonly Token[], at: number): number | undefined {
  let inType = true;
  for (let index = at; index < tokens.length; index++) {
    const { kind, text } = tokens[index] ?? { kind: "mark", text: ";" };
    if (text === "{" && !inType) return index;
    if (text === "=>" && !inType && tokens[index + 1]?.text === "{") return index + 1;
    if (STOPS.has(text) || (kind === "mark" && [";", ",", "=", ")", "]", "}"].includes(text)))
      return undefined;
    for (const pair of ["{}", "()", "[]", "<>"] as const) {
      if (kind === "mark" && text === pair[0]) index = closing(tokens, index, pair);
    }
    inType = TYPE_OPERATORS.has(text);
  }
  return undefined;
}

describe("what is too long to read at once", () => {
  const files = filesUnder(["src", ...workspaces().map((one) => `${one}/src`)], /\.ts$/);

  it(`no file has more than ${MAX_FILE_LINES} lines`, () => {
    const long = files
      .map((file) => ({ file, lines: readSource(file).split("\n").length - 1 }))
      .filter(({ lines }) => lines > MAX_FILE_LINES)
      .map(({ file, lines }) => `${file}: ${lines} lines`);
    assertNone(long, "Which second noun lives in it? Give that one a file of its own.");
  });

  it(`no function has more than ${MAX_FUNCTION_LINES} lines`, () => {
    const long = files.flatMap((file) =>
      bodies(readModule(file).tokens)
        .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
        .map(({ name, line, lines }) => `${file}:${line} ${name}: ${lines} lines`),
    );
    assertNone(long, "Keep the decisions in it, and name what the pieces do.");
  });
});

describe("the rule sees", () => {
  const cases: [string, string, [string, number][]][] = [
    ["a function", "function f(a: number) {\n}\n", [["f", 2]]],
    ["a function with a return type", "function f(): Map<A, { b: C }> | { d: E } {\n\n}", [["f", 3]]],
    ["a type guard", "function f(a: unknown): a is B {\n}", [["f", 2]]],
    [
      "a method",
      "class A {\n b(): void {\n }\n #c() { }\n}",
      [
        ["b", 2],
        ["#c", 1],
      ],
    ],
    ["an arrow function", "const f = (a): B => {\n};", [["an arrow function", 2]]],
    ["a callback in a call", "describe('x', () => {\n\n});", [["an arrow function", 3]]],
    ["braces in strings and templates", "function f() {\n '}'; `}${{}}`;\n}", [["f", 3]]],
    ["no statement", "if (a) {\n} for (;;) {\n} while (b) { } switch (c) { }", []],
    ["no declaration without body", "interface A { b(): { c: D }; e(): void }", []],
    ["no choice of objects", "const a = b ? c(d) : { e: 1 };\nif (f) { }", []],
  ];
  for (const [name, source, expected] of cases) {
    it(name, () => {
      const found = bodies(tokenizeCode(source)).map(({ name: one, lines }) => [one, lines]);
      assert.deepEqual(found, expected);
    });
  }
});
