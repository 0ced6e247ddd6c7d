/** The cluster file: text in, a valid cluster or every issue at once out. */
import type { z } from "zod";
import type { SecretReader } from "./authentication.ts";
import { crossCheck, isAboutAbsence } from "./cross-check.ts";
import { explain } from "./explain.ts";
import { type ConfigIssue, error, type Finding, type Path } from "./issue.ts";
import { isDate, isTable } from "./known.ts";
import { Positions } from "./positions.ts";
import { prune } from "./prune.ts";
import { withSecrets } from "./rules/authentication.ts";
import { clusterSchema, partsSchema } from "./schema.ts";
import { DATE, readToml, sourceNodes } from "./toml.ts";

/** A valid file, with every default filled in. */
export interface Cluster extends Readonly<z.output<typeof clusterSchema>> {
  /** As it was named, for messages. */
  readonly file: string;
}

type LoadResult =
  | { readonly kind: "ok"; readonly cluster: Cluster; readonly warnings: readonly ConfigIssue[] }
  /** Warnings too, in the order of the text. */
  | { readonly kind: "bad"; readonly issues: readonly ConfigIssue[] };

/**
 * @param file the name to call it in issues
 * @param readSecret reads the keys that stand elsewhere; without it they are not looked at
 */
export function loadCluster(text: string, file: string, readSecret?: SecretReader): LoadResult {
  const toml = readToml(text, file);
  if (toml.kind === "bad") return { kind: "bad", issues: [toml.issue] };
  const strange = STRANGE.test(text) || DATE.test(text) ? strangeParts(toml.value, []) : [];
  const parsed = clusterSchema.safeParse(toml.value);
  if (parsed.success && strange.length === 0) {
    const { parts, findings } =
      readSecret === undefined ? { parts: parsed.data, findings: [] } : withSecrets(parsed.data, readSecret);
    const issues = placed([...crossCheck(parts), ...findings], text, file);
    if (issues.some(({ severity }) => severity === "error")) return { kind: "bad", issues };
    return { kind: "ok", cluster: { ...parts, file }, warnings: issues };
  }
  const broken = parsed.success ? [] : parsed.error.issues;
  const told = explain(broken, toml.value);
  const untold = strange.filter(({ path }) => !told.some((one) => `${one.path}` === `${path}`));
  const findings = [...untold, ...told, ...crossCheckRest(toml.value, broken)];
  return { kind: "bad", issues: placed(findings, text, file) };
}

/** Or with an escape, which may stand for anything. */
const STRANGE = /__proto__|\\/;

/** The schema passes over what has this name, and takes a date for an empty table: nothing in a file may be ignored. */
function strangeParts(value: unknown, path: Path): Finding[] {
  if (isDate(value)) return [error(path, "wrong-type", "nothing in a cluster file is a date")];
  if (Array.isArray(value)) return value.flatMap((inside, index) => strangeParts(inside, [...path, index]));
  if (!isTable(value)) return [];
  return Object.keys(value).flatMap((key) =>
    key === "__proto__" ? [badName([...path, key])] : strangeParts(value[key], [...path, key]),
  );
}

function badName(path: Path): Finding {
  return { ...error(path, "bad-name", `"${path.at(-1)}" is no name`), at: "key" };
}

/** What is well-formed beside the broken parts is checked too, as far as it does not lean on them. */
function crossCheckRest(value: unknown, broken: readonly z.core.$ZodIssue[]): Finding[] {
  const lost = prune(value, broken);
  const rest = partsSchema.safeParse(value);
  if (!rest.success) return [];
  const findings = crossCheck(rest.data);
  return lost ? findings.filter((finding) => !isAboutAbsence(finding)) : findings;
}

function placed(findings: readonly Finding[], text: string, file: string): ConfigIssue[] {
  if (findings.length === 0) return [];
  const positions = new Positions(
    sourceNodes(text),
    text,
    findings.map(({ path }) => path),
  );
  return findings
    .map(({ path, at, ...issue }) => ({ ...issue, file, ...positions.of({ path, at }) }))
    .sort((left, right) => left.line - right.line || left.column - right.column);
}
