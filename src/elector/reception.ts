/** From a datagram to an advert, or to a drop that is counted. */
import type { Instant } from "../net/time.ts";
import type { Advert } from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { VirtualRouter } from "../vrrp/router.ts";
import { validate } from "../vrrp/validate.ts";
import { DropCounters } from "./drops.ts";
import type { ElectorEvent } from "./event.ts";
import type { Surroundings } from "./surroundings.ts";

export class Reception {
  readonly #surroundings: Surroundings;
  readonly #tell: (event: ElectorEvent) => void;
  readonly #drops = new DropCounters();

  constructor(surroundings: Surroundings, tell: (event: ElectorEvent) => void) {
    this.#surroundings = surroundings;
    this.#tell = tell;
  }

  /** Datagrams ignored so far, by reason. */
  get drops(): Readonly<Record<string, number>> {
    return this.#drops.totals();
  }

  /** The advert, when this router is to hear it. */
  read(packet: ReceivedPacket, router: VirtualRouter | undefined, now: Instant): Advert | undefined {
    const { interface: interfaceName, source } = packet;
    const outcome = validate(packet, {
      own: (address) => this.#surroundings.owns({ interface: interfaceName, address }),
      router: () => router,
    });
    if (outcome.kind === "advert") return outcome.advert;
    const { reason } = outcome;
    const count = this.#drops.count(interfaceName, source, reason, now);
    if (count > 0) this.#tell({ kind: "drop", interface: interfaceName, source, reason, count });
    return undefined;
  }
}
