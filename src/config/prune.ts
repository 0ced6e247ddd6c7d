/** Takes the broken parts out of a file that was read, so that the rest can still be checked. */
import type { z } from "zod";
import { isTable } from "./known.ts";

/**
 * Changes `root` in place. An unknown key goes alone; anything else takes the router, the service or the server along.
 *
 * @returns whether something may be missed now: more than unknown keys with plain values had to go
 */
export function prune(root: unknown, issues: readonly z.core.$ZodIssue[]): boolean {
  let lost = false;
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) lost = remove(root, [...issue.path, key]) || lost;
      continue;
    }
    lost = true;
    remove(root, entryOf(issue.path));
  }
  return lost;
}

/** `services.web.servers.rs1`, or `routers.front`, or `stop`. */
function entryOf(path: readonly PropertyKey[]): readonly PropertyKey[] {
  return path.slice(0, path[0] === "services" && path[2] === "servers" ? 4 : 2);
}

/** Returns whether it was a table. */
function remove(root: unknown, path: readonly PropertyKey[]): boolean {
  const key = path.at(-1);
  let table = root;
  for (const part of path.slice(0, -1)) {
    if (Array.isArray(table)) table = table[Number(part)];
    else if (isTable(table) && Object.hasOwn(table, part)) table = table[String(part)];
    else return false;
  }
  if (key === undefined || !isTable(table)) return false;
  const removed = table[String(key)];
  Reflect.deleteProperty(table, key);
  return isTable(removed);
}
