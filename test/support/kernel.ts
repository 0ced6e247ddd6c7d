/** A kernel with IPVS, wherever one can be had: the host's own, or user-mode Linux. Never in the host's own namespace. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./processes.ts";
import { type GuestResult, runInGuest } from "./user-mode-linux.ts";

const ROOT = join(import.meta.dirname, "../..");
const MODULES = [
  "ipv6",
  "ip_vs",
  "veth",
  "bridge",
  "macvlan",
  "dummy",
  "ipip",
  "sit",
  "ip6_tunnel",
  "ip_gre",
  "ip6_gre",
  "fou",
  "fou6",
];
const TIMEOUT_SECONDS = 120;
const MEMORY_MEGABYTES = 1024;

export type IpvsKernel =
  | { readonly kind: "native" }
  | { readonly kind: "user-mode" }
  | { readonly kind: "none"; readonly reason: string };

export interface KernelOptions {
  readonly timeoutSeconds?: number;
  readonly memoryMegabytes?: number;
  readonly modules?: readonly string[];
}

export function ipvsKernel(): IpvsKernel {
  if (process.getuid?.() === 0 && hasNativeIpvs()) return { kind: "native" };
  if (isCommand("linux.uml")) return { kind: "user-mode" };
  return { kind: "none", reason: "no kernel with IPVS: install the Debian package user-mode-linux" };
}

/**
 * Runs a command as root in a fresh network namespace of a kernel with IPVS, from the repository's root.
 * Throws when there is no such kernel, or when it gave no result.
 */
export async function runInIpvsKernel(
  command: readonly string[],
  options: KernelOptions = {},
): Promise<GuestResult> {
  const { timeoutSeconds = TIMEOUT_SECONDS, memoryMegabytes = MEMORY_MEGABYTES, modules = MODULES } = options;
  const kernel = ipvsKernel();
  if (kernel.kind === "none") throw new Error(kernel.reason);
  if (kernel.kind === "native") return runNatively(command, timeoutSeconds);
  return runInGuest(command, { timeoutSeconds, memoryMegabytes, modules, cwd: ROOT });
}

async function runNatively(command: readonly string[], timeoutSeconds: number): Promise<GuestResult> {
  const inside = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", ...command];
  const ending = await run(inside, { cwd: ROOT, timeoutMs: timeoutSeconds * 1_000 });
  if (ending.status === undefined)
    throw new Error(`${command.join(" ")}: ${ending.signal}\n${ending.stderr}`);
  return { status: ending.status, stdout: ending.stdout, stderr: ending.stderr };
}

function hasNativeIpvs(): boolean {
  return existsSync("/proc/net/ip_vs") || spawnSync("modprobe", ["--quiet", "ip_vs"]).status === 0;
}

function isCommand(name: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/bin"];
  return folders.some((folder) => existsSync(join(folder, name)));
}
