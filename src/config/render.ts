/** Issues as text for a terminal or a log. */
import type { ConfigIssue } from "./issue.ts";

const TABS = /[^\t]/g;
const MARGIN = 6;
/** Of a longer source line, only the part around the caret is shown. */
const MAX_SOURCE_WIDTH = 100;

/**
 * Each issue for a terminal: `file:line:column: error: …`, the source line, a caret under the place, the hint.
 *
 * @param text the file that was read
 */
export function renderIssues(issues: readonly ConfigIssue[], text: string): string[] {
  const sources = issues.length === 0 ? [] : text.split(/\r?\n/);
  return issues.map((issue) => render(issue, sources[issue.line - 1]));
}

function render(issue: ConfigIssue, written: string | undefined): string {
  const place = issue.line === 0 ? issue.file : `${issue.file}:${issue.line}:${issue.column}`;
  const lines = [`${place}: ${issue.severity}: ${issue.message} [${issue.code}]`];
  const source = concealed(written);
  if (source !== undefined) lines.push(...excerpt(source, issue));
  if (issue.hint !== undefined) lines.push(`${" ".repeat(MARGIN)} = ${issue.hint}`);
  return lines.join("\n");
}

function excerpt(source: string, { line, column }: ConfigIssue): string[] {
  const start = column > MAX_SOURCE_WIDTH ? column - MAX_SOURCE_WIDTH / 2 : 0;
  const shown = printable(source.slice(start, start + MAX_SOURCE_WIDTH));
  const indent = printable(source.slice(start, column - 1)).replace(TABS, " ");
  return [`${String(line).padStart(MARGIN)} | ${shown}`, `${" ".repeat(MARGIN)} | ${indent}^`];
}

/** User and password of a URL, each character as another: the caret stays where it belongs. */
function concealed(source: string | undefined): string | undefined {
  return source?.replace(/(?<=:\/\/)[^"'\s]*(?=@)/, (secret) => "*".repeat(secret.length));
}

/** Control characters would move the caret, or worse, the terminal's. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, "?");
}
