import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A pipe whose one end hangs up when the other is closed everywhere. */
export interface Lifeline {
  readonly watched: number;
  readonly held: number;
  letGo(): void;
}

export function makeLifeline(): Lifeline {
  const folder = mkdtempSync(join(tmpdir(), "kl-lifeline-"));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const watched = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const held = openSync(path, constants.O_WRONLY);
  rmSync(folder, { recursive: true });
  let open = true;
  const letGo = (): void => {
    if (open) closeSync(held);
    open = false;
  };
  after(letGo);
  after(() => closeSync(watched));
  return { watched, held, letGo };
}
