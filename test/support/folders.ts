/** Temporary folders that name their owner, so that the next run can remove what a killed one left. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "./teardown.ts";

/** `kl-<pid of the owner>-…`, as the lab's namespaces. */
const OWNED = /^kl-(\d+)-/;

export interface OwnFolder {
  readonly path: string;
  remove(): void;
}

/** A new folder, removed when this process ends at the latest. */
export function ownFolder(purpose: string): OwnFolder {
  for (const name of readdirSync(tmpdir()).filter(isOrphan)) discard(join(tmpdir(), name));
  const path = mkdtempSync(join(tmpdir(), `kl-${process.pid}-${purpose}-`));
  const withdraw = atExit(() => discard(path));
  const remove = () => {
    withdraw();
    discard(path);
  };
  return { path, remove };
}

/** Whether a folder or a namespace belongs to a run that is over. */
export function isOrphan(name: string): boolean {
  const owner = OWNED.exec(name)?.[1];
  return owner !== undefined && !existsSync(`/proc/${owner}`);
}

function discard(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
