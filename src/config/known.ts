/** Which keys each table of the cluster file knows, read off the schema. */
import type { Path } from "./issue.ts";
import { clusterJsonSchema } from "./schema.ts";

/** Keys by the table they stand in, names replaced by `*`: `services.*.check` knows `type`, `interval` … */
type KnownKeys = ReadonlyMap<string, ReadonlySet<string>>;

export function knownKeys(): KnownKeys {
  const keys = new Map<string, Set<string>>();
  collect(clusterJsonSchema(), "", keys);
  return keys;
}

/** The table at a path as `knownKeys` calls it: what the schema does not name is a name of the file, or a place in a list. */
export function tableKind(path: Path, known: KnownKeys): string {
  return path.reduce<string>((table, part) => {
    const named = below(table, String(part));
    const isNamed = [...known.keys()].some((kind) => kind === named || kind.startsWith(`${named}.`));
    return isNamed ? named : below(table, "*");
  }, "");
}

function collect(schema: unknown, table: string, keys: Map<string, Set<string>>): void {
  if (Array.isArray(schema)) for (const variant of schema) collect(variant, table, keys);
  if (!isTable(schema)) return;
  for (const variants of ["anyOf", "oneOf"]) collect(schema[variants], table, keys);
  for (const inside of ["additionalProperties", "items"]) collect(schema[inside], below(table, "*"), keys);
  const properties = schema["properties"];
  if (!isTable(properties)) return;
  const known = keys.get(table) ?? new Set();
  keys.set(table, known);
  for (const [key, value] of Object.entries(properties)) {
    known.add(key);
    collect(value, below(table, key), keys);
  }
}

function below(table: string, key: string): string {
  return table === "" ? key : `${table}.${key}`;
}

export function isDate(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Date]";
}

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the file has at a path; `undefined` when it has nothing there. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isTable(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}
