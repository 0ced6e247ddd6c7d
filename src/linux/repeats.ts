/**
 * Adverts that are no news, of one interface and family. While its routers are calm they come to a second socket, which
 * nobody watches: its filter takes exactly these, word for word, and that of the watched one all others. They are only
 * counted and dated, when anything else wakes us, or soon enough for the queue.
 *
 * In a change both sockets hear them for a moment: twice is no harm, not at all would be a master that is missed.
 */
import { type Filter, type RawSocket, SystemError } from "dgram-extras";
import type { Expectation } from "../elector/expectations.ts";
import type { Family } from "../net/ip.ts";
import { type Duration, instant, toMillis } from "../net/time.ts";
import { VRID_OFFSET } from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import { ACCEPT, ifWhole, mayBeWhole, REFUSE } from "./filter.ts";

/** Whoever has just had news may have more. */
const CALM_AFTER_MS = 250;
/** A queue of 1 MiB holds twice as many. */
const MOST_WAITING = 1_000;
/** As long as status may be behind. */
const READ_AT_LEAST_EVERY_MS = 10_000;
/** Of 4,096 steps; the rest is for the VRIDs. */
const MOST_STEPS = 3_000;

/** The watched socket, and how to have another one like it. */
interface Surroundings {
  readonly family: Family;
  /** That hears what this filter accepts. Throws SystemError. */
  open(filter: Filter): RawSocket;
  /** The watched socket is to do these steps first. Throws SystemError. */
  precede(steps: Filter): void;
  /** It is time to read. */
  wake(): void;
}

interface Repeated {
  readonly packet: ReceivedPacket;
  readonly interval: Duration;
}

export class Repeats {
  readonly #surroundings: Surroundings;
  /** By VRID. */
  readonly #expected = new Map<number, Repeated>();
  /** Those for which there is a socket now. */
  #served: ReadonlyMap<number, Repeated> = new Map();
  #socket: RawSocket | undefined;
  #kept: ReceivedPacket[] = [];
  #calming: NodeJS.Timeout | undefined;
  #reading: NodeJS.Timeout | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Throws SystemError. */
  expect({ vrid, packet, interval }: Expectation): void {
    if (packet === undefined || !mayBeWhole(packet)) this.#expected.delete(vrid);
    else this.#expected.set(vrid, { packet, interval });
    if (this.#served.has(vrid)) this.#listen();
    clearTimeout(this.#calming);
    this.#calming = setTimeout(() => this.#tryCalm(), CALM_AFTER_MS).unref();
  }

  /** All that came, the last of each. */
  take(): readonly ReceivedPacket[] {
    const kept = this.#kept;
    if (kept.length > 0) this.#kept = [];
    return this.#socket === undefined ? kept : [...kept, ...this.#read(this.#socket)];
  }

  close(): void {
    clearTimeout(this.#calming);
    clearInterval(this.#reading);
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** To everything again. */
  #listen(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#surroundings.precede([]);
    this.#kept.push(...this.#read(socket));
    this.#end(socket);
  }

  #end(socket: RawSocket): void {
    clearInterval(this.#reading);
    socket.close();
    this.#socket = undefined;
    this.#served = new Map();
  }

  /** A kernel that has no memory for such filters goes on telling us everything. */
  #tryCalm(): void {
    try {
      this.#calm();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }

  #calm(): void {
    this.#listen();
    const { family, open, precede, wake } = this.#surroundings;
    const served = new Map(this.#expected);
    const packets = Array.from(served.values(), ({ packet }) => packet);
    const steps = ifWhole(family, packets, ACCEPT);
    if (packets.length === 0 || steps.length > MOST_STEPS) return;
    const socket = open([...steps, ...REFUSE]);
    try {
      precede(ifWhole(family, packets, REFUSE));
    } catch (error) {
      socket.close();
      throw error;
    }
    [this.#socket, this.#served] = [socket, served];
    this.#reading = setInterval(wake, readEvery([...served.values()])).unref();
  }

  #read(socket: RawSocket): ReceivedPacket[] {
    return socket.tally(VRID_OFFSET).flatMap(({ key, atMicros, count: times }) => {
      const packet = this.#served.get(key)?.packet;
      return packet === undefined ? [] : [{ ...packet, receivedAt: instant(atMicros), times }];
    });
  }
}

/** Milliseconds in which not too many come. */
function readEvery(repeated: readonly Repeated[]): number {
  const perMilli = repeated.reduce((sum, { interval }) => sum + 1 / toMillis(interval), 0);
  return Math.min(READ_AT_LEAST_EVERY_MS, MOST_WAITING / perMilli);
}
