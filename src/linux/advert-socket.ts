/** The VRRP socket of one interface and family: sends adverts from it and hears those of its neighbours. */
import { RawSocket, type SendOptions } from "dgram-extras";
import { type Family, type IpAddress, isMulticast, parseIp } from "../net/ip.ts";
import { after, type Instant, micros } from "../net/time.ts";
import type { AdvertAction } from "../vrrp/action.ts";
import { ADVERT_TTL, PROTOCOL_VRRP } from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import { now } from "./clock.ts";

/** CS6, internetwork control: what routers give their own traffic. */
const TYPE_OF_SERVICE = 0xc0;
const RECEIVE_BUFFER = 1_048_576;
/** Datagrams taken per wake, so that a flood cannot make our own adverts late. */
export const PACKETS_PER_WAKE = 64;

export interface DrainedPackets {
  readonly packets: readonly ReceivedPacket[];
  /** More may wait, received after this instant; absent: all was taken. */
  readonly heardUntil: Instant | undefined;
}

/** Where a socket speaks and listens. */
interface AdvertLink {
  readonly interface: string;
  readonly index: number;
  readonly family: Family;
  /** Joined; what is sent to this host alone is heard as well. */
  readonly groups: readonly IpAddress[];
}

export function sendOptions(source: IpAddress, destination: IpAddress, interfaceIndex: number): SendOptions {
  const dontRoute = isMulticast(destination);
  return { source, interfaceIndex, ttl: ADVERT_TTL, tos: TYPE_OF_SERVICE, dontRoute };
}

export class AdvertSocket {
  readonly #socket: RawSocket;
  readonly #interface: string;
  readonly #index: number;

  constructor({ interface: interfaceName, index, family, groups }: AdvertLink, wake: () => void) {
    this.#interface = interfaceName;
    this.#index = index;
    this.#socket = new RawSocket({
      family,
      protocol: PROTOCOL_VRRP,
      device: interfaceName,
      receiveBuffer: RECEIVE_BUFFER,
    });
    for (const group of groups) this.#socket.join(group, index);
    this.#socket.onReadable(wake);
    // ENETDOWN and the like: the link monitor tells the same, with more to go on.
    this.#socket.onError(() => {});
  }

  get index(): number {
    return this.#index;
  }

  /** Throws the first SystemError when none of the datagrams could be sent: one peer may be out of reach. */
  send({ source, datagrams }: AdvertAction): void {
    const refusals: unknown[] = [];
    for (const { destination, bytes } of datagrams) {
      try {
        this.#socket.send(bytes, destination, sendOptions(source, destination, this.#index));
      } catch (error) {
        refusals.push(error);
      }
    }
    if (refusals.length === datagrams.length) throw refusals[0];
  }

  drain(): DrainedPackets {
    const datagrams = this.#socket.drain(PACKETS_PER_WAKE);
    const instant = now();
    const ageOfLast = datagrams.at(-1)?.ageMicros ?? 0;
    const packets = datagrams.flatMap(({ bytes, source, destination, ttl, ageMicros }) => {
      const [from, to] = [parseIp(source), parseIp(destination)];
      if (from === undefined || to === undefined) return [];
      const receivedAt = after(instant, micros(-ageMicros));
      return [{ interface: this.#interface, source: from, destination: to, ttl, bytes, receivedAt }];
    });
    const heardUntil = datagrams.length < PACKETS_PER_WAKE ? undefined : after(instant, micros(-ageOfLast));
    return { packets, heardUntil };
  }

  close(): void {
    this.#socket.close();
  }
}
