/** The marks that an earlier run of the elector kept. */
import type { Marks } from "../../vrrp/seal.ts";
import { readIfThere } from "./state-files.ts";

/** None from a file that is not there or not ours: then only the window guards against replays. */
export function readMarks(path: string): Record<string, Marks> {
  const kept: unknown = parsed(readIfThere(path) ?? "");
  if (!isTable(kept)) return {};
  const marks = Object.entries(kept).flatMap(([router, one]): [string, Marks][] => {
    if (!isTable(one) || !isTable(one["heard"])) return [];
    const { said, heard } = one;
    const texts = Object.entries(heard).filter(
      (pair): pair is [string, string] => typeof pair[1] === "string",
    );
    return [
      [router, { said: typeof said === "string" ? said : undefined, heard: Object.fromEntries(texts) }],
    ];
  });
  return Object.fromEntries(marks);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
