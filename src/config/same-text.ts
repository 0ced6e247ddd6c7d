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
  // Side by side, up to the first difference: lists of lines of a very large file cost more than everything else about them.
  const [left, right] = [statements(before), statements(after)];
  for (;;) {
    const [one, other] = [left.next(), right.next()];
    if (one.done === true || other.done === true) return one.done === other.done;
    if (one.value !== other.value) return false;
  }
}

/** Without control characters, which TOML refuses in comments, too. */
const COMMENT = /^[\t ]*(#(\t|\P{Cc})*)?$/u;

/** The lines that are no comments. */
function* statements(text: string): Generator<string, void, void> {
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf("\n", start);
    const line = end < 0 ? text.slice(start) : text.slice(start, endOfLine(text, end));
    start = end < 0 ? text.length + 1 : end + 1;
    if (!COMMENT.test(line)) yield line;
  }
}

/** Where the end of a line that ends with a line feed at `end` begins. */
function endOfLine(text: string, end: number): number {
  return text[end - 1] === "\r" ? end - 1 : end;
}
