/** A neighbour on the wire: it knows of the virtual addresses only what it saw in ARP. */
import type { IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { BROADCAST, type Frame } from "./frame.ts";
import type { Switch } from "./network.ts";

export class Client {
  readonly name: string;
  readonly up = true;
  readonly #address: IpAddress;
  readonly #mac: MacAddress;
  readonly #wire: Switch;
  readonly #neighbours = new Map<IpAddress, MacAddress>();
  readonly #asked = new Set<IpAddress>();

  constructor(name: string, address: IpAddress, mac: MacAddress, wire: Switch) {
    this.name = name;
    this.#address = address;
    this.#mac = mac;
    this.#wire = wire;
    wire.attach(this);
  }

  /** Where it would send a packet for this address. */
  knows(address: IpAddress): MacAddress | undefined {
    return this.#neighbours.get(address);
  }

  /** Forgets the address and asks for it anew. */
  ask(address: IpAddress): void {
    this.#neighbours.delete(address);
    this.#asked.add(address);
    this.#wire.transmit(this.name, {
      source: this.#mac,
      destination: BROADCAST,
      payload: {
        kind: "arp",
        operation: "request",
        senderMac: this.#mac,
        senderIp: this.#address,
        targetIp: address,
      },
    });
  }

  /** An announcement changes an entry and never makes one; of several answers the last one stays. */
  receive(frame: Frame): void {
    const { payload } = frame;
    if (payload.kind !== "arp") return;
    const answers = payload.operation === "reply" && this.#asked.has(payload.senderIp);
    const announces = payload.senderIp === payload.targetIp && this.#neighbours.has(payload.senderIp);
    if (answers || announces) this.#neighbours.set(payload.senderIp, payload.senderMac);
  }
}
