/** The project's own files: which there are, what each imports and exports. For the tests that guard the rules. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { type Token, tokenizeCode } from "./tokens.ts";

const ROOT = join(import.meta.dirname, "../..");
const NOT_OURS = new Set(["node_modules", "dist", "build", "coverage", ".git"]);

export interface Import {
  /** As written: `./bug.ts`, `node:net`, `zod`. */
  readonly from: string;
  /** The file it names, relative to the project; `undefined` for packages and `node:`. */
  readonly file: string | undefined;
  /** `type`: erased before it runs; `dynamic`: `import(…)`. */
  readonly kind: "static" | "type" | "dynamic";
  /** The names taken, by their names in the other file; `"*"` for all of them. */
  readonly names: readonly string[];
  readonly line: number;
}

export interface Module {
  readonly file: string;
  readonly source: string;
  readonly tokens: readonly Token[];
  readonly imports: readonly Import[];
}

/** Files under the given folders of the project, by a pattern on their names; paths are relative to the project. */
export function filesUnder(folders: readonly string[], pattern: RegExp): string[] {
  return folders.flatMap((folder) => walk(folder)).filter((file) => pattern.test(file));
}

/** The packages of this repository: `packages/dgram-extras` … */
export function workspaces(): string[] {
  return readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}`);
}

export function exists(file: string): boolean {
  return existsSync(join(ROOT, file));
}

export function readSource(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

export function readModule(file: string): Module {
  return parseModule(file, readSource(file));
}

export function parseModule(file: string, source: string): Module {
  const tokens = tokenizeCode(source);
  return { file, source, tokens, imports: importsOf(file, tokens) };
}

/** Fails with every violation at once, one to a line. */
export function assertNone(violations: readonly string[], advice: string): void {
  assert(violations.length === 0, `\n  ${violations.join("\n  ")}\n${advice}\n`);
}

function walk(folder: string): string[] {
  const path = join(ROOT, folder);
  if (!exists(folder)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const inside = join(folder, entry.name);
      return entry.isDirectory() ? walk(inside) : entry.isFile() ? [inside] : [];
    })
    .sort();
}

function importsOf(file: string, tokens: readonly Token[]): Import[] {
  const imports: Import[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word" || (token.text !== "import" && token.text !== "export")) continue;
    const previous = tokens[index - 1]?.text;
    if (previous === "." || previous === "?.") continue;
    const found =
      tokens[index + 1]?.text === "(" ? dynamicImport(tokens, index) : staticImport(tokens, index);
    if (found !== undefined) imports.push({ ...found, file: resolve(file, found.from), line: token.line });
  }
  return imports;
}

type Clause = Pick<Import, "from" | "kind" | "names">;

/** `import("x")`: every word of the importing file may be a name that it takes. */
function dynamicImport(tokens: readonly Token[], at: number): Clause | undefined {
  const from = tokens[at + 2];
  if (from?.kind !== "string") return undefined;
  return { from: from.text, kind: "dynamic", names: words(tokens) };
}

/** `import … from "x"`, `import "x"` and `export … from "x"`. */
function staticImport(tokens: readonly Token[], at: number): Clause | undefined {
  const end = tokens.findIndex((token, index) => index > at && (token.kind === "string" || !inClause(token)));
  const from = tokens[end];
  const clause = tokens.slice(at + 1, end);
  if (from?.kind !== "string" || (clause.length > 0 && clause.at(-1)?.text !== "from")) return undefined;
  const kind = clause[0]?.text === "type" && clause[1]?.text !== "from" ? "type" : "static";
  return { from: from.text, kind, names: namesOf(clause, tokens) };
}

function inClause(token: Token): boolean {
  return token.kind === "word" || ["{", "}", ",", "*"].includes(token.text);
}

function namesOf(clause: readonly Token[], tokens: readonly Token[]): string[] {
  const star = clause.findIndex((token) => token.text === "*");
  if (star >= 0) return clause[star + 1]?.text === "as" ? words(tokens) : ["*"];
  const open = clause.findIndex((token) => token.text === "{");
  if (open < 0) return [];
  return clause
    .slice(open + 1)
    .filter((token, index, list) => {
      const next = list[index + 1]?.text;
      if (token.kind !== "word" || token.text === "from") return false;
      // `type Name`, `Name as other`: only `Name` counts.
      return (
        list[index - 1]?.text !== "as" &&
        token.text !== "as" &&
        (next === "," || next === "}" || next === "as")
      );
    })
    .map((token) => token.text);
}

function words(tokens: readonly Token[]): string[] {
  return [...new Set(tokens.filter((token) => token.kind === "word").map((token) => token.text))];
}

function resolve(importer: string, from: string): string | undefined {
  if (from.startsWith(".")) return sourceOf(normalize(join(dirname(importer), from)));
  const workspace = workspaces().find((folder) => from === folder.slice("packages/".length));
  return workspace === undefined ? undefined : `${workspace}/src/index.ts`;
}

/** What is built is the file that it was built from. */
function sourceOf(path: string): string {
  return path.replace(/(^|\/)dist\//, "$1src/").replace(/\.js$/, ".ts");
}
