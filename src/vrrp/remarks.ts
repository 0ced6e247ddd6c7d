/** What is worth telling of an advert that was heard, whatever becomes of it. */
import type { IpAddress } from "../net/ip.ts";
import type { Instant } from "../net/time.ts";
import type { Advert } from "./advert.ts";
import { Differences } from "./differences.ts";
import type { RouterEvent } from "./event.ts";
import type { Machine } from "./machine.ts";

export class Remarks {
  readonly #machine: Pick<Machine, "candidacy" | "outbox" | "seal">;
  readonly #differences = new Differences();

  constructor(machine: Pick<Machine, "candidacy" | "outbox" | "seal">) {
    this.#machine = machine;
  }

  /** Adverts so far that had another list of addresses than ours. */
  get differing(): number {
    return this.#differences.count;
  }

  /** The last one had. */
  get differs(): boolean {
    return this.#differences.last;
  }

  on(advert: Advert, source: IpAddress, now: Instant): void {
    const { candidacy, seal } = this.#machine;
    const { settings } = candidacy;
    this.#tell(this.#differences.in(advert, source, settings, now));
    this.#tell(seal.takeSkew(settings));
    this.#tell(candidacy.remarkRival(advert, source, now));
  }

  #tell(event: RouterEvent | undefined): void {
    if (event !== undefined) this.#machine.outbox.tell(event);
  }
}
