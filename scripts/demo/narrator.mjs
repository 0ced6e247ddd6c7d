// Tells the story: every line with its time since the beginning.
// @ts-check

/** In a guest the console carries other lines, too: ours are marked. */
export const MARK = "demo| ";

const mark = process.argv.includes("--marked") ? MARK : "";
const startedAt = performance.now();

/** @param {string} title */
export function chapter(title) {
  write("");
  write(title);
}

/** @param {string} text */
export function tell(text) {
  const seconds = (performance.now() - startedAt) / 1_000;
  const [first, ...others] = text.split("\n");
  write(`[${seconds.toFixed(3).padStart(7)} s] ${first}`);
  if (others.length > 0) quote(others.join("\n"));
}

/** What a command printed. @param {string} text */
export function quote(text) {
  for (const line of text.trimEnd().split("\n")) write(`            ${line}`.trimEnd());
}

/** @param {string} line */
export function write(line) {
  process.stdout.write(`${mark}${line}\n`);
}

/** `1 request`, `2 requests` @param {number} count @param {string} noun */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
