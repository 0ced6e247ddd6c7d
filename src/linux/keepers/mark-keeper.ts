/**
 * Keeps the nftables table that gives packets the marks of services (`match`).
 *
 * It says the same on master and backup, so a fail-over never waits for it. Who restarts the host's own firewall may
 * flush ours with it: it is looked at when the kernel tells of a change, and now and then.
 */
import type { DirectorSettings } from "../../config/settings.ts";
import type { MarksReport } from "../../control/target.ts";
import { noNftables } from "../../host/no-nftables.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import { type MarkRule, markRuleText } from "../../netlink/mark-rule.ts";
import { MARK_TABLE, type MarkListing, markChanges, removeMarks } from "../../netlink/mark-table.ts";
import type { Request } from "../../netlink/message.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { refusalOf } from "../refusal.ts";
import type { Journal } from "../state/journal.ts";
import { Paced } from "./paced.ts";

const AUDIT_MS = 5_000;
/** Between two looks because of what the kernel tells: somebody may do it again and again. */
const PAUSE_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
const WHAT = `the nftables table ${MARK_TABLE}`;

type Tell = (event: KeelsonEvent) => void;

interface Host {
  /** `undefined` where there is no table. Throws SystemError. */
  read(): MarkListing | undefined;
  /** The first refusal; then nothing was done. */
  write(requests: readonly Request[]): KernelRefusal | undefined;
  /** Calls when the table was changed, by us too, until what it returns is called. */
  watch(changed: () => void): () => void;
}

export class MarkKeeper {
  readonly #journal: Pick<Journal, "marks" | "setMarks">;
  readonly #tell: Tell;
  readonly #host: Host;
  #wanted: readonly MarkRule[] = [];
  #stays = true;
  /** It was as wanted once: what differs later was somebody else. */
  #settled = false;
  #refusal: KernelRefusal | undefined;
  #writes = 0;
  #later: NodeJS.Timeout | undefined;
  #retry = FIRST_RETRY_MS;
  #endWatch = () => {};
  readonly #changed = new Paced(PAUSE_MS, () => this.#look());

  constructor(journal: Pick<Journal, "marks" | "setMarks">, tell: Tell, host: Host) {
    this.#journal = journal;
    this.#tell = tell;
    this.#host = host;
  }

  /** Who only observes the IPVS table marks nothing for it. */
  configure({ marks, table }: Pick<DirectorSettings, "marks" | "table">): void {
    this.#stays = table.onStop !== "remove";
    this.#want(table.mode === "observe" ? [] : marks);
  }

  /** An orderly end: services that stay in the table want their packets. */
  stop(): void {
    if (!this.#stays) this.#want([]);
    this.close();
  }

  /** What was written stays: this process ends, or has nobody to work for. */
  close(): void {
    clearTimeout(this.#later);
    this.#changed.forget();
    this.#endWatch();
  }

  /** `undefined` when no mark is set by us, and none is left. */
  get report(): MarksReport | undefined {
    if (!this.#isConcerned) return undefined;
    const refusal = this.#refusal;
    const problem = refusal && { problem: noNftables(refusal) ?? `${refusal.text} (${refusal.code})` };
    return { rules: this.#wanted.map(markRuleText), writes: this.#writes, ...problem };
  }

  /** Something is wanted there, or left. */
  get #isConcerned(): boolean {
    return this.#wanted.length > 0 || this.#journal.marks;
  }

  #want(rules: readonly MarkRule[]): void {
    this.#wanted = rules;
    this.#settled = false;
    this.#refusal = undefined;
    this.#retry = FIRST_RETRY_MS;
    this.#look();
  }

  #look(): void {
    clearTimeout(this.#later);
    this.#endWatch();
    if (!this.#isConcerned) return this.#changed.forget();
    // Each time anew: the namespace may be another one, and a socket would keep the old one alive.
    this.#endWatch = this.#host.watch(() => this.#changed.ask());
    let refused: KernelRefusal | undefined;
    const failed = refusalOf(() => {
      refused = this.#settle();
    });
    this.#note(failed ?? refused);
    const wait = this.#refusal === undefined ? AUDIT_MS : this.#retry;
    this.#retry = this.#refusal === undefined ? FIRST_RETRY_MS : Math.min(2 * wait, LONGEST_RETRY_MS);
    if (this.#isConcerned) this.#later = setTimeout(() => this.#look(), wait);
    else this.close();
  }

  /** Throws what the journal and the reading throw. */
  #settle(): KernelRefusal | undefined {
    const isWanted = this.#wanted.length > 0;
    // Written down before it is there: after a crash a later run knows what is ours.
    if (isWanted) this.#journal.setMarks(true);
    const listing = this.#host.read();
    const { requests, changes } = markChanges(listing, this.#wanted);
    const steps = isWanted ? requests : listing === undefined ? [] : removeMarks();
    if (steps.length > 0) {
      const refusal = this.#host.write(steps);
      if (refusal !== undefined) return refusal;
      this.#writes += 1;
      const list = changes.length > 0 ? changes : [`${WHAT} made anew`];
      this.#tell({ kind: this.#settled ? "marks-drift" : "marks-changed", changes: list });
    }
    this.#settled = true;
    if (!isWanted) this.#journal.setMarks(false);
    return undefined;
  }

  /** Told once, until it is as wanted. */
  #note(refusal: KernelRefusal | undefined): void {
    const before = this.#refusal?.code;
    this.#refusal = refusal;
    if (refusal === undefined || refusal.code === before) return;
    const meaning = noNftables(refusal);
    this.#tell({ kind: "table-refused", what: WHAT, refusal, ...(meaning === undefined ? {} : { meaning }) });
  }
}
