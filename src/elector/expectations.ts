/**
 * Adverts that are no news. Whoever follows a better master hears the same from it again and again, and all that can
 * matter is when it was last heard: so the edge keeps such packets, and hands over the last one when there is anything
 * else to tell, or a deadline has passed. With many routers that is most of what a backup would have to do.
 */
import type { Family } from "../net/ip.ts";
import type { Duration } from "../net/time.ts";
import type { Heard } from "../vrrp/hearing.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { VirtualRouter } from "../vrrp/router.ts";

export interface Expectation {
  readonly interface: string;
  readonly family: Family;
  readonly vrid: number;
  /** It may wait until it is asked for, and only the last of many counts; absent: nothing may. */
  readonly packet: ReceivedPacket | undefined;
  /** From one to the next. */
  readonly interval: Duration;
}

const NOTHING: readonly Expectation[] = [];

export class Expectations {
  readonly #standing = new Set<VirtualRouter>();
  #changes: Expectation[] = [];

  /** Whether the packet is one that has waited, and says nothing else: those who heard it know that now. */
  repeats(packet: ReceivedPacket, hearers: readonly VirtualRouter[]): boolean {
    if (packet.times === undefined || !hearers.every((router) => this.#standing.has(router))) return false;
    for (const router of hearers) router.heardAgain(packet);
    return true;
  }

  /** @param again word for word */
  heard(router: VirtualRouter, packet: ReceivedPacket, again: boolean): void {
    if (!again) return this.#forget(router);
    if (this.#standing.has(router)) return;
    const master = followed(router);
    // Its own word: that of a lower one changes nothing, and is heard beside it.
    if (master === undefined || master.at !== packet.receivedAt) return;
    this.#standing.add(router);
    this.#change(router, packet, master.interval);
  }

  /** Something has happened to the router. */
  reconsider(router: VirtualRouter): void {
    if (this.#standing.size > 0 && this.#standing.has(router) && followed(router) === undefined)
      this.#forget(router);
  }

  /** Routers are about to get other settings. */
  forgetAll(): void {
    for (const router of [...this.#standing]) this.#forget(router);
  }

  /** What has changed since this was last asked, in order. */
  take(): readonly Expectation[] {
    if (this.#changes.length === 0) return NOTHING;
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #forget(router: VirtualRouter): void {
    if (this.#standing.delete(router)) this.#change(router, undefined);
  }

  #change(
    { settings }: VirtualRouter,
    packet: ReceivedPacket | undefined,
    interval: Duration = settings.interval,
  ): void {
    const { interface: link, vrid, transport } = settings;
    this.#changes.push({ interface: link, family: transport.family, vrid, packet, interval });
  }
}

/** Members of a sync group ask when others were heard. */
function followed(router: VirtualRouter): Heard | undefined {
  return router.settings.syncGroup === undefined ? router.followed : undefined;
}
