/**
 * A script as the first process of Debian's own kernel, in a machine that QEMU computes: what user-mode Linux was built
 * without, as nftables for IP. No device is needed and nothing of the host is seen: all files come with the kernel.
 *
 * Everything is some ten times slower than here, and 3 s pass before the script: few and small programs. One processor:
 * with more it stands still for seconds on a busy host.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ownFolder } from "./folders.ts";
import type { Initramfs } from "./initramfs.ts";
import { must, run } from "./processes.ts";

/** Where `scripts/setup.mjs` puts it. */
const KERNEL = join(import.meta.dirname, "../../build/kernel");
const MEMORY_MEGABYTES = 1024;
const CONSOLE_LINES = 40;
const PROGRAMS = ["/bin/bash", "/bin/mount", "/bin/sleep", "/sbin/insmod"];

export function machineSkip(): string | false {
  if (spawnSync("qemu-system-x86_64", ["--version"]).error !== undefined)
    return "needs the Debian package qemu-system-x86";
  return existsSync(KERNEL) ? false : "needs a kernel in build/kernel: `node scripts/setup.mjs test`";
}

export interface MachineOptions {
  readonly modules: readonly string[];
  /** The machine is switched off after this time. */
  readonly timeoutSeconds: number;
}

/**
 * Runs a script of bash to its end. What it has written to descriptor 3. Throws with the console's end when it failed.
 *
 * @param files what the script needs beside bash
 */
export async function runInMachine(
  script: string,
  files: Initramfs,
  { modules, timeoutSeconds }: MachineOptions,
): Promise<string> {
  const folder = ownFolder("machine");
  try {
    const [version = ""] = readdirSync(join(KERNEL, "lib/modules"));
    for (const program of PROGRAMS) await files.program(program);
    const loaded = await withDependencies(modules, version);
    for (const path of loaded) files.file(`/modules/${basename(path)}`, readFileSync(path));
    for (const path of ["/proc", "/sys", "/dev", "/run"]) files.folder(path);
    files.file("/script", script);
    files.file("/init", init(loaded));
    const [archive, result] = [join(folder.path, "archive"), join(folder.path, "result")];
    writeFileSync(archive, files.finish());
    const kernel = join(KERNEL, `boot/vmlinuz-${version}`);
    const { stdout, stderr } = await run(machine(kernel, archive, result), {
      timeoutMs: timeoutSeconds * 1_000,
    });
    const lines = existsSync(result) ? readFileSync(result, "utf8").replaceAll("\r", "") : "";
    if (lines.endsWith("done\n")) return lines.slice(0, -"done\n".length);
    const last = stdout.split("\n").slice(-CONSOLE_LINES).join("\n");
    throw new Error(`the machine gave no result\n${stderr}${last}\n${lines}`);
  } finally {
    folder.remove();
  }
}

function machine(kernel: string, archive: string, result: string): string[] {
  return [
    ...["qemu-system-x86_64", "-M", "q35,accel=tcg", "-cpu", "max", "-m", `${MEMORY_MEGABYTES}`],
    ...["-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio", "-serial", `file:${result}`],
    ...["-kernel", kernel, "-initrd", archive, "-append", "console=ttyS0 quiet panic=-1 edd=off"],
  ];
}

/** Files of the host, in the order in which they load. */
async function withDependencies(modules: readonly string[], version: string): Promise<string[]> {
  await must(["depmod", "-b", KERNEL, version]);
  const lists: string[] = [];
  for (const name of modules)
    lists.push(await must(["modprobe", "-d", KERNEL, "-S", version, "--show-depends", name]));
  const paths = lists.flatMap((text) => [...text.matchAll(/^insmod (\S+)/gm)].map(([, path = ""]) => path));
  return [...new Set(paths)];
}

function init(modules: readonly string[]): string {
  return `#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec 3> /dev/ttyS1
for file in ${modules.map((path) => basename(path)).join(" ")}; do insmod /modules/$file; done
bash -e /script && echo done >&3
echo o > /proc/sysrq-trigger
sleep 60
`;
}
