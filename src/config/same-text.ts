/** Whether two texts of a cluster file say the same: nothing but whole lines of comment, or empty ones, tells them apart. */
import { LONG_TEXT } from "./toml.ts";

const BYTE_ORDER_MARK = "\uFEFF";

/** `false` as well where it would take a parser to know. */
export function sameText(before: string, after: string): boolean {
  if (before === after) return true;
  // Within a long text, a line is no comment, whatever it begins with.
  if (LONG_TEXT.test(before) || LONG_TEXT.test(after)) return false;
  // Behind a comment it is none, but something that TOML does not know.
  if (before.includes(BYTE_ORDER_MARK) || after.includes(BYTE_ORDER_MARK)) return false;
  return withoutComments(before) === withoutComments(after);
}

/** Without control characters, which TOML refuses in comments, too. */
const COMMENT = /^[\t ]*(#(\t|\P{Cc})*)?$/u;

function withoutComments(text: string): string {
  const lines = text.split(/\r?\n/);
  return lines.filter((line) => !COMMENT.test(line)).join("\n");
}
