/** What a router says on the wire: its adverts, their slots, and the one goodbye. */
import type { IpAddress } from "../net/ip.ts";
import { after, between, type Duration, type Instant, micros, times } from "../net/time.ts";
import type { AdvertAction } from "./action.ts";
import { encodeAdvert, withTrailer } from "./advert.ts";
import { type NodeView, sourceFor } from "./node.ts";
import type { Outbox } from "./outbox.ts";
import type { Seal, Sign } from "./seal.ts";
import { advertisedAddresses, type RouterSettings } from "./settings.ts";
import type { Timers } from "./timers.ts";

/** A longer interval is said so often before the silence grows: whoever hears one of them waits for the next. */
const TOLD_BEFOREHAND = 3;

/** An advert, and what it was made of: hardly ever does the next one say anything else. */
interface Said {
  readonly settings: RouterSettings;
  readonly priority: number;
  readonly action: AdvertAction;
  /** Of this host's addresses, when it was last said. */
  revision: number;
}

export class Speech {
  readonly #node: NodeView;
  readonly #timers: Timers;
  readonly #outbox: Outbox;
  readonly #seal: Seal;
  readonly #holds: () => boolean;
  #answeredAt: Instant | undefined;
  /** The shorter interval by which neighbours still wait, and how many adverts are to go out at it. */
  #familiar: { readonly interval: Duration; left: number } | undefined;
  #goodbyeSaid = false;
  #sent = 0;
  #last: Said | undefined;

  /** `holds`: it has addresses now. */
  constructor(node: NodeView, timers: Timers, outbox: Outbox, seal: Seal, holds: () => boolean) {
    this.#node = node;
    this.#timers = timers;
    this.#outbox = outbox;
    this.#seal = seal;
    this.#holds = holds;
  }

  /** Adverts handed to the kernel so far. */
  get sent(): number {
    return this.#sent;
  }

  advert(settings: RouterSettings, now: Instant): void {
    this.#goodbyeSaid = false;
    if (this.#familiar !== undefined) this.#familiar.left -= 1;
    this.#send(settings, settings.priority, now);
  }

  /** From one advert to the next: the interval that they carry, or for a while a shorter one. */
  cadence({ interval }: RouterSettings): Duration {
    const { interval: familiar, left } = this.#familiar ?? { interval, left: 0 };
    return left > 0 ? familiar : interval;
  }

  /** Another mastership begins with neighbours who learn its interval from its first advert. */
  endFamiliar(): void {
    this.#familiar = undefined;
  }

  goodbye(settings: RouterSettings, now: Instant): void {
    if (this.#goodbyeSaid) return;
    this.#goodbyeSaid = true;
    this.#send(settings, 0, now);
  }

  /** An advert out of turn; the grid of slots moves with it. Whoever listens says nothing. */
  answer(settings: RouterSettings, now: Instant): void {
    if (this.#timers.at("listen") !== undefined) return;
    if (this.#answeredAt !== undefined && between(this.#answeredAt, now) < settings.interval) return;
    this.#answeredAt = now;
    this.advert(settings, now);
    this.armNext(settings, now);
  }

  /**
   * A new interval is told at once: whoever has learned a shorter one would not wait for it. A shorter one needs no more
   * than that, for whoever misses it waits too long, and claims nothing. In version 2 all change the interval by themselves.
   */
  retime(settings: RouterSettings, before: RouterSettings, now: Instant): void {
    const familiar = this.cadence(before);
    const longer = settings.transport.version === 3 && settings.interval > familiar;
    this.#familiar = longer ? { interval: familiar, left: TOLD_BEFOREHAND } : undefined;
    if (this.#timers.at("listen") !== undefined) return;
    this.advert(settings, now);
    this.armNext(settings, now);
  }

  armNext(settings: RouterSettings, now: Instant): void {
    this.#timers.arm("advert", this.#nextSlot(settings, now));
  }

  /** `left`: when the last advert was really sent. */
  keepDistance(settings: RouterSettings, left: Instant): void {
    const due = this.#timers.at("advert");
    if (due !== undefined) this.#timers.arm("advert", atDistance(this.cadence(settings), left, due));
  }

  /** The next slot of the same grid: a little lateness never shifts it, and missed slots are never made up for. */
  armSlot(settings: RouterSettings, slot: Instant, now: Instant): void {
    const cadence = this.cadence(settings);
    const missed = Math.max(0, Math.floor(between(slot, now) / cadence));
    const next = this.#nextSlot(settings, after(slot, times(cadence, missed)));
    this.#timers.arm("advert", atDistance(cadence, now, next));
  }

  /** One interval after `last`, or sooner when its turn comes before that. */
  #nextSlot(settings: RouterSettings, last: Instant): Instant {
    const cadence = this.cadence(settings);
    const turn = cadence === settings.interval ? this.#node.turnOf(settings) : undefined;
    return turn === undefined ? after(last, cadence) : slotInTurn(turn, cadence, last);
  }

  #send(settings: RouterSettings, priority: number, now: Instant): void {
    const { revision } = this.#node;
    // A virtual MAC address is where clients are sent to: who has no addresses yet does not show it to the switches.
    const device = (this.#holds() ? settings.transport.device : undefined) ?? settings.interface;
    const last = this.#last;
    const same =
      last?.settings === settings && last.priority === priority && last.action.interface === device;
    const source = same && last.revision === revision ? last.action.source : sourceFor(settings, this.#node);
    if (source === undefined) return;
    this.#sent += 1;
    if (same && last.action.source === source) {
      last.revision = revision;
      return this.#outbox.push(last.action);
    }
    const sign = this.#seal.signer(settings, now);
    const action = advertAction(settings, priority, source, sign, device);
    // What is signed is said once.
    if (sign === undefined) this.#last = { settings, priority, action, revision };
    this.#outbox.push(action);
  }
}

/** A late advert and a punctual one behind it would come in a pair: a grid that is too late for that begins anew. */
function atDistance(interval: Duration, last: Instant, next: Instant): Instant {
  return between(last, next) < interval / 2 ? after(last, interval) : next;
}

/** Sooner than after an interval, but not in a pair with the last advert: a turn that is so near is reached in two steps. */
function slotInTurn(turn: Duration, interval: Duration, last: Instant): Instant {
  const wait = interval - ((((last - turn) % interval) + interval) % interval);
  return after(last, micros(wait < interval / 2 ? (interval + wait) / 2 : wait));
}

/** @param device the interface that it leaves from */
export function advertAction(
  settings: RouterSettings,
  priority: number,
  source: IpAddress,
  sign?: Sign,
  device = settings.transport.device ?? settings.interface,
): AdvertAction {
  const { name: router, vrid, interval, transport } = settings;
  const { version, audience } = transport;
  const advert = { version, vrid, priority, interval, addresses: advertisedAddresses(settings) };
  const destinations = audience.kind === "group" ? [audience.group] : audience.peers;
  const messages = destinations.map((destination) => {
    const path = { source, destination };
    return { path, message: encodeAdvert(advert, path, transport) };
  });
  // Once for all: the messages differ in their checksums alone, which are not signed.
  const trailer = messages[0] === undefined ? undefined : sign?.(messages[0].message, source);
  const datagrams = messages.map(({ path, message }) => {
    const bytes = trailer === undefined ? message : withTrailer(message, trailer, path);
    return { destination: path.destination, bytes };
  });
  return { kind: "advert", router, interface: device, source, datagrams };
}
