/**
 * One switch. It learns from the frames it sees which port an Ethernet address lives at, floods what it does not know,
 * and suffers what networks suffer: delay, loss, frames twice or out of order, cuts in one direction, links that are down.
 */
import { type Family, familyOf } from "../net/ip.ts";
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

/** Of everything, or of the adverts of one family alone. */
const KINDS_OF_CUT = [undefined, 4, 6] as const;

function cutKey(from: string, to: string, adverts?: Family): string {
  return `${from}>${to} ${adverts ?? ""}`;
}

export class Switch {
  weather: Weather = FAIR;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #ports = new Map<string, Port>();
  readonly #learned = new Map<MacAddress, string>();
  /** By `cutKey`. */
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

  /** From now on nothing that `from` sends reaches `to`, or no advert of this family. */
  cut(from: string, to: string, adverts?: Family): void {
    this.#cuts.add(cutKey(from, to, adverts));
  }

  mend(from: string, to: string): void {
    for (const adverts of KINDS_OF_CUT) this.#cuts.delete(cutKey(from, to, adverts));
  }

  /** Would every frame between the two arrive, both ways and in order? */
  connects(one: string, other: string): boolean {
    const cut = KINDS_OF_CUT.some((adverts) => {
      return this.#cuts.has(cutKey(one, other, adverts)) || this.#cuts.has(cutKey(other, one, adverts));
    });
    if (isFoul(this.weather) || cut) return false;
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
      if (this.#isCut(from, port.name, frame) || this.#random.chance(this.weather.loss)) continue;
      this.#deliver(from, port, frame);
      if (this.#random.chance(this.weather.duplicates)) this.#deliver(from, port, frame);
    }
  }

  #isCut(from: string, to: string, { payload }: Frame): boolean {
    if (this.#cuts.has(cutKey(from, to))) return true;
    return payload.kind === "advert" && this.#cuts.has(cutKey(from, to, familyOf(payload.source)));
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
