/**
 * Keeps the elector's last will ready in the balancer's process (see `LastWill` in dgram-extras).
 *
 * For each router that is master or leaving: a goodbye, and the removal of its addresses soon after the first advert of
 * a successor. Everything is prepared when the elector says so; nothing is left to do when it dies but to send.
 */
import {
  type Clause,
  type Filter,
  LastWill,
  type Letter,
  NetlinkSocket,
  PacketSocket,
  RawSocket,
} from "dgram-extras";
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../net/ethernet.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import type { Will } from "../../vrrp/action.ts";
import { PROTOCOL_VRRP } from "../../vrrp/advert.ts";
import { OVERLAP_LIMIT } from "../../vrrp/handover.ts";
import { virtualMac } from "../../vrrp/virtual-link.ts";
import type { Interfaces } from "../netlink/interfaces.ts";
import { refusalOf } from "../refusal.ts";
import { sendOptions } from "../sockets/sending.ts";
import { successorFilter, successorFrameFilter } from "../sockets/successor-filter.ts";
import { advertFrame } from "../sockets/virtual-advert-socket.ts";
import { removalLetter, unsteerLetters } from "./will-removal.ts";

const NETLINK_ROUTE = 0;

type Voice = RawSocket | PacketSocket;

interface Prepared {
  readonly clause: Clause;
  readonly voice: Voice;
  readonly ears: readonly Voice[];
}

interface Farewell {
  readonly voice: Voice;
  readonly letters: readonly Letter[];
}

interface Watch {
  /** The first one hears the successor's first advert; all have to be open. */
  readonly ears: readonly [Voice, ...Voice[]];
  readonly filter: Filter;
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
  readonly #voices = new Map<string, Voice>();
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
    const index = interfaces.link(will.goodbye.interface)?.index;
    const watched = watch(will, interfaces);
    if (index === undefined || watched === undefined) return undefined;
    const { voice, letters } =
      will.transport.device === undefined ? this.#farewell(will, index) : this.#virtualFarewell(will, index);
    const { ears, filter } = watched;
    const addresses = will.addresses.flatMap((address) => removalLetter(address, interfaces) ?? []);
    const removals = [...unsteerLetters(will.steering, interfaces), ...addresses].map((bytes): Letter => {
      return { socket: this.#netlink, bytes };
    });
    const clause = {
      onHangUp: letters,
      // Clients find the successor by its announcement, a moment after its advert.
      watch: { socket: ears[0], filter, delayMicros: OVERLAP_LIMIT },
      onFirstMatch: removals,
    };
    return { clause, voice, ears };
  }

  #farewell({ goodbye, transport: { family } }: Will, index: number): Farewell {
    const { interface: device, source } = goodbye;
    const voice = this.#voice(`${device} ${index} ${family}`, () => {
      return new RawSocket({ family, protocol: PROTOCOL_VRRP, device, receive: false });
    });
    const letters = goodbye.datagrams.map(({ bytes, destination }): Letter => {
      return { socket: voice, bytes, destination, options: sendOptions(source, destination, index) };
    });
    return { voice, letters };
  }

  /** From a virtual link: whole frames (see VirtualAdvertSocket). */
  #virtualFarewell({ goodbye, vrid, transport }: Will, interfaceIndex: number): Farewell {
    const voice = this.#voice("frames", () => new PacketSocket({ protocol: 0 }));
    const mac = virtualMac(vrid, transport.family);
    const letters = goodbye.datagrams.map(({ bytes, destination }): Letter => {
      const frame = advertFrame(mac, goodbye.source, destination, bytes);
      return { socket: voice, bytes: frame, options: { interfaceIndex } };
    });
    return { voice, letters };
  }

  /** An interface that was deleted and made anew has another index, and another voice. */
  #voice(key: string, open: () => Voice): Voice {
    const voice = this.#voices.get(key) ?? open();
    this.#voices.set(key, voice);
    return voice;
  }

  /** The will has its own share in the sockets that it needs. */
  #closeUnused(before: readonly Prepared[]): void {
    const used = Array.from(this.#prepared.values());
    const kept = new Set(used);
    for (const one of before) if (!kept.has(one)) for (const ear of one.ears) ear.close();
    const heard = new Set(used.map(({ voice }) => voice));
    for (const [key, voice] of this.#voices) {
      if (heard.has(voice)) continue;
      voice.close();
      this.#voices.delete(key);
    }
  }
}

/**
 * A successor speaks from its own MAC address first, which is heard on the parent, and from the virtual one when it has the
 * addresses (others: from the beginning), which is heard on our virtual link. The parent is a member of the group in any
 * case: a network card drops what nobody has joined, and the elector's membership dies with it.
 */
function watch(will: Will, interfaces: Interfaces): Watch | undefined {
  const { family, audience } = will.transport;
  const link = will.virtualLinks.find((one) => one.family === family);
  const device = link?.parent ?? will.goodbye.interface;
  const index = interfaces.link(device)?.index;
  if (index === undefined) return undefined;
  const ear = new RawSocket({ family, protocol: PROTOCOL_VRRP, device });
  if (audience.kind === "group") ear.join(audience.group, index);
  if (link === undefined || audience.kind === "peers") return { ears: [ear], filter: successorFilter(will) };
  const protocol = family === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
  const frames = new PacketSocket({ protocol, ignoreOutgoing: true });
  const indexes = [device, link.name].flatMap((name) => interfaces.link(name)?.index ?? []);
  return { ears: [frames, ear], filter: successorFrameFilter(will, indexes) };
}
