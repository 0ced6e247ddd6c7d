/** The elector's sockets, one pair for each interface in use, opened and closed as routers and interfaces come and go. */
import { SystemError } from "dgram-extras";
import type { IpAddress } from "../net/ip.ts";
import { earliest } from "../net/time.ts";
import type { LinkInfo } from "../netlink/link.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { AdvertAction } from "../vrrp/action.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import { AdvertSocket, type DrainedPackets } from "./advert-socket.ts";
import { ArpSocket, type HeardAnnouncement } from "./arp-socket.ts";

/** A router, as far as sockets go. */
type Inhabitant = Pick<RouterSettings, "interface" | "addresses">;

interface ArpEntry {
  readonly socket: ArpSocket;
  readonly addresses: string;
}

export class Sockets {
  readonly #wake: () => void;
  readonly #adverts = new Map<string, AdvertSocket>();
  readonly #arps = new Map<string, ArpEntry>();

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /**
   * Makes the open sockets fit the routers. An interface that was deleted and made anew has another index: its old
   * sockets are deaf and are replaced. Answers with what the kernel refused, by interface.
   */
  fit(
    routers: readonly Inhabitant[],
    link: (name: string) => LinkInfo | undefined,
  ): ReadonlyMap<string, KernelRefusal> {
    const refusals = new Map<string, KernelRefusal>();
    const attempt = (name: string, open: () => void) => {
      const refusal = refusalOf(open);
      if (refusal !== undefined) refusals.set(name, refusal);
    };
    const wanted = new Set(routers.map((router) => router.interface));
    for (const [name, socket] of this.#adverts) {
      if (wanted.has(name) && link(name)?.index === socket.index) continue;
      socket.close();
      this.#adverts.delete(name);
    }
    for (const name of wanted) attempt(name, () => this.#openAdvert(name, link(name)));
    const arms = armsOf(routers);
    for (const [name, { socket, addresses }] of this.#arps) {
      const now = link(name);
      const fits = now?.index === socket.index && now.mac === socket.mac;
      if (fits && arms.get(name)?.join() === addresses) continue;
      socket.close();
      this.#arps.delete(name);
    }
    for (const [name, addresses] of arms) attempt(name, () => this.#openArp(name, link(name), addresses));
    return refusals;
  }

  send(advert: AdvertAction): KernelRefusal | undefined {
    const socket = this.#adverts.get(advert.interface);
    return socket === undefined ? noDevice("sendmsg") : refusalOf(() => socket.send(advert));
  }

  announce(interfaceName: string, addresses: readonly IpAddress[]): KernelRefusal | undefined {
    const entry = this.#arps.get(interfaceName);
    return entry === undefined ? noDevice("sendmmsg") : refusalOf(() => entry.socket.announce(addresses));
  }

  packets(): DrainedPackets {
    const drained = Array.from(this.#adverts.values(), (socket) => socket.drain());
    return {
      packets: drained.flatMap(({ packets }) => packets),
      heardUntil: earliest(drained.map(({ heardUntil }) => heardUntil)),
    };
  }

  announcements(): HeardAnnouncement[] {
    return Array.from(this.#arps.values()).flatMap(({ socket }) => socket.drain());
  }

  close(): void {
    for (const socket of this.#adverts.values()) socket.close();
    for (const { socket } of this.#arps.values()) socket.close();
    this.#adverts.clear();
    this.#arps.clear();
  }

  #openAdvert(name: string, link: LinkInfo | undefined): void {
    if (link === undefined || this.#adverts.has(name)) return;
    this.#adverts.set(name, new AdvertSocket(name, link.index, this.#wake));
  }

  #openArp(name: string, link: LinkInfo | undefined, addresses: readonly IpAddress[]): void {
    if (link?.mac === undefined || this.#arps.has(name)) return;
    const socket = new ArpSocket(name, link.index, link.mac, addresses, this.#wake);
    this.#arps.set(name, { socket, addresses: addresses.join() });
  }
}

function armsOf(routers: readonly Inhabitant[]): Map<string, IpAddress[]> {
  const arms = new Map<string, Set<IpAddress>>();
  for (const { interface: name, address } of routers.flatMap((router) => router.addresses)) {
    arms.set(name, (arms.get(name) ?? new Set()).add(address));
  }
  return new Map(Array.from(arms, ([name, addresses]) => [name, [...addresses]]));
}

/** Runs one call to the kernel, or to its files; a refusal is an ordinary outcome. */
export function refusalOf(call: () => void): KernelRefusal | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** What a caught error says if the kernel is its author: by our sockets, or by Node's file system calls. */
export function refusalIn(error: unknown): KernelRefusal | undefined {
  if (error instanceof SystemError) {
    return { call: error.call, errno: error.errno, code: error.code, text: error.message };
  }
  if (!isFileError(error)) return undefined;
  return { call: error.syscall, errno: Math.abs(error.errno), code: error.code, text: error.message };
}

interface FileError extends Error {
  readonly syscall: string;
  readonly errno: number;
  readonly code: string;
}

function isFileError(error: unknown): error is FileError {
  if (!(error instanceof Error) || !("syscall" in error && "errno" in error && "code" in error)) return false;
  return typeof error.syscall === "string" && typeof error.errno === "number";
}

const ENODEV = 19;

export function noDevice(call: string): KernelRefusal {
  return { call, errno: ENODEV, code: "ENODEV", text: "the interface does not exist" };
}
