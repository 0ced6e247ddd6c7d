/** The VRRP socket of one interface: sends adverts from it and hears those of its neighbours. */
import { RawSocket } from "dgram-extras";
import { parseIp } from "../net/ip.ts";
import { after, type Instant, micros } from "../net/time.ts";
import type { AdvertAction } from "../vrrp/action.ts";
import { ADVERT_TTL, MULTICAST_GROUP, PROTOCOL_VRRP } from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import { now } from "./clock.ts";

/** CS6, internetwork control: what routers give their own traffic. */
export const TYPE_OF_SERVICE = 0xc0;
const RECEIVE_BUFFER = 1_048_576;
/** Datagrams taken per wake, so that a flood cannot make our own adverts late. */
export const PACKETS_PER_WAKE = 64;

export interface DrainedPackets {
  readonly packets: readonly ReceivedPacket[];
  /** More may wait, received after this instant; absent: all was taken. */
  readonly heardUntil: Instant | undefined;
}

export class AdvertSocket {
  readonly #socket: RawSocket;
  readonly #interface: string;
  readonly #index: number;

  constructor(interfaceName: string, index: number, wake: () => void) {
    this.#interface = interfaceName;
    this.#index = index;
    this.#socket = new RawSocket({
      family: 4,
      protocol: PROTOCOL_VRRP,
      device: interfaceName,
      bind: MULTICAST_GROUP,
      receiveBuffer: RECEIVE_BUFFER,
    });
    this.#socket.join(MULTICAST_GROUP, index);
    this.#socket.onReadable(wake);
    // ENETDOWN and the like: the link monitor tells the same, with more to go on.
    this.#socket.onError(() => {});
  }

  get index(): number {
    return this.#index;
  }

  /** Throws SystemError. */
  send(advert: AdvertAction): void {
    this.#socket.send(advert.bytes, advert.destination, {
      source: advert.source,
      interfaceIndex: this.#index,
      ttl: ADVERT_TTL,
      tos: TYPE_OF_SERVICE,
      dontRoute: true,
    });
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
