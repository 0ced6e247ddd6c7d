/** What a router says on the wire: its adverts, their slots, and the one goodbye. */
import type { IpAddress } from "../net/ip.ts";
import { after, between, type Duration, type Instant, times } from "../net/time.ts";
import type { AdvertAction } from "./action.ts";
import { encodeAdvert } from "./advert.ts";
import { type NodeView, sourceFor } from "./node.ts";
import type { Outbox } from "./outbox.ts";
import { advertisedAddresses, type RouterSettings } from "./settings.ts";
import type { Timers } from "./timers.ts";

export class Speech {
  readonly #node: NodeView;
  readonly #timers: Timers;
  readonly #outbox: Outbox;
  #answeredAt: Instant | undefined;
  #goodbyeSaid = false;
  #sent = 0;
  /** The last one, and what it was made of: hardly ever does the next one say anything else. */
  #last:
    | { readonly settings: RouterSettings; readonly priority: number; readonly action: AdvertAction }
    | undefined;

  constructor(node: NodeView, timers: Timers, outbox: Outbox) {
    this.#node = node;
    this.#timers = timers;
    this.#outbox = outbox;
  }

  /** Adverts handed to the kernel so far. */
  get sent(): number {
    return this.#sent;
  }

  advert(settings: RouterSettings): void {
    this.#goodbyeSaid = false;
    this.#send(settings, settings.priority);
  }

  goodbye(settings: RouterSettings): void {
    if (this.#goodbyeSaid) return;
    this.#goodbyeSaid = true;
    this.#send(settings, 0);
  }

  /** An advert out of turn; the grid of slots moves with it. Whoever listens says nothing. */
  answer(settings: RouterSettings, now: Instant): void {
    if (this.#timers.at("listen") !== undefined) return;
    if (this.#answeredAt !== undefined && between(this.#answeredAt, now) < settings.interval) return;
    this.#answeredAt = now;
    this.advert(settings);
    this.armNext(settings, now);
  }

  /** A new interval is told at once: whoever has learned a shorter one would not wait for it. */
  retime(settings: RouterSettings, now: Instant): void {
    if (this.#timers.at("listen") === undefined) {
      this.advert(settings);
      this.armNext(settings, now);
    }
  }

  armNext({ interval }: RouterSettings, now: Instant): void {
    this.#timers.arm("advert", after(now, interval));
  }

  /** `left`: when the last advert was really sent. */
  keepDistance({ interval }: RouterSettings, left: Instant): void {
    const due = this.#timers.at("advert");
    if (due !== undefined) this.#timers.arm("advert", atDistance(interval, left, due));
  }

  /** The next slot of the same grid: a little lateness never shifts it, and missed slots are never made up for. */
  armSlot({ interval }: RouterSettings, slot: Instant, now: Instant): void {
    const missed = Math.max(0, Math.floor(between(slot, now) / interval));
    const next = after(slot, times(interval, missed + 1));
    this.#timers.arm("advert", atDistance(interval, now, next));
  }

  #send(settings: RouterSettings, priority: number): void {
    const source = sourceFor(settings, this.#node);
    if (source === undefined) return;
    this.#sent += 1;
    const last = this.#last;
    const same = last?.settings === settings && last.priority === priority && last.action.source === source;
    if (same) return this.#outbox.push(last.action);
    const action = advertAction(settings, priority, source);
    this.#last = { settings, priority, action };
    this.#outbox.push(action);
  }
}

/** A late advert and a punctual one behind it would come in a pair: a grid that is too late for that begins anew. */
function atDistance(interval: Duration, last: Instant, next: Instant): Instant {
  return between(last, next) < interval / 2 ? after(last, interval) : next;
}

export function advertAction(settings: RouterSettings, priority: number, source: IpAddress): AdvertAction {
  const { name: router, interface: interfaceName, vrid, interval, transport } = settings;
  const { version, audience } = transport;
  const advert = { version, vrid, priority, interval, addresses: advertisedAddresses(settings) };
  const destinations = audience.kind === "group" ? [audience.group] : audience.peers;
  const datagrams = destinations.map((destination) => {
    return { destination, bytes: encodeAdvert(advert, { source, destination }, transport) };
  });
  return { kind: "advert", router, interface: interfaceName, source, datagrams };
}
