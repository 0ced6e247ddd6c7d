/** What the schema has against a file, in our words. */
import type { z } from "zod";
import { error, type Finding, type Path } from "./issue.ts";
import { isDate, isTable, knownKeys, tableKind, valueAt } from "./known.ts";
import { isLaterKey, isLaterValue, laterHint, translationOf } from "./later.ts";
import { nearest } from "./nearest.ts";

type ZodIssue = z.core.$ZodIssue;

/** What explanations quote from. */
interface Context {
  /** The whole file. */
  readonly root: unknown;
  readonly known: ReturnType<typeof knownKeys>;
}

/** @param root the whole file */
export function explain(issues: readonly ZodIssue[], root: unknown): Finding[] {
  const context = { root, known: knownKeys() };
  return withoutEchoes(issues.flatMap((issue) => explainOne(issue, pathOf(issue.path), context)));
}

const MEANT = /^(?:did you mean|write) `(\w+)`/;

/** A key that is missing only because it is mistyped is one mistake, not two. */
function withoutEchoes(findings: readonly Finding[]): Finding[] {
  const mistyped = new Set(
    findings
      .filter(({ code }) => code === "unknown-key")
      .map(({ path, hint = "" }) => JSON.stringify([...path.slice(0, -1), MEANT.exec(hint)?.[1]])),
  );
  return findings.filter(({ code, path }) => code !== "missing-key" || !mistyped.has(JSON.stringify(path)));
}

function pathOf(path: readonly PropertyKey[]): Path {
  return path.map((part) => (typeof part === "number" ? part : String(part)));
}

function explainOne(issue: ZodIssue, path: Path, context: Context): Finding[] {
  const value = valueAt(context.root, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.filter(isPossible).map((key) => unknownKey(path, key, context.known));
    case "invalid_type":
      return [wrongType(path, [issue.expected], value)];
    case "invalid_value":
      return [unknownValue(path, issue.values.map(String), value)];
    case "invalid_union":
      return explainUnion(issue, path, context);
    case "invalid_key":
      return [badKey(path)];
    case "invalid_format":
      return [badName(path, value)];
    case "custom":
      return [refused(issue, path)];
    case "too_small":
      return [outOfRange(path, issue.origin, "least", issue.minimum, value)];
    case "too_big":
      return [outOfRange(path, issue.origin, "most", issue.maximum, value)];
    default:
      return [error(path, "bad-value", `${called(path)}: ${issue.message}`)];
  }
}

/** The other is no name either, and reported as such wherever it stands. */
function isPossible(key: string): boolean {
  return key !== "__proto__";
}

function unknownKey(table: Path, key: string, tables: Context["known"]): Finding {
  const path = [...table, key];
  const kind = tableKind(table, tables);
  const known = tables.get(kind) ?? new Set();
  if (isLaterKey(kind, key)) {
    return at("key", error(path, "not-supported-yet", `\`${key}\` is not supported yet`, laterHint(key)));
  }
  return at(
    "key",
    error(path, "unknown-key", `\`${key}\` is no key of ${tableName(table)}`, keyHint(key, known)),
  );
}

function keyHint(key: string, known: ReadonlySet<string>): string | undefined {
  const translation = translationOf(key);
  if (translation !== undefined) return `write ${translation}`;
  if (known.has(key)) return `\`${key}\` belongs to another \`type\``;
  const meant = nearest(key, known);
  return meant === undefined ? `known are: ${[...known].join(", ")}` : `did you mean \`${meant}\`?`;
}

function at(place: Finding["at"], finding: Finding): Finding {
  return { ...finding, at: place };
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text in quotes",
  number: "a whole number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a table",
  record: "a table",
};

function wrongType(path: Path, expected: readonly string[], value: unknown): Finding {
  if (value === undefined) return missing(path);
  const words = [...new Set(expected.map((type) => TYPES[type] ?? type))].join(" or ");
  const message = `${called(path)} must be ${words}, not ${typeName(value)}`;
  return error(path, "wrong-type", message, typeHint(path, expected, value));
}

function missing(path: Path): Finding {
  const table = path.slice(0, -1);
  const key = path.at(-1);
  if (typeof key === "number") return outOfRange(table, "array", "least", key + 1, undefined);
  return error(path, "missing-key", `${tableName(table)} has no \`${String(key)}\``);
}

const DURATIONS = new Set([
  "interval",
  "timeout",
  "remove_after",
  "again",
  "refresh",
  "extra_refresh",
  "pace",
  "tcp",
  "tcp_fin",
  "udp",
]);

function typeHint(path: Path, expected: readonly string[], value: unknown): string | undefined {
  const key = String(path.at(-1));
  if (typeof value === "number" && DURATIONS.has(key)) {
    return `a duration has a unit: ${key} = "${value}ms" or "${value}s"`;
  }
  const isSimple = typeof value === "string" || typeof value === "number";
  if (expected.includes("array") && !expected.includes("object") && isSimple)
    return `write ${key} = [${JSON.stringify(value)}]`;
  const isNumber = typeof value === "string" && /^\d+$/.test(value);
  return isNumber && /number|int/.test(expected.join()) ? "write it without quotes" : undefined;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return String(value);
  return isDate(value) ? "a date" : "a table";
}

function unknownValue(path: Path, known: readonly string[], value: unknown): Finding {
  if (value === undefined) return missing(path);
  // Which has no text of its own, not even for `String`.
  if (isTable(value)) return wrongType(path, ["string"], value);
  const written = String(value);
  if (isLaterValue(String(path.at(-1)), written)) {
    return error(path, "not-supported-yet", `${called(path)}: "${written}" is not supported yet`);
  }
  const list = known.map((one) => `"${one}"`).join(", ");
  const meant = nearest(written, known);
  const message = `${called(path)} must be one of ${list}, not ${JSON.stringify(value)}`;
  return error(path, "unknown-value", message, meant === undefined ? undefined : `did you mean "${meant}"?`);
}

/** The variant that was meant is the one whose type fits; a choice by `type` has told already which one it is. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, context: Context): Finding[] {
  if (issue.errors.length === 0) {
    const known = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
    return [unknownValue(path, known, valueAt(context.root, path))];
  }
  const value = valueAt(context.root, path);
  const fitting = issue.errors.find((variant) => variant.every((one) => rootType(one, value) === undefined));
  if (fitting !== undefined) {
    return fitting.flatMap((one) => explainOne(one, [...path, ...pathOf(one.path)], context));
  }
  const expected = issue.errors.flatMap((variant) => variant.flatMap((one) => rootType(one, value) ?? []));
  return [wrongType(path, expected, value)];
}

/** The type that the value as a whole has not. */
function rootType(issue: ZodIssue, value: unknown): string | undefined {
  if (issue.path.length > 0) return undefined;
  if (issue.code === "invalid_value") return typeof value === "string" ? undefined : "string";
  return issue.code === "invalid_type" && issue.expected !== "int" ? issue.expected : undefined;
}

function badKey(path: Path): Finding {
  const finding = path.at(-2) === "headers" ? badHeader(path) : badName(path, path.at(-1));
  return at("key", finding);
}

function badHeader(path: Path): Finding {
  return error(path, "bad-header", `${JSON.stringify(path.at(-1))} is no name of a header`);
}

function badName(path: Path, name: unknown): Finding {
  const hint = 'at most 63 of a-z, 0-9, ".", "_" and "-", the first a letter or digit';
  return error(path, "bad-name", `${JSON.stringify(name)} is no name`, hint);
}

function refused(issue: z.core.$ZodIssueCustom, path: Path): Finding {
  const code: unknown = issue.params?.["code"];
  const hint: unknown = issue.params?.["hint"];
  const message = issue.message.startsWith("must ") ? `${called(path)} ${issue.message}` : issue.message;
  return error(
    path,
    typeof code === "string" ? code : "bad-value",
    message,
    typeof hint === "string" ? hint : undefined,
  );
}

function outOfRange(
  path: Path,
  origin: string,
  side: "least" | "most",
  limit: number | bigint,
  value: unknown,
): Finding {
  if (origin === "array") {
    const code = side === "least" ? "too-few" : "too-many";
    return error(
      path,
      code,
      `${called(path)} must have at ${side} ${limit} ${limit === 1 ? "entry" : "entries"}`,
    );
  }
  if (origin === "string") return error(path, "empty", `${called(path)} must not be empty`);
  return error(path, "out-of-range", `${called(path)} must be at ${side} ${limit}, not ${String(value)}`);
}

/** The key, or the list that an entry stands in. */
function called(path: Path): string {
  const key = path.at(-1);
  return typeof key === "number" ? `entry ${key + 1} of \`${String(path.at(-2))}\`` : `\`${String(key)}\``;
}

function tableName(path: Path): string {
  if (path.length === 0) return "the file";
  return typeof path.at(-1) === "number" ? called(path) : `[${path.join(".")}]`;
}
