/**
 * TOML to plain values, or the one place where it stops being TOML, in our own words.
 *
 * `plain-toml.ts` reads what is simple, `smol-toml` what else is good. The package `toml` takes ten times as long, but knows
 * where everything stands: it is asked for places when there is something to say, and has the last word on what `smol-toml`
 * refuses, or reads in another way.
 */
import { parse, TomlDate } from "smol-toml";
import compiler from "toml/lib/compiler.js";
import parser from "toml/lib/parser.js";
import type { ConfigIssue } from "./issue.ts";
import { readPlainToml } from "./plain-toml.ts";
import { Positions, type SourceNode } from "./positions.ts";

/** Of tables and lists in one another: that of `toml`. */
const MAX_DEPTH = 500;

type TomlResult =
  | { readonly kind: "ok"; readonly value: unknown }
  | { readonly kind: "bad"; readonly issue: ConfigIssue };

export function readToml(text: string, file: string): TomlResult {
  const value = readFast(text);
  return value === undefined ? readWithPlaces(text, file) : { kind: "ok", value };
}

/** Of a text that was read nobody asks what else could have stood there: a third of the parser's time. */
const QUIETLY = { peg$silentFails: 1 };

/** Where everything stands in a text that was read. */
export function sourceNodes(text: string): readonly SourceNode[] {
  try {
    return parser.parse(text, QUIETLY);
  } catch {
    // The two do not agree: no place is better than another verdict.
    return [];
  }
}

function readFast(text: string): unknown {
  return readPlainToml(text) ?? readAnyFast(text);
}

function readAnyFast(text: string): unknown {
  if (LONG_TEXT.test(text)) return undefined;
  try {
    const value = parse(text, { maxDepth: MAX_DEPTH });
    return DATE.test(text) && hasDate(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** Of its last quotes, and of the ends of its lines where these are CR LF, the two do not have the same idea. */
export const LONG_TEXT = /"""|'''/;
/** What may be a date, or what passes for one; other things may look so, too. */
export const DATE = /[\s=,[]\d[^\s,\]}]*[-:]/;

/** Of what a date is, the two do not have the same idea; to `toml` those without a zone are text. */
function hasDate(value: unknown): boolean {
  if (!isObject(value)) return false;
  return value instanceof TomlDate || Object.values(value).some(hasDate);
}

function readWithPlaces(text: string, file: string): TomlResult {
  let nodes: readonly SourceNode[] = [];
  try {
    nodes = parser.parse(text);
    return { kind: "ok", value: compiler.compile(nodes, text) };
  } catch (cause) {
    return { kind: "bad", issue: issueOf(cause, text, file, nodes) };
  }
}

/** The parser throws a syntax error with a location, or an error with line and column for what only looks right. */
function issueOf(cause: unknown, text: string, file: string, nodes: readonly SourceNode[]): ConfigIssue {
  const place = placeOf(cause);
  const says = cause instanceof Error ? cause.message : String(cause);
  if (place === undefined) {
    return { severity: "error", code: "invalid-toml", message: says, file, line: 0, column: 0 };
  }
  const { line, column } = place;
  const source = text.split("\n", line)[line - 1] ?? "";
  const fault = says.startsWith("Expected ")
    ? unexpected(source.replace(/\r$/, ""), column, isLastLine(text, line))
    : semantic(says, line, new Positions(nodes, text));
  return { severity: "error", ...fault, file, line, column };
}

function placeOf(cause: unknown): { readonly line: number; readonly column: number } | undefined {
  if (typeof cause !== "object" || cause === null) return undefined;
  if ("location" in cause && isObject(cause.location)) return placeOf(cause.location);
  if ("start" in cause && isObject(cause.start)) return placeOf(cause.start);
  if (!("line" in cause && "column" in cause)) return undefined;
  const { line, column } = cause;
  return typeof line === "number" && typeof column === "number" ? { line, column } : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isLastLine(text: string, line: number): boolean {
  return text.split("\n", line + 1).length <= line;
}

type Fault = Pick<ConfigIssue, "code" | "message" | "hint">;

function unexpected(source: string, column: number, last: boolean): Fault {
  const found = source.slice(column - 1).match(/^./u)?.[0];
  const what = found === undefined ? (last ? "end of the file" : "end of the line") : `'${found}'`;
  const hint = hintFor(source.slice(0, column - 1), source.slice(column - 1));
  return { code: "invalid-toml", message: `unexpected ${what}`, ...(hint === undefined ? {} : { hint }) };
}

/** What people mean when they write this. */
function hintFor(before: string, rest: string): string | undefined {
  const bare = /[=[,]\s*([^\s"'[\]{}=,#]*)$/.exec(before)?.[1];
  if (rest === "" && /=\s*$/.test(before)) return "a value is missing after `=`";
  if (bare !== undefined && /^[^\s"'[\]{}=,#]/.test(rest)) {
    const word = /^[^\s"',#\]}]*/.exec(rest)?.[0] ?? "";
    return `text needs quotes: "${bare}${word}"`;
  }
  if (rest === "" && (before.split('"').length % 2 === 0 || before.split("'").length % 2 === 0)) {
    return "a quote is not closed";
  }
  if (/^\s*\[[^\]]*$/.test(before) && rest === "") return "the table's name needs a closing `]`";
  if (/^\s*[\w.-]+\s*$/.test(before) && rest !== "=") return "a key is followed by `=` and its value";
  return undefined;
}

/** Well-formed text that means nothing: a key twice, a table opened again, a number too large. */
function semantic(says: string, line: number, positions: Positions): Fault {
  const name = /'(.*)'/.exec(says)?.[1] ?? "";
  if (/^Cannot (redefine|use dotted|extend|append)/.test(says)) {
    const first = positions.find(name.split("."), "key");
    const message = `\`${name}\` is defined twice`;
    if (first === undefined || first.line === line) return { code: "duplicate-key", message };
    return { code: "duplicate-key", message, hint: `it is there already, in line ${first.line}` };
  }
  if (says.startsWith("Integer")) return { code: "invalid-toml", message: "this number is too large" };
  return { code: "invalid-toml", message: lowerFirst(says.replace(/\.$/, "")) };
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
