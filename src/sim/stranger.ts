/** A host that has nothing to do with the directors and yet holds one of their addresses: it announces, and answers ARP. */
import type { IpAddress } from "../net/ip.ts";
import { type ArpPayload, BROADCAST, type Frame, hostMac } from "./frame.ts";
import type { Switch } from "./network.ts";

const STRANGER_HOST = 99;
const MAC = hostMac(STRANGER_HOST, 0);

export class Stranger {
  readonly name = "stranger";
  readonly up = true;
  readonly #wire: Switch;
  readonly #held = new Set<IpAddress>();

  constructor(wire: Switch) {
    this.#wire = wire;
    wire.attach(this);
  }

  hold(address: IpAddress): void {
    this.#held.add(address);
    this.#say({ operation: "request", senderIp: address, targetIp: address }, BROADCAST);
  }

  letGoAll(): void {
    this.#held.clear();
  }

  receive({ payload }: Frame): void {
    if (payload.kind !== "arp" || payload.operation !== "request" || !this.#held.has(payload.targetIp))
      return;
    const { senderIp, senderMac, targetIp } = payload;
    this.#say({ operation: "reply", senderIp: targetIp, targetIp: senderIp }, senderMac);
  }

  #say(arp: Pick<ArpPayload, "operation" | "senderIp" | "targetIp">, destination: typeof MAC): void {
    this.#wire.transmit(this.name, {
      source: MAC,
      destination,
      payload: { kind: "arp", senderMac: MAC, ...arp },
    });
  }
}
