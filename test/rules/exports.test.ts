import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  assertNone,
  filesUnder,
  type Module,
  parseModule,
  readModule,
  workspaces,
} from "../support/modules.ts";
import { closing, type Token } from "../support/tokens.ts";

const USERS = ["src", "test", "bench", "bin", "scripts", "examples"];
/** Words between `export` and the name that it declares. */
const DECLARATIONS = new Set(
  "const let function class interface type enum namespace abstract async declare default".split(" "),
);

/** What others see of a package: it may name every type of what it gives. */
const PACKAGE_FACE = /^packages\/[^/]+\/src\/index\.ts$/;

/** The names a module exports, with their lines; those it passes on with `export *` are counted where they are made. */
function exportsOf({ file, tokens }: Module): { readonly name: string; readonly line: number }[] {
  return tokens.flatMap((token, index) => {
    if (token.text !== "export" || token.kind !== "word" || tokens[index - 1]?.text === ".") return [];
    const isType = tokens[index + 1]?.text === "type";
    const braces = isType ? index + 2 : index + 1;
    if (isType && tokens[braces]?.text === "{" && PACKAGE_FACE.test(file)) return [];
    if (tokens[braces]?.text === "{") return listed(tokens.slice(braces, closing(tokens, braces, "{}") + 1));
    const name = tokens.slice(index + 1).find(({ kind, text }) => kind !== "word" || !DECLARATIONS.has(text));
    return name?.kind === "word" ? [{ name: name.text, line: name.line }] : [];
  });
}

/** `{ a, type B, c as d }` exports a, B and d. */
function listed(braces: readonly Token[]): { readonly name: string; readonly line: number }[] {
  return braces.flatMap(({ kind, text, line }, index) => {
    const next = braces[index + 1]?.text;
    return kind === "word" && (next === "," || next === "}") ? [{ name: text, line }] : [];
  });
}

/** Exports that no other module takes. */
function unused(makers: readonly Module[], users: readonly Module[]): string[] {
  const taken = new Map<string, Set<string>>();
  for (const user of users) {
    for (const { file, names } of user.imports) {
      if (file === undefined || file === user.file) continue;
      taken.set(file, new Set([...(taken.get(file) ?? []), ...names]));
    }
  }
  return makers.flatMap((maker) =>
    exportsOf(maker)
      .filter(({ name }) => !taken.get(maker.file)?.has(name) && !taken.get(maker.file)?.has("*"))
      .map(({ name, line }) => `${maker.file}:${line} exports ${name}, and nobody uses it`),
  );
}

it("nothing is exported for nobody", () => {
  const sources = workspaces().map((one) => `${one}/src`);
  const tests = workspaces().map((one) => `${one}/test`);
  const makers = filesUnder(["src", ...sources], /\.ts$/).map(readModule);
  const users = filesUnder([...USERS, ...sources, ...tests], /(\.ts|\.mjs|^bin\/[^.]*)$/).map(readModule);
  assertNone(unused(makers, users), "Take `export` away; and what is then unused, too.");
});

describe("the rule sees", () => {
  const cases: [string, string, string, string[]][] = [
    ["every declaration", declarations(), "", ["a", "b", "c", "d", "E", "F", "G", "H"]],
    ["a list", "export { a, b as c, type D };", "", ["a", "c", "D"]],
    ["no text in strings", "const a = 'export const b';", "", []],
    [
      "names that are imported",
      "export const a = 1, b = 2;\nexport type C = 1;",
      "import { a, type C } from './m.ts';",
      [],
    ],
    ["names under another name", "export const a = 1;", "import { a as z } from './m.ts';", []],
    ["an import of another name", "export const a = 1;", "import { z as a } from './m.ts';", ["a"]],
    ["an import of another file", "export const a = 1;", "import { a } from './n.ts';", ["a"]],
    ["names passed on", "export const a = 1;", "export { a } from './m.ts';", []],
    ["all passed on", "export const a = 1;", "export * from './m.ts';", []],
    ["a namespace", "export const a = 1;\nexport const b = 1;", "import * as m from './m.ts'; m.a;", ["b"]],
    ["a lazy import", "export const a = 1;\nexport const b = 1;", "(await import('./m.ts')).a();", ["b"]],
    ["built files", "export const a = 1;", "import { a } from '../dist/m.js';", []],
  ];
  for (const [name, maker, user, expected] of cases) {
    it(name, () => {
      const modules = [parseModule("src/m.ts", maker), parseModule("src/user.ts", user)] as const;
      const names = unused([modules[0]], modules).map((text) => /exports (\w+)/.exec(text)?.[1]);
      assert.deepEqual(names, expected);
    });
  }
});

it("a package may name its types, but gives no function that nobody calls", () => {
  const face = "export type { A } from './a.ts';\nexport { b } from './a.ts';";
  const module = parseModule("packages/p/src/index.ts", face);
  assert.deepEqual(unused([module], []), ["packages/p/src/index.ts:2 exports b, and nobody uses it"]);
});

function declarations(): string {
  const kinds = ["const a =", "let b =", "function c() {}", "async function d() {}"];
  const types = ["class E {}", "abstract class F {}", "interface G {}", "type H = I;"];
  return [...kinds, ...types].map((text) => `export ${text}\n`).join("");
}
