/** Pages of `docs/` that are printed from the source. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Fails unless the page says exactly `text`; with UPDATE_DOCS=1 it is written instead, for review. */
export function assertPrinted(page: string, text: string): void {
  const path = join(ROOT, page);
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(path, text);
  const written = existsSync(path) ? readFileSync(path, "utf8") : "";
  assert.equal(written, text, `${page} is not what the source says: run this test with UPDATE_DOCS=1`);
}

/** A Markdown table; cells may hold anything but line feeds. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
