/**
 * Keeps the elector's last will ready in the balancer's process (see `LastWill` in dgram-extras).
 *
 * For each router that is master or leaving: a goodbye, and the removal of its addresses soon after the first advert of
 * a successor. Everything is prepared when the elector says so; nothing is left to do when it dies but to send.
 */
import { type Clause, LastWill, type Letter, NetlinkSocket, RawSocket } from "dgram-extras";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Will } from "../vrrp/action.ts";
import { PROTOCOL_VRRP } from "../vrrp/advert.ts";
import { OVERLAP_LIMIT } from "../vrrp/handover.ts";
import { sendOptions } from "./advert-socket.ts";
import type { Interfaces } from "./interfaces.ts";
import { refusalOf } from "./sockets.ts";
import { successorFilter } from "./successor-filter.ts";
import { removalLetter, unsteerLetters } from "./will-removal.ts";

const NETLINK_ROUTE = 0;

interface Prepared {
  readonly clause: Clause;
  readonly voice: RawSocket;
  readonly ear: RawSocket;
}

interface WillOwner {
  /** Looks at them now: a will names them by index. */
  interfaces(): Interfaces;
  refused(router: string, refusal: KernelRefusal): void;
}

export class WillKeeper {
  readonly #owner: WillOwner;
  readonly #netlink = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  /** One for all routers of an interface and family. */
  readonly #voices = new Map<string, RawSocket>();
  readonly #prepared = new Map<string, Prepared>();
  readonly #changes = new Map<string, Will | undefined>();
  readonly #will: LastWill;
  #adopting: NodeJS.Immediate | undefined;

  constructor(hangUp: number, owner: WillOwner) {
    this.#owner = owner;
    this.#will = new LastWill({ hangUp, clauses: [] });
  }

  get state(): LastWill["state"] {
    return this.#will.state;
  }

  /** In force in the next turn of the event loop: when a thousand routers claim together, their wills come together. */
  update(router: string, will: Will | undefined): void {
    this.#changes.set(router, will);
    this.#adopting ??= setImmediate(() => this.#adopt());
  }

  /** The elector said goodbye itself. */
  revoke(): void {
    clearImmediate(this.#adopting);
    this.#will.revoke();
  }

  #adopt(): void {
    this.#adopting = undefined;
    const changes = Array.from(this.#changes);
    this.#changes.clear();
    const before = changes.flatMap(([router]) => this.#prepared.get(router) ?? []);
    // Once: a look for each of very many addresses would take long.
    let interfaces: Interfaces | undefined;
    for (const [router, will] of changes) {
      const refusal = refusalOf(() => {
        interfaces ??= this.#owner.interfaces();
        this.#replace(router, will, interfaces);
      });
      if (refusal !== undefined) this.#owner.refused(router, refusal);
    }
    const clauses = Array.from(this.#prepared.values(), ({ clause }) => clause);
    const refusal = refusalOf(() => this.#will.update(clauses));
    if (refusal !== undefined) for (const [router] of changes) this.#owner.refused(router, refusal);
    this.#closeUnused(before);
  }

  #replace(router: string, will: Will | undefined, interfaces: Interfaces): void {
    const prepared = will === undefined ? undefined : this.#prepare(will, interfaces);
    if (prepared === undefined) this.#prepared.delete(router);
    else this.#prepared.set(router, prepared);
  }

  #prepare(will: Will, interfaces: Interfaces): Prepared | undefined {
    const { goodbye } = will;
    const index = interfaces.link(goodbye.interface)?.index;
    if (index === undefined) return undefined;
    const { family, audience } = will.transport;
    const voice = this.#voice(goodbye.interface, index, family);
    const ear = new RawSocket({ family, protocol: PROTOCOL_VRRP, device: goodbye.interface });
    if (audience.kind === "group") ear.join(audience.group, index);
    const farewells = goodbye.datagrams.map(({ bytes, destination }): Letter => {
      return { socket: voice, bytes, destination, options: sendOptions(goodbye.source, destination, index) };
    });
    const addresses = will.addresses.flatMap((address) => removalLetter(address, interfaces) ?? []);
    const removals = [...unsteerLetters(will.steering, interfaces), ...addresses].map((bytes): Letter => {
      return { socket: this.#netlink, bytes };
    });
    const clause = {
      onHangUp: farewells,
      // Clients find the successor by its announcement, a moment after its advert.
      watch: { socket: ear, filter: successorFilter(will), delayMicros: OVERLAP_LIMIT },
      onFirstMatch: removals,
    };
    return { clause, voice, ear };
  }

  /** An interface that was deleted and made anew has another index, and another voice. */
  #voice(device: string, index: number, family: 4 | 6): RawSocket {
    const key = `${device} ${index} ${family}`;
    const known = this.#voices.get(key);
    if (known !== undefined) return known;
    const voice = new RawSocket({ family, protocol: PROTOCOL_VRRP, device, receive: false });
    this.#voices.set(key, voice);
    return voice;
  }

  /** The will has its own share in the sockets that it needs. */
  #closeUnused(before: readonly Prepared[]): void {
    const used = Array.from(this.#prepared.values());
    const kept = new Set(used);
    for (const one of before) if (!kept.has(one)) one.ear.close();
    const heard = new Set(used.map(({ voice }) => voice));
    for (const [key, voice] of this.#voices) {
      if (heard.has(voice)) continue;
      voice.close();
      this.#voices.delete(key);
    }
  }
}
