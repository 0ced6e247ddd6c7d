/** Settings of the kernel's balancer under net.ipv4.vs, as the cluster file wants them, and what they were before. */
import type { SysctlChange } from "../channel/message.ts";
import type { KeelsonEvent } from "../log/event.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Journal } from "./journal.ts";
import { refusalOf } from "./sockets.ts";
import { readSysctl, writeSysctl } from "./sysctls.ts";

const FOLDER = "ipv4/vs";

interface Files {
  read(path: string): string | undefined;
  /** Throws the file system's error. */
  write(path: string, value: string): void;
}

type Changes = Pick<Journal, "tableSysctls" | "setTableSysctls">;

export class TableSysctls {
  readonly #journal: Changes;
  readonly #tell: (event: KeelsonEvent) => void;
  readonly #files: Files;

  constructor(
    journal: Changes,
    tell: (event: KeelsonEvent) => void,
    files: Files = { read: readSysctl, write: writeSysctl },
  ) {
    this.#journal = journal;
    this.#tell = tell;
    this.#files = files;
  }

  /** By name, as the kernel has them; of those that we changed. */
  get inForce(): Readonly<Record<string, string>> {
    const all = this.#journal.tableSysctls.map(({ path }) => [nameOf(path), this.#now(path) ?? ""] as const);
    return Object.fromEntries(all);
  }

  /** Sets those that are wanted, and puts back what earlier calls changed and is not wanted any more. */
  keep(wanted: Readonly<Record<string, string>>): void {
    const known = this.#journal.tableSysctls;
    const changes = Object.entries(wanted).flatMap(([name, value]) => this.#changeOf(name, value, known));
    const leaving = known.filter(({ path }) => !changes.some((change) => change.path === path));
    // Written down before anything is changed: after a crash a later run knows what the host had.
    const refusal = refusalOf(() => this.#journal.setTableSysctls([...leaving, ...changes]));
    if (refusal !== undefined) return this.#refused("the journal", refusal);
    for (const { path, value } of changes) this.#set(path, value);
    const stuck = leaving.filter((change) => !this.#putBack(change));
    refusalOf(() => this.#journal.setTableSysctls([...stuck, ...changes]));
  }

  #changeOf(name: string, value: string, known: readonly SysctlChange[]): SysctlChange[] {
    const path = `${FOLDER}/${name}`;
    const before = known.find((one) => one.path === path)?.before ?? this.#now(path);
    if (before !== undefined) return [{ path, before, value }];
    this.#tell({ kind: "sysctl-missing", name: fullName(path) });
    return [];
  }

  /** What somebody else has set meanwhile is his. */
  #putBack({ path, before, value }: SysctlChange): boolean {
    return this.#now(path) !== value || this.#set(path, before);
  }

  /** Answers whether it has that value now. */
  #set(path: string, value: string): boolean {
    const now = this.#now(path);
    if (now === value) return true;
    const refusal = refusalOf(() => this.#files.write(path, value));
    if (refusal !== undefined) this.#refused(fullName(path), refusal);
    else this.#tell({ kind: "sysctl-changed", name: fullName(path), from: now ?? "", to: value });
    return refusal === undefined;
  }

  /** The kernel writes pairs with a tabulator. */
  #now(path: string): string | undefined {
    return this.#files.read(path)?.replace(/\s+/g, " ");
  }

  #refused(what: string, refusal: KernelRefusal): void {
    this.#tell({ kind: "sysctl-refused", what, refusal });
  }
}

function nameOf(path: string): string {
  return path.slice(FOLDER.length + 1);
}

/** `net.ipv4.vs.conntrack` */
function fullName(path: string): string {
  return `net.${path.replaceAll("/", ".")}`;
}
