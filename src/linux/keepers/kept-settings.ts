/** Settings of the kernel's balancer as the cluster file wants them, and what they were before. */
import type { SysctlChange } from "../../channel/message.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { refusalOf } from "../refusal.ts";

/** Where such settings are, by their paths. */
export interface SettingsPlace {
  read(path: string): string | undefined;
  /** Throws SystemError, or the file system's error. */
  write(path: string, value: string): void;
  /** For people. */
  nameOf(path: string): string;
}

/** What was changed, written down. */
interface SettingsBook {
  changes(): readonly SysctlChange[];
  /** Throws the file system's error. */
  note(changes: readonly SysctlChange[]): void;
}

export class KeptSettings {
  readonly #book: SettingsBook;
  readonly #place: SettingsPlace;
  readonly #tell: (event: KeelsonEvent) => void;

  constructor(book: SettingsBook, place: SettingsPlace, tell: (event: KeelsonEvent) => void) {
    this.#book = book;
    this.#place = place;
    this.#tell = tell;
  }

  /** By path, as the kernel has them; of those that we changed. */
  get inForce(): readonly (readonly [path: string, value: string])[] {
    return this.#book.changes().map(({ path }) => [path, this.#place.read(path) ?? ""]);
  }

  /** Sets those that are wanted, by path, and puts back what earlier calls changed and is not wanted any more. */
  keep(wanted: Readonly<Record<string, string>>): void {
    const known = this.#book.changes();
    const changes = Object.entries(wanted).flatMap(([path, value]) => this.#changeOf(path, value, known));
    const leaving = known.filter(({ path }) => !changes.some((change) => change.path === path));
    // Written down before anything is changed: after a crash a later run knows what the host had.
    const refusal = refusalOf(() => this.#book.note([...leaving, ...changes]));
    if (refusal !== undefined) return this.#refused("the journal", refusal);
    for (const { path, value } of changes) this.#set(path, value);
    const stuck = leaving.filter((change) => !this.#putBack(change));
    refusalOf(() => this.#book.note([...stuck, ...changes]));
  }

  #changeOf(path: string, value: string, known: readonly SysctlChange[]): SysctlChange[] {
    const before = known.find((one) => one.path === path)?.before ?? this.#place.read(path);
    if (before !== undefined) return [{ path, before, value }];
    this.#tell({ kind: "sysctl-missing", name: this.#place.nameOf(path) });
    return [];
  }

  /** What somebody else has set meanwhile is his. */
  #putBack({ path, before, value }: SysctlChange): boolean {
    return this.#place.read(path) !== value || this.#set(path, before);
  }

  /** Answers whether it has that value now. */
  #set(path: string, value: string): boolean {
    const name = this.#place.nameOf(path);
    const now = this.#place.read(path);
    if (now === value) return true;
    const refusal = refusalOf(() => this.#place.write(path, value));
    if (refusal !== undefined) this.#refused(name, refusal);
    else this.#tell({ kind: "sysctl-changed", name, from: now ?? "", to: value });
    return refusal === undefined;
  }

  #refused(what: string, refusal: KernelRefusal): void {
    this.#tell({ kind: "sysctl-refused", what, refusal });
  }
}
