/**
 * One switch. It learns from the frames it sees which port an Ethernet address lives at, floods what it does not know,
 * and suffers what networks suffer: delay, loss, frames twice or out of order, cuts in one direction, links that are down.
 */
import type { MacAddress } from "../net/mac.ts";
import { after, type Instant, instant, micros } from "../net/time.ts";
import type { VirtualClock } from "./clock.ts";
import { type Frame, isGroup } from "./frame.ts";
import type { Random } from "./random.ts";

export interface Port {
  readonly name: string;
  /** Is there carrier? */
  readonly up: boolean;
  receive(frame: Frame): void;
}

export interface Weather {
  /** The share of frames that get lost, each receiver on its own: 0 … 1. */
  readonly loss: number;
  /** The share of frames that arrive twice. */
  readonly duplicates: number;
  /** The share of frames that may overtake those before them. */
  readonly reordered: number;
  readonly shortestDelayUs: number;
  readonly longestDelayUs: number;
}

export const FAIR: Weather = {
  loss: 0,
  duplicates: 0,
  reordered: 0,
  shortestDelayUs: 20,
  longestDelayUs: 300,
};

/** What was said last need not be what is heard last. */
export function isFoul({ loss, reordered }: Weather): boolean {
  return loss > 0 || reordered > 0;
}

export class Switch {
  weather: Weather = FAIR;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #ports = new Map<string, Port>();
  readonly #learned = new Map<MacAddress, string>();
  /** `from>to` */
  readonly #cuts = new Set<string>();
  /** A wire keeps the order of its frames, however the delay varies, unless the weather is bad. */
  readonly #lastDelivery = new Map<string, Instant>();

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  attach(port: Port): void {
    this.#ports.set(port.name, port);
  }

  /** From now on nothing that `from` sends reaches `to`. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`);
  }

  mend(from: string, to: string): void {
    this.#cuts.delete(`${from}>${to}`);
  }

  /** Would every frame between the two arrive, both ways and in order? */
  connects(one: string, other: string): boolean {
    if (isFoul(this.weather) || this.#cuts.has(`${one}>${other}`) || this.#cuts.has(`${other}>${one}`))
      return false;
    return [one, other].every((name) => this.#ports.get(name)?.up === true);
  }

  /** The port it would send a frame for this address to. */
  portOf(address: MacAddress): string | undefined {
    return this.#learned.get(address);
  }

  transmit(from: string, frame: Frame): void {
    if (this.#ports.get(from)?.up !== true) return;
    this.#learned.set(frame.source, from);
    const known = isGroup(frame.destination) ? undefined : this.#learned.get(frame.destination);
    for (const port of this.#ports.values()) {
      if (port.name === from || (known !== undefined && port.name !== known)) continue;
      if (this.#cuts.has(`${from}>${port.name}`) || this.#random.chance(this.weather.loss)) continue;
      this.#deliver(from, port, frame);
      if (this.#random.chance(this.weather.duplicates)) this.#deliver(from, port, frame);
    }
  }

  #deliver(from: string, port: Port, frame: Frame): void {
    const { shortestDelayUs, longestDelayUs } = this.weather;
    const wire = `${from}>${port.name}`;
    const soonest = after(this.#clock.now, micros(this.#random.whole(shortestDelayUs, longestDelayUs)));
    const overtakes = this.weather.reordered > 0 && this.#random.chance(this.weather.reordered);
    const when = overtakes ? soonest : instant(Math.max(soonest, this.#lastDelivery.get(wire) ?? 0));
    if (!overtakes) this.#lastDelivery.set(wire, when);
    this.#clock.at(when, () => {
      if (port.up) port.receive(frame);
    });
  }
}
