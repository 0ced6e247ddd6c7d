/** From a datagram to an advert, or to a drop that is counted; and what there is to say of those who speak here. */
import { familyOf, type IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import type { Instant } from "../net/time.ts";
import type { Advert } from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { VirtualRouter } from "../vrrp/router.ts";
import { validate } from "../vrrp/validate.ts";
import { DropCounters } from "./drops.ts";
import type { ElectorEvent } from "./event.ts";
import { Neighbours } from "./neighbours.ts";
import type { Surroundings } from "./surroundings.ts";

export class Reception {
  readonly #surroundings: Surroundings;
  readonly #tell: (event: ElectorEvent) => void;
  readonly #drops = new DropCounters();
  readonly #neighbours = new Neighbours();

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
    if (outcome.kind === "advert") {
      if (router !== undefined)
        this.#tellAll(this.#neighbours.judge(outcome.advert, packet, router.settings));
      return outcome.advert;
    }
    const { reason } = outcome;
    const count = this.#drops.count(interfaceName, source, reason, now);
    if (count > 0) this.#tell({ kind: "drop", interface: interfaceName, source, reason, count });
    return undefined;
  }

  /** Somebody announced an address: is it the one that our adverts leave from? */
  announced(interfaceName: string, address: IpAddress, mac: MacAddress): void {
    if (this.#surroundings.sourceOf(interfaceName, familyOf(address)) !== address) return;
    this.#tellAll(this.#neighbours.claimsOwn(interfaceName, address, mac));
  }

  /** Another cluster file is obeyed from now on. */
  adopt(): void {
    this.#neighbours.forget();
  }

  #tellAll(events: readonly ElectorEvent[]): void {
    for (const event of events) this.#tell(event);
  }
}
