/** Counts ignored datagrams, and says when one is worth an event: the first, then no more than one every 10 s. */
import type { IpAddress } from "../net/ip.ts";
import { between, type Instant, seconds } from "../net/time.ts";
import type { DropReason } from "../vrrp/drop.ts";

const TELL_EVERY = seconds(10);
/** Sources told apart; a neighbour that invents more shares one entry. */
const SOURCE_LIMIT = 256;

interface Entry {
  toldAt: Instant;
  untold: number;
}

export class DropCounters {
  readonly #totals = new Map<DropReason, number>();
  readonly #entries = new Map<string, Entry>();

  /** How many to tell of now, this one included; 0 when it is too soon. */
  count(interfaceName: string, source: IpAddress, reason: DropReason, now: Instant): number {
    this.#totals.set(reason, (this.#totals.get(reason) ?? 0) + 1);
    const full = this.#entries.size >= SOURCE_LIMIT;
    const named = `${interfaceName} ${source} ${reason}`;
    const key = full && !this.#entries.has(named) ? "others" : named;
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { toldAt: now, untold: 0 });
      return 1;
    }
    entry.untold += 1;
    if (between(entry.toldAt, now) < TELL_EVERY) return 0;
    const count = entry.untold;
    entry.toldAt = now;
    entry.untold = 0;
    return count;
  }

  totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#totals);
  }
}
