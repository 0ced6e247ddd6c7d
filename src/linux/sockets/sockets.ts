/** The elector's sockets, by interface and family, opened and closed as routers and interfaces come and go. */
import type { Expectation } from "../../elector/expectations.ts";
import { type Family, familyOf, type IpAddress } from "../../net/ip.ts";
import { earliest } from "../../net/time.ts";
import type { LinkInfo } from "../../netlink/link.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import type { AdvertAction } from "../../vrrp/action.ts";
import type { ReceivedPacket } from "../../vrrp/packet.ts";
import type { RouterSnapshot } from "../../vrrp/snapshot.ts";
import { noDevice, refusalFrom, refusalOf } from "../refusal.ts";
import { AdvertSocket, type DrainedPackets } from "./advert-socket.ts";
import { AnnounceSocket, type HeardAnnouncement } from "./announce-socket.ts";
import { ARP } from "./arp.ts";
import { NDP } from "./ndp.ts";
import { VirtualAdvertSocket } from "./virtual-advert-socket.ts";

/** A router, as far as sockets go. */
type Inhabitant = Pick<RouterSnapshot, "interface" | "vrid" | "virtualLinks" | "addresses" | "transport">;

type AdvertVoice = AdvertSocket | VirtualAdvertSocket;

/** What a socket is opened for; another link, or other addresses, need another socket. */
interface Opening<Socket> {
  readonly interface: string;
  /** All that it depends on. */
  readonly terms: string;
  open(): Socket;
  /** What an open one can change without being replaced. */
  adapt?(socket: Socket): void;
}

/** A socket that the kernel did not open, and what its routers cannot do without it. */
interface RefusedSocket {
  readonly interface: string;
  readonly action: "advert" | "announce";
  readonly refusal: KernelRefusal;
}

interface Entry<Socket> {
  readonly socket: Socket;
  readonly terms: string;
}

type LinkOf = (name: string) => LinkInfo | undefined;

/** Who is told at once what a socket hears. */
interface Listener {
  packets(packets: readonly ReceivedPacket[]): void;
  announcements(announcements: readonly HeardAnnouncement[]): void;
  /** A new one for adverts: nothing is expected there yet. */
  opened(): void;
}

export class Sockets {
  readonly #listener: Listener;
  readonly #adverts = new Map<string, Entry<AdvertVoice>>();
  readonly #announcers = new Map<string, Entry<AnnounceSocket>>();

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /**
   * Makes the open sockets fit the routers. An interface that was deleted and made anew has another index: its old
   * sockets are deaf and are replaced. Answers with what the kernel refused, by interface.
   */
  fit(routers: readonly Inhabitant[], link: LinkOf): readonly RefusedSocket[] {
    const openings = [...this.#advertOpenings(routers, link), ...this.#virtualOpenings(routers, link)];
    const adverts = exchange(this.#adverts, new Map(openings));
    const announcers = exchange(this.#announcers, this.#announcerOpenings(routers, link));
    return [
      ...adverts.map((one) => ({ ...one, action: "advert" }) as const),
      ...announcers.map((one) => ({ ...one, action: "announce" }) as const),
    ];
  }

  /** Those of one interface in one call. Answers with what the kernel refused. */
  send(adverts: readonly AdvertAction[]): ReadonlyMap<AdvertAction, KernelRefusal> {
    const batches = new Map<string, AdvertAction[]>();
    for (const advert of adverts) {
      const key = socketKey(advert.interface, familyOf(advert.source));
      const batch = batches.get(key);
      if (batch === undefined) batches.set(key, [advert]);
      else batch.push(advert);
    }
    const refusals = new Map<AdvertAction, KernelRefusal>();
    for (const [key, batch] of batches) sendBatch(this.#adverts.get(key)?.socket, batch, refusals);
    return refusals;
  }

  /** What is no news. It is a saving and no more: a socket that will not have it wakes us each time. */
  expect(expectation: Expectation): void {
    const { interface: name, family } = expectation;
    const socket = this.#adverts.get(socketKey(name, family))?.socket;
    if (socket instanceof AdvertSocket) refusalOf(() => socket.expect(expectation));
  }

  /** Of both families; the first refusal. */
  announce(interfaceName: string, addresses: readonly IpAddress[]): KernelRefusal | undefined {
    const refusals = FAMILIES.map((family) => {
      const there = addresses.filter((address) => familyOf(address) === family);
      if (there.length === 0) return undefined;
      const entry = this.#announcers.get(socketKey(interfaceName, family));
      return entry === undefined ? noDevice("sendmmsg") : refusalOf(() => entry.socket.announce(there));
    });
    return refusals.find((refusal) => refusal !== undefined);
  }

  /** What waits in all of them. */
  packets(): DrainedPackets {
    const drained = Array.from(this.#adverts.values(), ({ socket }) => socket.drain());
    return {
      packets: drained.flatMap(({ packets }) => packets),
      heardUntil: earliest(drained.map(({ heardUntil }) => heardUntil)),
    };
  }

  announcements(): HeardAnnouncement[] {
    return Array.from(this.#announcers.values()).flatMap(({ socket }) => socket.drain());
  }

  close(): void {
    for (const { socket } of [...this.#adverts.values(), ...this.#announcers.values()]) socket.close();
    this.#adverts.clear();
    this.#announcers.clear();
  }

  #advertOpenings(routers: readonly Inhabitant[], link: LinkOf): Map<string, Opening<AdvertVoice>> {
    const groups = new Map<string, { name: string; family: Family; groups: Set<IpAddress> }>();
    for (const { interface: name, transport } of routers) {
      const { audience, family } = transport;
      const key = socketKey(name, family);
      const entry = groups.get(key) ?? { name, family, groups: new Set<IpAddress>() };
      if (audience.kind === "group") entry.groups.add(audience.group);
      groups.set(key, entry);
    }
    const openings = new Map<string, Opening<AdvertVoice>>();
    for (const [key, { name, family, groups: joined }] of groups) {
      const index = link(name)?.index;
      if (index === undefined) continue;
      const open = () => {
        const link = { interface: name, index, family, groups: [...joined], vrids: vridsAt(routers, key) };
        const socket: AdvertSocket = new AdvertSocket(link, () => {
          this.#listener.packets(socket.drain().packets);
        });
        this.#listener.opened();
        return socket;
      };
      const adapt = (socket: AdvertSocket) => socket.hear(vridsAt(routers, key));
      openings.set(key, { interface: name, terms: [index, ...joined].join(), open, adapt });
    }
    return openings;
  }

  /** On the links of those whose peers are anybody in the group. */
  #virtualOpenings(routers: readonly Inhabitant[], link: LinkOf): Map<string, Opening<AdvertVoice>> {
    const openings = new Map<string, Opening<AdvertVoice>>();
    for (const { vrid, virtualLinks, transport } of routers) {
      const virtual = virtualLinks.find(({ family }) => family === transport.family);
      const index = virtual === undefined ? undefined : link(virtual.name)?.index;
      if (virtual === undefined || index === undefined || transport.audience.kind !== "group") continue;
      const open = () => {
        const socket: VirtualAdvertSocket = new VirtualAdvertSocket(virtual, index, vrid, () => {
          this.#listener.packets(socket.drain().packets);
        });
        return socket;
      };
      const { name, family } = virtual;
      openings.set(socketKey(name, family), { interface: name, terms: `${index},${vrid}`, open });
    }
    return openings;
  }

  #announcerOpenings(routers: readonly Inhabitant[], link: LinkOf): Map<string, Opening<AnnounceSocket>> {
    const arms = new Map<string, { name: string; family: Family; addresses: Set<IpAddress> }>();
    for (const { interface: name, address } of routers.flatMap((router) => router.addresses)) {
      const family = familyOf(address);
      const key = socketKey(name, family);
      const entry = arms.get(key) ?? { name, family, addresses: new Set<IpAddress>() };
      entry.addresses.add(address);
      arms.set(key, entry);
    }
    const shared = new Set(routers.flatMap(({ virtualLinks }) => virtualLinks.map(({ name }) => name)));
    const openings = new Map<string, Opening<AnnounceSocket>>();
    for (const [key, { name, family, addresses }] of arms) {
      const { index, mac } = link(name) ?? {};
      if (index === undefined || mac === undefined) continue;
      const protocol = family === 4 ? ARP : NDP;
      const open = () => {
        const socket: AnnounceSocket = new AnnounceSocket(
          protocol,
          { interface: name, index, mac, shared: shared.has(name) },
          [...addresses],
          () => {
            this.#listener.announcements(socket.drain());
          },
        );
        return socket;
      };
      openings.set(key, { interface: name, terms: [index, mac, ...addresses].join(), open });
    }
    return openings;
  }
}

function sendBatch(
  socket: AdvertVoice | undefined,
  batch: readonly AdvertAction[],
  refusals: Map<AdvertAction, KernelRefusal>,
): void {
  const failed = refusalOf(() => {
    for (const [advert, error] of socket?.send(batch) ?? []) refusals.set(advert, refusalFrom(error));
  });
  const all = socket === undefined ? noDevice("sendmmsg") : failed;
  if (all !== undefined) for (const advert of batch) refusals.set(advert, all);
}

const FAMILIES = [4, 6] as const satisfies Family[];

function vridsAt(routers: readonly Inhabitant[], key: string): number[] {
  const there = routers.filter(({ interface: name, transport }) => socketKey(name, transport.family) === key);
  return [...new Set(there.map(({ vrid }) => vrid))];
}

function socketKey(interfaceName: string, family: Family): string {
  return family === 4 ? interfaceName : `${interfaceName} 6`;
}

/** Closes what is no longer wanted on these terms, and opens what is missing. */
function exchange<Socket extends { close(): void }>(
  entries: Map<string, Entry<Socket>>,
  openings: ReadonlyMap<string, Opening<Socket>>,
): Pick<RefusedSocket, "interface" | "refusal">[] {
  for (const [key, { socket, terms }] of entries) {
    if (openings.get(key)?.terms === terms) continue;
    socket.close();
    entries.delete(key);
  }
  const refusals: Pick<RefusedSocket, "interface" | "refusal">[] = [];
  for (const [key, { interface: name, terms, open, adapt }] of openings) {
    const socket = entries.get(key)?.socket;
    const refusal = refusalOf(() => {
      if (socket === undefined) entries.set(key, { socket: open(), terms });
      else adapt?.(socket);
    });
    if (refusal === undefined) continue;
    refusals.push({ interface: name, refusal });
    // Deaf to one of its routers it would make that one master beside another.
    socket?.close();
    entries.delete(key);
  }
  return refusals;
}
