/**
 * Keeps the nftables table that leaves the addresses of some routers to the balanced services alone (`accept = false`).
 *
 * It says the same on master and backup, so a fail-over never waits for it. Who restarts the host's own firewall may
 * flush ours with it: it is looked for when the kernel tells of a change, and now and then.
 */
import { noNftables } from "../../host/no-nftables.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import type { IpAddress } from "../../net/ip.ts";
import { askClosedTable, CLOSED_TABLE, closeAddresses, openAddresses } from "../../netlink/closed-table.ts";
import { ENOENT } from "../../netlink/errno.ts";
import type { Request } from "../../netlink/message.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { OWNER_PRIORITY, type RouterSettings } from "../../vrrp/settings.ts";
import { askNetfilter } from "../netlink/netfilter.ts";
import { watchTable } from "../netlink/table-watch.ts";
import { refusalOf } from "../refusal.ts";
import type { Journal } from "../state/journal.ts";
import { Paced } from "./paced.ts";

const AUDIT_MS = 10_000;
/** Between two looks because of what the kernel tells: somebody may do it again and again. */
const PAUSE_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
const WHAT = "the nftables table keelson";

type Tell = (event: KeelsonEvent) => void;

interface Host {
  /** The first refusal. */
  ask(requests: readonly Request[]): KernelRefusal | undefined;
  /** Calls when the table was changed, by us too, until what it returns is called. */
  watch(changed: () => void): () => void;
}

const KERNEL: Host = {
  ask: (requests) => askNetfilter(requests),
  watch: (changed) => watchTable(CLOSED_TABLE, changed),
};

export class Firewall {
  readonly #journal: Pick<Journal, "firewall" | "setFirewall">;
  readonly #tell: Tell;
  readonly #host: Host;
  #addresses: readonly IpAddress[] = [];
  #later: NodeJS.Timeout | undefined;
  #retry = FIRST_RETRY_MS;
  /** Of the last refusal, until there is none. */
  #told: string | undefined;
  #endWatch = () => {};
  readonly #changed = new Paced(PAUSE_MS, () => this.#look());

  constructor(journal: Pick<Journal, "firewall" | "setFirewall">, tell: Tell, host = KERNEL) {
    this.#journal = journal;
    this.#tell = tell;
    this.#host = host;
  }

  /** Those of routers whose addresses this host's own programs do not get; an owner's are its own. */
  configure(routers: readonly RouterSettings[]): void {
    const closed = routers.filter(({ accept, mode, priority }) => {
      return !accept && mode === "active" && priority !== OWNER_PRIORITY;
    });
    const addresses = closed.flatMap((router) => router.addresses.map(({ address }) => address));
    this.#addresses = [...new Set(addresses)].sort();
    this.#retry = FIRST_RETRY_MS;
    this.#told = undefined;
    this.#write();
  }

  /** Nothing of it stays. */
  remove(): void {
    this.configure([]);
    this.close();
  }

  /** What was written stays: this process ends, or has nobody to work for. */
  close(): void {
    clearTimeout(this.#later);
    this.#changed.forget();
    this.#endWatch();
  }

  #write(): void {
    clearTimeout(this.#later);
    this.#hear();
    const isWanted = this.#addresses.length > 0;
    // A look would miss what is not to be there.
    if (!isWanted) this.#changed.forget();
    if (!isWanted && !this.#journal.firewall) return;
    // Written down before it is there: after a crash a later run knows what is ours.
    const refusal = isWanted
      ? (refusalOf(() => this.#journal.setFirewall(true)) ?? this.#host.ask(closeAddresses(this.#addresses)))
      : (this.#host.ask(openAddresses()) ?? refusalOf(() => this.#journal.setFirewall(false)));
    if (refusal === undefined) return this.#audit();
    // A look may find the table with what was wanted before, and would call off the next try.
    this.#endWatch();
    this.#changed.forget();
    this.#tellRefused(refusal);
    this.#later = setTimeout(() => this.#write(), this.#retry);
    this.#retry = Math.min(2 * this.#retry, LONGEST_RETRY_MS);
  }

  #tellRefused(refusal: KernelRefusal): void {
    if (this.#told === refusal.code) return;
    this.#told = refusal.code;
    const meaning = noNftables(refusal);
    this.#tell({ kind: "table-refused", what: WHAT, refusal, ...(meaning === undefined ? {} : { meaning }) });
  }

  /** Before anything is asked or written, so that no change is between. */
  #hear(): void {
    this.#endWatch();
    this.#endWatch = () => {};
    if (this.#addresses.length > 0) this.#endWatch = this.#host.watch(() => this.#changed.ask());
  }

  #audit(): void {
    this.#retry = FIRST_RETRY_MS;
    this.#told = undefined;
    if (this.#addresses.length > 0) this.#later = setTimeout(() => this.#look(), AUDIT_MS);
  }

  #look(): void {
    clearTimeout(this.#later);
    this.#hear();
    if (this.#host.ask([askClosedTable()])?.errno !== ENOENT) return this.#audit();
    this.#tell({ kind: "firewall-gone" });
    this.#write();
  }
}
