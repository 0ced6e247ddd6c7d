/** Raw IP sockets: one IP protocol, with the ancillary data of each datagram. */
import { type Refusal, sendBatch } from "./batch.ts";
import {
  AF_INET,
  AF_INET6,
  IP_MULTICAST_ALL,
  IP_MULTICAST_LOOP,
  IP_PKTINFO,
  IPV6_MULTICAST_ALL,
  IPV6_MULTICAST_LOOP,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVPKTINFO,
  SO_BINDTODEVICE,
  SO_TIMESTAMPNS,
  SOCK_RAW,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
} from "./constants.ts";
import { DatagramSocket, DRAIN_LIMIT, handleOf, type SetUp, type SocketOptions } from "./datagram-socket.ts";
import { DROP_ALL } from "./filter.ts";
import { letterArguments, type SendOptions } from "./letter.ts";
import { type Handle, native } from "./native.ts";
import { checked } from "./system-error.ts";

export interface RawSocketOptions extends SocketOptions {
  readonly family: 4 | 6;
  /** The IP protocol, 1…255. */
  readonly protocol: number;
  /** Send and receive through this interface only. */
  readonly device?: string;
  /** Receive only what is addressed to this address, which may be a group. */
  readonly bind?: string;
  /** `false`: a socket that only sends, and collects nothing. */
  readonly receive?: boolean;
}

export interface RawDatagram {
  /** The payload, without the IP header; a copy of its own. */
  readonly bytes: Uint8Array;
  readonly source: string;
  readonly destination: string;
  /** TTL or hop limit. */
  readonly ttl: number;
  readonly interfaceIndex: number;
  /** How long ago the kernel received it; never negative. */
  readonly ageMicros: number;
}

/** Datagrams with the same byte at some place. */
export interface Tally {
  readonly key: number;
  /** CLOCK_MONOTONIC, in microseconds: when the last one arrived. */
  readonly atMicros: number;
  readonly count: number;
}

const LARGEST_DATAGRAM = 65_536;
/** Numbers that the binding tells of each datagram, and of each key of a tally. */
const IP_FIELDS = 6;
const TALLY_FIELDS = 3;
const KEYS = 256;

/** Groups are heard only where they were joined; what is sent to a group is not heard by this host itself. */
export class RawSocket extends DatagramSocket {
  /** The destinations of what is kept. */
  readonly #kept: string[] = [];

  constructor(options: RawSocketOptions) {
    const domain = options.family === 4 ? AF_INET : AF_INET6;
    const subject = `raw IPv${options.family} protocol ${options.protocol}`;
    super({ domain, type: SOCK_RAW, protocol: options.protocol }, subject, options, (setUp) => {
      if (options.receive === false) setUp.filter(DROP_ALL);
      if (options.device !== undefined) setUp.option(SOL_SOCKET, SO_BINDTODEVICE, options.device);
      askForAncillaryData(setUp, options.family);
      if (options.bind !== undefined) setUp.bind(options.bind);
      setUp.discard();
    });
  }

  join(group: string, interfaceIndex: number): void {
    const status = native.membership(handleOf(this), true, group, interfaceIndex);
    checked(status, "setsockopt", `join ${group} on interface ${interfaceIndex}`);
  }

  leave(group: string, interfaceIndex: number): void {
    const status = native.membership(handleOf(this), false, group, interfaceIndex);
    checked(status, "setsockopt", `leave ${group} on interface ${interfaceIndex}`);
  }

  /** `bytes` is the payload; the kernel makes the IP header. Throws SystemError. */
  send(bytes: Uint8Array, destination: string, options: SendOptions = {}): void {
    checked(native.send(...letterArguments(this, bytes, destination, options)), "sendto", destination);
  }

  /**
   * Keeps a datagram at this place, instead of what was there, to be sent again and again. Places are counted from 0, up
   * to 65,535; what is kept goes when the socket is closed. Throws SystemError.
   */
  keep(place: number, bytes: Uint8Array, destination: string, options: SendOptions = {}): void {
    checked(native.keep(place, letterArguments(this, bytes, destination, options)), "keep", destination);
    this.#kept[place] = destination;
  }

  /**
   * What is kept at these places, in one call for the whole batch. Returns what was refused, by its index among the
   * places; throws only for the socket itself.
   */
  sendKept(places: readonly number[]): Refusal[] {
    if (places.length > PLACES.length) PLACES = new Float64Array(2 * places.length);
    PLACES.set(places);
    return sendBatch(
      (refusals) => native.sendKept(handleOf(this), PLACES, places.length, refusals),
      "datagrams",
      (index) => `${this.#kept[places[index] ?? 0]}`,
    );
  }

  drain(limit: number = DRAIN_LIMIT): RawDatagram[] {
    return this.take<RawDatagram>(limit, drainIp);
  }

  /**
   * Takes all that is queued, and says only when it came: of each value of the byte at `offset` of the payload. For a
   * socket that nobody watches, and whose filter takes nothing else.
   */
  tally(offset: number): Tally[] {
    return this.take<Tally>(KEYS, (handle, _, into) => takeTally(handle, offset, into));
  }
}

/** Of one call to the kernel's side: room for small datagrams, behind which one of any size still fits. */
const BUFFER = new Uint8Array(4 * LARGEST_DATAGRAM);
const FIELDS = new Float64Array(DRAIN_LIMIT * IP_FIELDS + 1);
const TALLIES = new Float64Array(KEYS * TALLY_FIELDS);
/** Of one batch; it grows with the largest. */
let PLACES = new Float64Array(DRAIN_LIMIT);

/** 0, or the negative errno that ended it. */
function takeTally(handle: Handle, offset: number, into: Tally[]): number {
  const count = native.tally(handle, offset, TALLIES);
  for (let place = 0; place < count * TALLY_FIELDS; place += TALLY_FIELDS)
    into.push({
      key: TALLIES[place] ?? 0,
      atMicros: TALLIES[place + 1] ?? 0,
      count: TALLIES[place + 2] ?? 0,
    });
  return Math.min(count, 0);
}

/** 0, or the negative errno that ended it. */
function drainIp(handle: Handle, limit: number, into: RawDatagram[]): number {
  const end = into.length + limit;
  for (;;) {
    const texts: string[] = [];
    const count = native.drainIp(handle, end - into.length, BUFFER, FIELDS, texts);
    if (count < 0) return count;
    for (let place = 0; place < count * IP_FIELDS; place += IP_FIELDS) into.push(datagramAt(place, texts));
    const status = FIELDS[FIELDS.length - 1] ?? 0;
    if (status <= 0 || into.length >= end) return Math.min(status, 0);
  }
}

function datagramAt(place: number, texts: readonly string[]): RawDatagram {
  const text = FIELDS[place + 5] ?? 0;
  return {
    bytes: BUFFER.slice(FIELDS[place], FIELDS[place + 1]),
    source: texts[text] ?? "",
    destination: texts[text + 1] ?? "",
    ttl: FIELDS[place + 2] ?? 0,
    interfaceIndex: FIELDS[place + 3] ?? 0,
    ageMicros: FIELDS[place + 4] ?? 0,
  };
}

function askForAncillaryData(setUp: SetUp, family: 4 | 6): void {
  setUp.option(SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (family === 4) {
    setUp.option(SOL_IP, IP_PKTINFO, 1);
    setUp.option(SOL_IP, IP_MULTICAST_ALL, 0);
    setUp.option(SOL_IP, IP_MULTICAST_LOOP, 0);
  } else {
    setUp.option(SOL_IPV6, IPV6_RECVPKTINFO, 1);
    setUp.option(SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
    setUp.option(SOL_IPV6, IPV6_MULTICAST_ALL, 0);
    setUp.option(SOL_IPV6, IPV6_MULTICAST_LOOP, 0);
  }
}
