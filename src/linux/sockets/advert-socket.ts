/** The VRRP socket of one interface and family: sends adverts from it and hears those of its neighbours. */
import { type Filter, RawSocket, type SystemError } from "dgram-extras";
import type { Expectation } from "../../elector/expectations.ts";
import { type Family, type IpAddress, parseIp } from "../../net/ip.ts";
import { after, type Instant, micros } from "../../net/time.ts";
import type { AdvertAction } from "../../vrrp/action.ts";
import { PROTOCOL_VRRP, VRID_OFFSET } from "../../vrrp/advert.ts";
import type { ReceivedPacket } from "../../vrrp/packet.ts";
import { now } from "../clock.ts";
import { acceptWithoutPayloadByte, findPayload, isAllPayload, isPayloadByteOf } from "./filter.ts";
import { KeptAdverts } from "./kept-adverts.ts";
import { Repeats } from "./repeats.ts";

export const RECEIVE_BUFFER = 1_048_576;
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
  /** Those of our routers there, without repetition: the kernel keeps the adverts of others to itself. */
  readonly vrids: readonly number[];
}

/**
 * The last steps. A datagram without a VRID passes as well: it may have been meant for us, and is counted.
 *
 * @param begin of the packet, over IPv6 of its payload, in what the socket is given
 */
export function vridFilter(family: Family, vrids: readonly number[], begin = 0): Filter {
  const offset = begin + VRID_OFFSET;
  return [
    ...(family === 4 ? findPayload(begin) : isAllPayload()),
    ...acceptWithoutPayloadByte(offset),
    ...isPayloadByteOf(offset, vrids),
  ];
}

export class AdvertSocket {
  readonly #socket: RawSocket;
  readonly #outgoing: KeptAdverts;
  readonly #interface: string;
  readonly #index: number;
  readonly #family: Family;
  #vrids: readonly number[];
  readonly #repeats: Repeats;
  readonly #from = new Parser();
  readonly #to = new Parser();

  constructor({ interface: interfaceName, index, family, groups, vrids }: AdvertLink, wake: () => void) {
    this.#interface = interfaceName;
    this.#index = index;
    this.#family = family;
    this.#vrids = vrids;
    const open = (filter: Filter) => openSocket({ interface: interfaceName, index, family, groups }, filter);
    this.#socket = open(vridFilter(family, vrids));
    this.#outgoing = new KeptAdverts(this.#socket, index);
    this.#repeats = new Repeats({
      family,
      open,
      precede: (steps) => this.#filter(steps, this.#vrids),
      wake,
    });
    this.#socket.onReadable(wake);
    // ENETDOWN and the like: the link monitor tells the same, with more to go on.
    this.#socket.onError(() => {});
  }

  get index(): number {
    return this.#index;
  }

  /** From now on; nothing that waits is lost, and no group is left. Throws SystemError, and hears what it has heard. */
  hear(vrids: readonly number[]): void {
    if (vrids.join() === this.#vrids.join()) return;
    this.#repeats.pause();
    this.#filter([], vrids);
  }

  /**
   * All in one call to the kernel. Answers with what could not be said to anybody (one peer may be out of reach), by
   * the first SystemError; throws it when the socket itself is no good.
   */
  send(adverts: readonly AdvertAction[]): ReadonlyMap<AdvertAction, SystemError> {
    return this.#outgoing.send(adverts);
  }

  /**
   * From now on this packet of that VRID is no news: it may wake nobody, and only the last of many is handed over, with
   * their number. Throws SystemError.
   */
  expect(expectation: Expectation): void {
    this.#repeats.expect(expectation);
  }

  drain(): DrainedPackets {
    const datagrams = this.#socket.drain(PACKETS_PER_WAKE);
    const instant = now();
    const ageOfLast = datagrams.at(-1)?.ageMicros ?? 0;
    const packets: ReceivedPacket[] = [];
    for (const { bytes, source: from, destination: to, ttl, ageMicros } of datagrams) {
      const [source, destination] = [this.#from.parse(from), this.#to.parse(to)];
      if (source === undefined || destination === undefined) continue;
      const receivedAt = after(instant, micros(-ageMicros));
      packets.push({ interface: this.#interface, source, destination, ttl, bytes, receivedAt });
    }
    const heardUntil = datagrams.length < PACKETS_PER_WAKE ? undefined : after(instant, micros(-ageOfLast));
    // After the others: nothing that was received before one of these is read later.
    const repeats = this.#repeats.take();
    if (repeats.length === 0) return { packets, heardUntil };
    if (datagrams.length === 0) return { packets: repeats, heardUntil };
    const limit = heardUntil ?? Number.POSITIVE_INFINITY;
    this.#repeats.keep(repeats.filter(({ receivedAt }) => receivedAt > limit));
    packets.push(...repeats.filter(({ receivedAt }) => receivedAt <= limit));
    packets.sort((one, other) => one.receivedAt - other.receivedAt);
    return { packets, heardUntil };
  }

  close(): void {
    this.#repeats.close();
    this.#socket.close();
  }

  #filter(first: Filter, vrids: readonly number[]): void {
    this.#socket.setFilter([...first, ...vridFilter(this.#family, vrids)]);
    this.#vrids = vrids;
  }
}

function openSocket(
  { interface: device, index, family, groups }: Omit<AdvertLink, "vrids">,
  filter: Filter,
): RawSocket {
  const socket = new RawSocket({
    family,
    protocol: PROTOCOL_VRRP,
    device,
    receiveBuffer: RECEIVE_BUFFER,
    filter,
  });
  try {
    for (const group of groups) socket.join(group, index);
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

/** Most packets come from where the one before came from. */
class Parser {
  #text = "";
  #address: IpAddress | undefined;

  parse(text: string): IpAddress | undefined {
    if (text === this.#text) return this.#address;
    this.#text = text;
    this.#address = parseIp(text);
    return this.#address;
  }
}
