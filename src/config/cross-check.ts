/** What must hold between the parts of a file. */
import { error, type Finding } from "./issue.ts";
import type { Parts } from "./schema.ts";

/** Codes of findings that something is missing: pointless when parts of the file could not be read. */
const ABOUT_ABSENCE = new Set(["no-directors"]);

/** Everything that is wrong or doubtful in parts that are each well-formed. */
export function crossCheck({ directors }: Parts): Finding[] {
  if (Object.keys(directors).length > 0) return [];
  return [error(["directors"], "no-directors", "the file has no directors")];
}

export function isAboutAbsence({ code }: Finding): boolean {
  return ABOUT_ABSENCE.has(code);
}
