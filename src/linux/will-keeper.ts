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
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../net/ethernet.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Will } from "../vrrp/action.ts";
import { PROTOCOL_VRRP } from "../vrrp/advert.ts";
import { OVERLAP_LIMIT } from "../vrrp/handover.ts";
import { virtualMac } from "../vrrp/virtual-link.ts";
import { sendOptions } from "./advert-socket.ts";
import type { Interfaces } from "./interfaces.ts";
import { refusalOf } from "./sockets.ts";
import { successorFilter, successorFrameFilter } from "./successor-filter.ts";
import { advertFrame } from "./virtual-advert-socket.ts";
import { removalLetter, unsteerLetters } from "./will-removal.ts";

const NETLINK_ROUTE = 0;

type Voice = RawSocket | PacketSocket;

interface Prepared {
  readonly clause: Clause;
  readonly voice: Voice;
  readonly ear: Voice;
}

/** What a will speaks and hears through. */
interface Mouthpiece extends Omit<Prepared, "clause"> {
  readonly farewells: readonly Letter[];
  /** Of the successor's first advert. */
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
    if (index === undefined) return undefined;
    const { voice, ear, farewells, filter } =
      will.transport.device === undefined ? this.#plain(will, index) : this.#virtual(will, index);
    const addresses = will.addresses.flatMap((address) => removalLetter(address, interfaces) ?? []);
    const removals = [...unsteerLetters(will.steering, interfaces), ...addresses].map((bytes): Letter => {
      return { socket: this.#netlink, bytes };
    });
    const clause = {
      onHangUp: farewells,
      // Clients find the successor by its announcement, a moment after its advert.
      watch: { socket: ear, filter, delayMicros: OVERLAP_LIMIT },
      onFirstMatch: removals,
    };
    return { clause, voice, ear };
  }

  #plain(will: Will, index: number): Mouthpiece {
    const { goodbye, transport } = will;
    const { family, audience } = transport;
    const device = goodbye.interface;
    const voice = this.#voice(`${device} ${index} ${family}`, () => {
      return new RawSocket({ family, protocol: PROTOCOL_VRRP, device, receive: false });
    });
    const ear = new RawSocket({ family, protocol: PROTOCOL_VRRP, device });
    if (audience.kind === "group") ear.join(audience.group, index);
    const farewells = goodbye.datagrams.map(({ bytes, destination }): Letter => {
      return { socket: voice, bytes, destination, options: sendOptions(goodbye.source, destination, index) };
    });
    return { voice, ear, farewells, filter: successorFilter(will) };
  }

  /** From a virtual link, and of the successor's that has the same MAC address: whole frames (see VirtualAdvertSocket). */
  #virtual(will: Will, interfaceIndex: number): Mouthpiece {
    const { goodbye, vrid, transport } = will;
    const voice = this.#voice("frames", () => new PacketSocket({ protocol: 0 }));
    const ear = new PacketSocket({
      protocol: transport.family === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6,
      interfaceIndex,
      ignoreOutgoing: true,
    });
    const mac = virtualMac(vrid, transport.family);
    const farewells = goodbye.datagrams.map(({ bytes, destination }): Letter => {
      const frame = advertFrame(mac, goodbye.source, destination, bytes);
      return { socket: voice, bytes: frame, options: { interfaceIndex } };
    });
    return { voice, ear, farewells, filter: successorFrameFilter(will) };
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
    for (const one of before) if (!kept.has(one)) one.ear.close();
    const heard = new Set(used.map(({ voice }) => voice));
    for (const [key, voice] of this.#voices) {
      if (heard.has(voice)) continue;
      voice.close();
      this.#voices.delete(key);
    }
  }
}
