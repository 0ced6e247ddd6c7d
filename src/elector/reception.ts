/** From a datagram to an advert, or to a drop that is counted; and what there is to say of those who speak here. */
import { familyOf, type IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import type { Instant } from "../net/time.ts";
import type { Advert } from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { VirtualRouter } from "../vrrp/router.ts";
import { validate } from "../vrrp/validate.ts";
import type { Hearers } from "./directory.ts";
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

  /** The advert, and whether it is the one before word for word. @param listening of these hearers */
  hear(
    packet: ReceivedPacket,
    { routers, repetition }: Hearers,
    listening: readonly VirtualRouter[],
    now: Instant,
  ): { readonly advert: Advert; readonly again: boolean } | undefined {
    const { revision } = this.#surroundings;
    const known = listening.length === 1 ? repetition.of(packet, revision) : undefined;
    if (known !== undefined) return { advert: known, again: true };
    const advert = this.#read(packet, listening[0] ?? routers[0], now);
    if (advert === undefined) return undefined;
    // What one of two was asked about says nothing about the other, and what is signed is said once.
    const signs = routers[0]?.settings.transport.authentication !== undefined;
    if (routers.length === 1 && !signs) repetition.note(packet, advert, revision);
    return { advert, again: false };
  }

  /** The advert, when this router is to hear it. */
  #read(packet: ReceivedPacket, router: VirtualRouter | undefined, now: Instant): Advert | undefined {
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
