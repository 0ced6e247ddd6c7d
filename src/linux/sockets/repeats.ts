/**
 * Adverts that are no news, of one interface and family. While its routers are calm they come to a second socket, which
 * nobody watches: its filter takes exactly these, word for word, and that of the watched one all others. They are only
 * counted and dated, when anything else wakes us, or soon enough for the queue.
 *
 * In a change both sockets hear them for a moment: twice is no harm, not at all would be a master that is missed.
 */
import { type Filter, type RawSocket, SystemError } from "dgram-extras";
import type { Expectation } from "../../elector/expectations.ts";
import type { Family } from "../../net/ip.ts";
import { type Duration, type Instant, instant, toMillis } from "../../net/time.ts";
import { VRID_OFFSET } from "../../vrrp/advert.ts";
import type { ReceivedPacket } from "../../vrrp/packet.ts";
import { ACCEPT, ifWhole, mayBeWhole, REFUSE } from "./filter.ts";

/** Whoever has just had news may have more. */
const CALM_AFTER_MS = 250;
/** A queue of 1 MiB holds half as many again in the largest buffers that drivers use. */
const MOST_WAITING = 300;
/** However few there are: nothing waits for longer than that. */
const READ_AT_LEAST_EVERY_MS = 10_000;
/** Of 4,096 steps; the rest is for the VRIDs. */
const MOST_STEPS = 3_000;

/** The watched socket, and how to have another one like it. */
interface Surroundings {
  readonly family: Family;
  /** That hears what this filter accepts. Throws SystemError. */
  open(filter: Filter): RawSocket;
  /** The watched socket is to do these steps first, and no others. Throws SystemError. */
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
  /** The second socket, from the first calm on: what it may still hold is of those that were served last. */
  #socket: RawSocket | undefined;
  #served: ReadonlyMap<number, Repeated> = new Map();
  #isCalm = false;
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
    this.#calmLater();
    if (this.#served.has(vrid)) this.#listen();
  }

  /**
   * To everything for a while: what precedes the filter of the watched socket is gone. (The kernel has memory for two
   * long filters seldom, and in an exchange it has both.) Throws SystemError.
   */
  pause(): void {
    this.#calmLater();
    this.#listen();
  }

  /** All that came, the last of each. */
  take(): readonly ReceivedPacket[] {
    const kept = this.#kept;
    if (kept.length > 0) this.#kept = [];
    return this.#socket === undefined ? kept : [...kept, ...this.#read(this.#socket)];
  }

  /** To be taken the next time: what came before them is not known yet. */
  keep(packets: readonly ReceivedPacket[]): void {
    this.#kept.push(...packets);
  }

  close(): void {
    clearTimeout(this.#calming);
    clearInterval(this.#reading);
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Asked for with every claim, and a thousand routers may claim together: one timer serves them all. */
  #calmLater(): void {
    if (this.#calming === undefined) this.#calming = setTimeout(() => this.#tryCalm(), CALM_AFTER_MS).unref();
    else this.#calming.refresh();
  }

  #listen(): void {
    if (!this.#isCalm) return;
    this.#surroundings.precede([]);
    this.#isCalm = false;
    clearInterval(this.#reading);
    this.#socket?.setFilter(REFUSE);
  }

  /** A kernel that has no memory for such filters goes on telling us everything. */
  #tryCalm(): void {
    try {
      this.#calm();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (this.#isCalm) this.#calmLater();
    }
  }

  #calm(): void {
    this.#listen();
    const { family, open, precede, wake } = this.#surroundings;
    const served = new Map(this.#expected);
    const packets = Array.from(served.values(), ({ packet }) => packet);
    const steps = ifWhole(family, packets, ACCEPT);
    if (packets.length === 0 || steps.length > MOST_STEPS) return;
    this.#socket ??= open(REFUSE);
    this.#kept.push(...this.#read(this.#socket));
    this.#served = served;
    this.#socket.setFilter([...steps, ...REFUSE]);
    try {
      precede(ifWhole(family, packets, REFUSE));
    } catch (error) {
      this.#socket.setFilter(REFUSE);
      throw error;
    }
    this.#isCalm = true;
    this.#reading = setInterval(wake, readEvery([...served.values()])).unref();
  }

  #read(socket: RawSocket): ReceivedPacket[] {
    const packets: ReceivedPacket[] = [];
    for (const { key, atMicros, count } of socket.tally(VRID_OFFSET)) {
      const packet = this.#served.get(key)?.packet;
      if (packet !== undefined) packets.push(again(packet, instant(atMicros), count));
    }
    return packets;
  }
}

/** Word by word, because there are so many: a copy by spreading costs ten times as much. */
function again(
  { interface: link, source, destination, ttl, bytes }: ReceivedPacket,
  receivedAt: Instant,
  times: number,
): ReceivedPacket {
  return { interface: link, source, destination, ttl, bytes, receivedAt, times };
}

/** Milliseconds in which not too many come. */
function readEvery(repeated: readonly Repeated[]): number {
  const perMilli = repeated.reduce((sum, { interval }) => sum + 1 / toMillis(interval), 0);
  return Math.min(READ_AT_LEAST_EVERY_MS, MOST_WAITING / perMilli);
}
