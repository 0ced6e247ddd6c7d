/** Programs on disk that anybody may run and only we may change. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder } from "../support/folders.ts";

interface Scope {
  after(undo: () => void): void;
}

export const IS_ROOT = process.geteuid?.() === 0;

/** A folder that others may enter. */
export function openFolder(scope: Scope): string {
  const folder = ownFolder("delivery");
  scope.after(() => folder.remove());
  chmodSync(folder.path, 0o755);
  return folder.path;
}

/** A shell script with these lines. */
export function program(folder: string, ...lines: readonly string[]): string {
  const path = join(folder, "program");
  writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(path, 0o755);
  return path;
}
