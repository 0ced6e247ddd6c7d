/** Network namespaces by name, and how to get rid of them with all that runs inside. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { isOrphan } from "./folders.ts";
import { must } from "./processes.ts";

const FOLDER = "/run/netns";

export function namespacePath(namespace: string): string {
  return join(FOLDER, namespace);
}

/** The command, run in a namespace. Unlike `ip netns exec` this makes no mount namespace, which can stall a processor. */
export function inNamespace(namespace: string, command: readonly string[]): string[] {
  return ["nsenter", `--net=${namespacePath(namespace)}`, "--", ...command];
}

/** Many `ip` commands by one process, in a namespace or in the initial one. */
export async function ipBatch(lines: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ["-netns", namespace];
  await must(["ip", ...where, "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

/** Kills what runs in the namespaces and deletes them. Synchronous, so that it works in an exit handler. */
export function destroyNamespaces(namespaces: readonly string[]): void {
  const present = namespaces.filter((namespace) => existsSync(namespacePath(namespace)));
  if (present.length === 0) return;
  for (const pid of processesIn(present)) end(pid);
  const input = present.map((namespace) => `netns delete ${namespace}\n`).join("");
  const { status, stderr } = spawnSync("ip", ["-force", "-batch", "-"], { input, encoding: "utf8" });
  if (status !== 0) console.error(`teardown: ${stderr}`);
}

/** Removes what a run left behind that was killed before it could clean up. */
export function sweepNamespaces(): void {
  if (!existsSync(FOLDER)) return;
  destroyNamespaces(readdirSync(FOLDER).filter(isOrphan));
}

/** A process is in a namespace when the kernel names the same inode for both. */
function processesIn(namespaces: readonly string[]): number[] {
  const inodes = new Set(namespaces.map((namespace) => `net:[${statSync(namespacePath(namespace)).ino}]`));
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && inodes.has(namespaceOfProcess(name)))
    .map(Number);
}

function namespaceOfProcess(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return ""; // gone meanwhile
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone meanwhile
  }
}
