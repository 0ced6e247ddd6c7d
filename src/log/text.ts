/** Lines for a terminal: time of day, level, process, sentence. */
import type { Level } from "./kind.ts";

const COLOURS: Readonly<Record<Level | "fatal", string>> = {
  debug: "\u001b[2m",
  info: "",
  notice: "\u001b[1m",
  warn: "\u001b[33m",
  error: "\u001b[31m",
  fatal: "\u001b[1;31m",
};
/** Issues with their place in a file, and stacks, have several lines. */
const CONTINUATION = "\n    ";
const PLAIN = "\u001b[0m";

interface TextLine {
  readonly at: Date;
  readonly level: Level | "fatal";
  readonly process: string;
  readonly message: string;
}

/** Ends with a line feed. */
export function formatLine({ at, level, process, message }: TextLine, colours: boolean): string {
  const shown = message.split("\n").map(printable).join(CONTINUATION);
  const text = `${timeOfDay(at)} ${level.padEnd(6)} ${process.padEnd(8)} ${shown}`;
  const colour = colours ? COLOURS[level] : "";
  return colour === "" ? `${text}\n` : `${colour}${text}${PLAIN}\n`;
}

/** Text that may have come from a peer, safe for a terminal: control characters are shown as `\x1b`. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** Local time: `02:47:11.123`. */
function timeOfDay(at: Date): string {
  const two = (count: number) => String(count).padStart(2, "0");
  const milliseconds = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${milliseconds}`;
}
