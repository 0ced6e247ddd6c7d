/** The simulated kernel of one director: links, addresses with a lifetime, and the answers it gives to ARP by itself. */
import type { ElectorInput } from "../elector/input.ts";
import { Bug } from "../net/bug.ts";
import { familyOf, type IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { after, earliest, type Instant, seconds } from "../net/time.ts";
import { type ArpPayload, BROADCAST, type Frame } from "./frame.ts";

/** A VIP that nobody refreshes disappears by itself. */
const VALID_LIFETIME = seconds(60);

export interface Interface {
  readonly name: string;
  /** The switch that it is plugged into. */
  readonly network: string;
  readonly mac: MacAddress;
  /** Its own addresses, the sources of adverts: one of each family that is spoken there. */
  readonly sources: readonly IpAddress[];
  up: boolean;
}

interface HeldAddress {
  readonly interface: string;
  readonly address: IpAddress;
  readonly ours: boolean;
  readonly validUntil: Instant | undefined;
}

export class Kernel {
  readonly interfaces: ReadonlyMap<string, Interface>;
  readonly #addresses = new Map<IpAddress, HeldAddress>();

  constructor(interfaces: readonly Interface[]) {
    this.interfaces = new Map(interfaces.map((one) => [one.name, one]));
  }

  interface(name: string): Interface {
    const found = this.interfaces.get(name);
    if (found === undefined) throw new Bug(`no interface ${name} in this simulation`);
    return found;
  }

  get addresses(): readonly HeldAddress[] {
    return [...this.#addresses.values()];
  }

  /** What an elector that starts is told of it: links, sources, and every address. */
  introduction(): readonly ElectorInput[] {
    const own = [...this.interfaces.values()].flatMap(({ name, up, sources }): ElectorInput[] => [
      { kind: "link", interface: name, up },
      ...sources.flatMap((address): ElectorInput[] => [
        { kind: "address", interface: name, address, present: true },
        { kind: "source", interface: name, family: familyOf(address), address },
      ]),
    ]);
    const virtual = this.addresses.map(({ interface: name, address }): ElectorInput => {
      return { kind: "address", interface: name, address, present: true };
    });
    return [...own, ...virtual];
  }

  /** Adds the address or refreshes its lifetime. Was it new? */
  hold(interfaceName: string, address: IpAddress, now: Instant): boolean {
    const isNew = !this.#addresses.has(address);
    const validUntil = after(now, VALID_LIFETIME);
    this.#addresses.set(address, { interface: interfaceName, address, ours: true, validUntil });
    return isNew;
  }

  /** An operator adds an address by hand: it stays for ever, and it is not ours. */
  addByHand(interfaceName: string, address: IpAddress): void {
    this.#addresses.set(address, { interface: interfaceName, address, ours: false, validUntil: undefined });
  }

  /** Was it there? */
  remove(address: IpAddress): boolean {
    return this.#addresses.delete(address);
  }

  holds(address: IpAddress): boolean {
    return this.#addresses.has(address);
  }

  holdsAsOurs(address: IpAddress): boolean {
    return this.#addresses.get(address)?.ours === true;
  }

  nextExpiry(): Instant | undefined {
    return earliest(this.addresses.map((held) => held.validUntil));
  }

  /** Takes away what nobody refreshed, and says what it was. */
  expire(now: Instant): readonly HeldAddress[] {
    const over = this.addresses.filter((held) => held.validUntil !== undefined && held.validUntil <= now);
    for (const held of over) this.#addresses.delete(held.address);
    return over;
  }

  /** The kernel answers for every address it holds on the interface, also the announcement of another holder. */
  answerTo(interfaceName: string, request: ArpPayload): Frame | undefined {
    const held = this.#addresses.get(request.targetIp);
    if (request.operation !== "request" || held?.interface !== interfaceName) return undefined;
    const { mac } = this.interface(interfaceName);
    const payload = { kind: "arp", operation: "reply", senderMac: mac } as const;
    return {
      source: mac,
      destination: request.senderMac,
      payload: { ...payload, senderIp: request.targetIp, targetIp: request.senderIp },
    };
  }

  /** Gratuitous ARP in the form of a request: the form that other holders answer. */
  announcement(interfaceName: string, address: IpAddress): Frame {
    const { mac } = this.interface(interfaceName);
    return {
      source: mac,
      destination: BROADCAST,
      payload: { kind: "arp", operation: "request", senderMac: mac, senderIp: address, targetIp: address },
    };
  }
}

/** What a kernel says that has no room. */
export function refusal(router: string, action: "advert" | "hold"): ElectorInput {
  const text = "No buffer space available";
  return { kind: "refused", router, action, refusal: { call: action, errno: 105, code: "ENOBUFS", text } };
}
