/**
 * Keeps the elector's last will ready in the balancer's process (see `LastWill` in dgram-extras).
 *
 * For each router that is master or leaving: a goodbye, and the removal of its addresses soon after the first advert of
 * a successor. Everything is prepared when the elector says so; nothing is left to do when it dies but to send.
 */
import { type Clause, LastWill, type Letter, NetlinkSocket, RawSocket } from "dgram-extras";
import type { Will } from "../vrrp/action.ts";
import { PROTOCOL_VRRP } from "../vrrp/advert.ts";
import { OVERLAP_LIMIT } from "../vrrp/handover.ts";
import { sendOptions } from "./advert-socket.ts";
import type { Interfaces } from "./interfaces.ts";
import { successorFilter } from "./successor-filter.ts";
import { removalLetter } from "./will-removal.ts";

const NETLINK_ROUTE = 0;

interface Prepared {
  readonly will: Will;
  readonly clause: Clause;
  readonly sockets: readonly RawSocket[];
}

export class WillKeeper {
  readonly #interfaces: () => Interfaces;
  readonly #netlink = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  readonly #prepared = new Map<string, Prepared>();
  readonly #will: LastWill;

  /** @param interfaces looks at them now: a will names them by index */
  constructor(hangUp: number, interfaces: () => Interfaces) {
    this.#interfaces = interfaces;
    this.#will = new LastWill({ hangUp, clauses: [] });
  }

  get state(): LastWill["state"] {
    return this.#will.state;
  }

  update(router: string, will: Will | undefined): void {
    const before = this.#prepared.get(router);
    if (will === undefined) this.#prepared.delete(router);
    else this.#prepare(router, will);
    this.#will.update(Array.from(this.#prepared.values(), ({ clause }) => clause));
    for (const socket of before?.sockets ?? []) socket.close();
  }

  /** The elector said goodbye itself. */
  revoke(): void {
    this.#will.revoke();
  }

  #prepare(router: string, will: Will): void {
    const { goodbye } = will;
    // Once: a look for each of 255 addresses would take long.
    const interfaces = this.#interfaces();
    const index = interfaces.link(goodbye.interface)?.index;
    if (index === undefined) {
      this.#prepared.delete(router);
      return;
    }
    const { family, audience } = will.transport;
    const common = { family, protocol: PROTOCOL_VRRP, device: goodbye.interface } as const;
    const voice = new RawSocket({ ...common, receive: false });
    const ear = new RawSocket(common);
    if (audience.kind === "group") ear.join(audience.group, index);
    const farewells = goodbye.datagrams.map(({ bytes, destination }): Letter => {
      return { socket: voice, bytes, destination, options: sendOptions(goodbye.source, destination, index) };
    });
    const removals = will.addresses.flatMap((address): Letter[] => {
      const bytes = removalLetter(address, interfaces);
      return bytes === undefined ? [] : [{ socket: this.#netlink, bytes }];
    });
    const clause = {
      onHangUp: farewells,
      // Clients find the successor by its announcement, a moment after its advert.
      watch: { socket: ear, filter: successorFilter(will), delayMicros: OVERLAP_LIMIT },
      onFirstMatch: removals,
    };
    this.#prepared.set(router, { will, clause, sockets: [voice, ear] });
  }
}
