/** What may be wrong with a cluster file: for its author, with the place and what to do about it. */

export interface ConfigIssue {
  readonly severity: "error" | "warning";
  /** Stable, kebab-case: for scripts and the manual. */
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly file: string;
  /** From 1; 0 when the issue concerns the file as a whole. */
  readonly line: number;
  /** From 1, in UTF-16 code units; 0 when the issue concerns the file as a whole. */
  readonly column: number;
}

/** Keys and list indexes from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** An issue before its place in the text is known. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly path: Path;
  /** Which of the two is at fault. */
  readonly at: "key" | "value";
}

export function error(path: Path, code: string, message: string, hint?: string): Finding {
  return finding("error", path, code, message, hint);
}

export function warning(path: Path, code: string, message: string, hint?: string): Finding {
  return finding("warning", path, code, message, hint);
}

function finding(
  severity: Finding["severity"],
  path: Path,
  code: string,
  message: string,
  hint: string | undefined,
): Finding {
  return { severity, code, message, ...(hint === undefined ? {} : { hint }), path, at: "value" };
}
