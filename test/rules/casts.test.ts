// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources of templates are what is looked at here
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertNone, filesUnder, readSource, workspaces } from "../support/modules.ts";
import { closing, endsOperand, type Token, tokenize } from "../support/tokens.ts";

/** The native binding's one typed view. */
const MAY_CAST = new Set(["packages/dgram-extras/src/native.ts"]);

/** Where `any` is the type; elsewhere it is a name like others. */
const BEFORE_TYPE = new Set(": < | & as is extends => readonly keyof".split(" "));
const AFTER_TYPE = new Set("> | & ;".split(" "));

/** Ways round the compiler, with their lines. */
function evasions(source: string, mayCast: boolean): { readonly line: number; readonly what: string }[] {
  const all = tokenize(source);
  const tokens = all.filter((token) => token.kind !== "comment");
  const clauses = clauseTokens(tokens);
  const inCode = tokens.flatMap((token, index) => {
    const what = evasion(tokens, token, index, clauses);
    return what === undefined || (mayCast && what.startsWith("a cast")) ? [] : [{ line: token.line, what }];
  });
  const inComments = all
    .filter((token) => token.kind === "comment")
    .flatMap(({ text, line }) => {
      if (/@ts-(ignore|expect-error|nocheck)/.test(text))
        return [{ line, what: "a silenced compiler error" }];
      if (/biome-ignore/.test(text) && !/biome-ignore(-all)? [\w/]+: \S.{8,}/.test(text)) {
        return [{ line, what: "a silenced lint rule without a reason" }];
      }
      return [];
    });
  return [...inCode, ...inComments];
}

function evasion(tokens: readonly Token[], token: Token, index: number, clauses: ReadonlySet<Token>) {
  const [before, next] = [tokens[index - 1], tokens[index + 1]];
  const isName = before?.text === "." || before?.text === "?." || next?.text === ":";
  if (token.kind === "word" && !isName && !clauses.has(token)) {
    if (token.text === "any" && (BEFORE_TYPE.has(before?.text ?? "") || AFTER_TYPE.has(next?.text ?? "")))
      return "any";
    if (token.text === "as" && endsOperand(before) && next?.text !== "const" && !renamesKey(tokens, index)) {
      return "a cast (as)";
    }
  }
  if (token.kind !== "mark") return undefined;
  if (
    token.text === "!" &&
    endsOperand(before) &&
    before?.line === token.line &&
    !isCondition(tokens, index)
  ) {
    return "a non-null assertion (!)";
  }
  return token.text === "<" && !endsOperand(before) && isAngleCast(tokens, index)
    ? "a cast (<T>)"
    : undefined;
}

/** The tokens of import and export clauses, where `as` renames. */
function clauseTokens(tokens: readonly Token[]): ReadonlySet<Token> {
  const inside = new Set<Token>();
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word" || (token.text !== "import" && token.text !== "export")) continue;
    const rest = tokens.slice(index + 1);
    const end = rest.findIndex(({ kind, text }) => kind !== "word" && !["{", "}", ",", "*"].includes(text));
    const clause = rest.slice(0, end < 0 ? rest.length : end);
    const opens = clause[0]?.text === "type" ? clause[1]?.text : clause[0]?.text;
    if (rest[end]?.kind === "string" || opens === "{" || opens === "*")
      for (const one of clause) inside.add(one);
  }
  return inside;
}

/** `{ [Key in Keys as Other]: … }`: a mapped type's own `as`. */
function renamesKey(tokens: readonly Token[], at: number): boolean {
  for (let index = at - 1, depth = 0; index >= 0; index--) {
    const { text = "" } = tokens[index] ?? {};
    if ([")", "]", "}"].includes(text)) depth++;
    else if (["(", "[", "{"].includes(text) && depth-- === 0)
      return text === "[" && tokens[index + 2]?.text === "in";
  }
  return false;
}

/** `if (a) !b`: a `!` after the bracket of a condition negates. */
function isCondition(tokens: readonly Token[], at: number): boolean {
  if (tokens[at - 1]?.text !== ")") return false;
  return tokens.some(
    ({ text }, index) => ["if", "while", "for"].includes(text) && closing(tokens, index + 1, "()") === at - 1,
  );
}

/** `<T>value`, and not `<T>(value: T) => …` or the generic signature of a type. */
function isAngleCast(tokens: readonly Token[], open: number): boolean {
  const end = closing(tokens, open, "<>");
  const next = tokens[end + 1];
  if (next === undefined) return false;
  if (next.text !== "(") return next.kind !== "mark" || ["{", "["].includes(next.text);
  const after = tokens[closing(tokens, end + 1, "()") + 1];
  return after?.text !== "=>" && after?.text !== ":";
}

it("nobody goes round the compiler", () => {
  const folders = ["src", "test", "bench", ...workspaces().flatMap((one) => [`${one}/src`, `${one}/test`])];
  const violations = filesUnder(folders, /\.ts$/).flatMap((file) =>
    evasions(readSource(file), MAY_CAST.has(file)).map(({ line, what }) => `${file}:${line} ${what}`),
  );
  assertNone(
    violations,
    "Say it to the compiler: a type guard, a narrower type, `satisfies`, or `?? fallback`; and lint rules with a reason.",
  );
});

describe("the rule sees", () => {
  const cases: [string, string | undefined][] = [
    ["x as Foo", "a cast (as)"],
    ["f() as unknown as Foo", "a cast (as)"],
    ["[1, 2] as const", undefined],
    ["`${x as Foo}`", "a cast (as)"],
    ["`x as Foo`", undefined],
    ["// x as Foo", undefined],
    ["'x as Foo'", undefined],
    ["/x as Foo/.test(y)", undefined],
    ["import { x as y } from 'z';", undefined],
    ["import type { x as y } from 'z';", undefined],
    ["import * as y from 'z';", undefined],
    ["export { x as y };", undefined],
    ["export { x as y } from 'z';", undefined],
    ["export const x = y as Foo;", "a cast (as)"],
    ["type T = { [K in keyof U as Other<K>]: V };", undefined],
    ["const x = <Foo>y;", "a cast (<T>)"],
    ["const x = <Foo>(y);", "a cast (<T>)"],
    ["const x = <Foo>{ a: 1 };", "a cast (<T>)"],
    ["const f = <T>(x: T) => x;", undefined],
    ["const f = <T>(x: T): T => x;", undefined],
    ["f<Foo>(x)", undefined],
    ["new Map<A, B>()", undefined],
    ["if (a < b && c > d) e();", undefined],
    ["x!.y", "a non-null assertion (!)"],
    ["x[0]!", "a non-null assertion (!)"],
    ["f()!", "a non-null assertion (!)"],
    ["let x!: number;", "a non-null assertion (!)"],
    ["x !== y && !z", undefined],
    ["if (x) !y;", undefined],
    ["return !x;", undefined],
    ["let x: any;", "any"],
    ["let x: Map<string, any>;", "any"],
    ["type T = any;", "any"],
    ["Promise.any([])", undefined],
    ["const any = 1; f(any, any);", undefined],
    ["// any", undefined],
    ["// @ts-expect-error because", "a silenced compiler error"],
    ["/* @ts-ignore */", "a silenced compiler error"],
    ["// biome-ignore lint/style/x: because the format wants it", undefined],
    ["// biome-ignore lint/style/x:", "a silenced lint rule without a reason"],
    ["// biome-ignore lint/style/x: no", "a silenced lint rule without a reason"],
  ];
  for (const [source, expected] of cases) {
    it(source, () => assert.equal(evasions(source, false)[0]?.what, expected));
  }

  it("nothing wrong with a cast where it is allowed", () => {
    assert.deepEqual(evasions("x as Foo", true), []);
    assert.equal(evasions("x as any", true).length, 1);
  });
});
