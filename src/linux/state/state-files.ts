/** Small files that must survive a power cut: written beside, synced, renamed. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

const STATE_MODE = 0o600;
const STATE_DIRECTORY_MODE = 0o700;

export function writeDurably(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: STATE_DIRECTORY_MODE });
  const temporary = `${path}.new`;
  const descriptor = openSync(temporary, "w", STATE_MODE);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** It may be gone already. */
export function removeDurably(path: string): void {
  rmSync(path, { force: true });
  syncDirectory(dirname(path));
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** The file's text, or `undefined` when there is none that can be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
