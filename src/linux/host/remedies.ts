/** Applies what `keelson doctor --fix` may: settings of the kernel and modules. Both can be undone. */
import { spawnSync } from "node:child_process";
import { wayTo } from "../../host/doctor.ts";
import type { Remedy } from "../../host/picture.ts";
import { sysctlName } from "../../host/sysctl-name.ts";
import { unreachable } from "../../net/bug.ts";
import { refusalOf } from "../refusal.ts";
import { readSysctl, writeSysctl } from "../sysctls.ts";

/** A module that does not load within this is in trouble. */
const LINE_MS = 20_000;

type SafeRemedy = Exclude<Remedy, { readonly kind: "line" }>;

export function isSafe(remedy: Remedy): remedy is SafeRemedy {
  return remedy.kind !== "line";
}

/** The line that takes it back. */
export function undoLine(remedy: SafeRemedy): string {
  switch (remedy.kind) {
    case "sysctl":
      return `${wayTo(remedy)}sysctl -w ${sysctlName(remedy.path)}=${readSysctl(remedy.path, remedy.namespace) ?? ""}`;
    case "module":
      return `modprobe --remove ${remedy.name}`;
    default:
      return unreachable(remedy);
  }
}

/** Why it was not done; `undefined` when it was. */
export function apply(remedy: SafeRemedy): string | undefined {
  switch (remedy.kind) {
    case "sysctl":
      return refusalOf(() => writeSysctl(remedy.path, remedy.value, remedy.namespace))?.text;
    case "module":
      return runLine(`modprobe ${remedy.name}`);
    default:
      return unreachable(remedy);
  }
}

/** Runs a program with words that have no spaces. Why it was not done; `undefined` when it was. */
export function runLine(line: string): string | undefined {
  const [program = "", ...words] = line.split(" ");
  const { status, stderr, error } = spawnSync(program, words, { encoding: "utf8", timeout: LINE_MS });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}
