/** What the elector knows of its director: links, source addresses, addresses present, and whose they are. */
import { type Family, familyOf, type IpAddress } from "../net/ip.ts";
import { after, type Duration, type Instant, instant, seconds } from "../net/time.ts";
import { type Arm, armKey, type NodeView } from "../vrrp/node.ts";
import type { Marks } from "../vrrp/seal.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { Standstill } from "../vrrp/stall.ts";
import type { Verdict } from "../vrrp/tracked.ts";
import type { Hmac } from "../vrrp/trailer.ts";
import { Attention } from "./attention.ts";
import type { SyncGroups } from "./sync-groups.ts";
import { Tracks } from "./tracks.ts";
import { Turns } from "./turns.ts";

/** Without a word from the balancer a director counts as ready this long after its first configuration. */
const READY_LIMIT = seconds(30);

export class Surroundings implements NodeView {
  readonly #linksUp = new Set<string>();
  readonly #sources = { [4]: new Map<string, IpAddress>(), [6]: new Map<string, IpAddress>() };
  readonly #present = new Set<string>();
  readonly #ours = new Set<string>();
  #ready = false;
  #readyBy: Instant | undefined;
  #standby = false;
  #revision = 0;
  /** By the last tick. */
  behind = false;
  readonly tracks = new Tracks();
  readonly attention = new Attention();
  readonly turns = new Turns();
  readonly groups: SyncGroups;
  readonly hmac: Hmac;
  #bornAt: Instant | undefined;
  /** From our clock, which counts from the machine's start, to UTC: microseconds. */
  #clockOffset = 0;
  #marks: Readonly<Record<string, Marks>> = {};

  constructor(groups: SyncGroups, hmac: Hmac) {
    this.groups = groups;
    this.hmac = hmac;
  }

  get stoodStill(): Standstill | undefined {
    return this.attention.stoodStill;
  }

  unixMicros(at: Instant): number {
    return at + this.#clockOffset;
  }

  setClock(unixMicros: number, now: Instant): void {
    this.#clockOffset = unixMicros - now;
  }

  marksOf(router: string): Marks | undefined {
    return Object.hasOwn(this.#marks, router) ? this.#marks[router] : undefined;
  }

  remember(marks: Readonly<Record<string, Marks>>): void {
    this.#marks = { ...this.#marks, ...marks };
  }

  linkUp(interfaceName: string): boolean {
    return this.#linksUp.has(interfaceName);
  }

  sourceOf(interfaceName: string, family: Family): IpAddress | undefined {
    return this.#sources[family].get(interfaceName);
  }

  present(arm: Arm): boolean {
    return this.#present.has(armKey(arm));
  }

  ours(arm: Arm): boolean {
    return this.#ours.has(armKey(arm));
  }

  /** One of this host's own addresses on the interface. */
  owns(arm: Arm): boolean {
    return this.present(arm) || this.sourceOf(arm.interface, familyOf(arm.address)) === arm.address;
  }

  faultySibling(router: RouterSettings, now: Instant): string | undefined {
    return this.groups.faultySibling(router, now);
  }

  siblingsMayServe(router: RouterSettings): boolean {
    return this.groups.siblingsMayServe(router);
  }

  decidesTies(router: RouterSettings, now: Instant): boolean {
    return this.groups.decidesTies(router, now);
  }

  turnOf({ name }: RouterSettings): Duration | undefined {
    return this.turns.of(name);
  }

  verdictOf(track: string): Verdict {
    return this.tracks.verdictOf(track);
  }

  get bornAt(): Instant {
    return this.#bornAt ?? instant(0);
  }

  /** The first time counts. */
  born(now: Instant): void {
    this.#bornAt ??= now;
    if (!this.#ready) this.#readyBy ??= after(now, READY_LIMIT);
  }

  /** Another one whenever an address of this host has come or gone. */
  get revision(): number {
    return this.#revision;
  }

  ready(): boolean {
    return this.#ready;
  }

  /** When it counts as ready without a word from the balancer. */
  get readyBy(): Instant | undefined {
    return this.#readyBy;
  }

  isOverdue(now: Instant): boolean {
    return this.#readyBy !== undefined && this.#readyBy <= now;
  }

  /** Answers whether it was not. */
  becomeReady(): boolean {
    const news = !this.#ready;
    this.#ready = true;
    this.#readyBy = undefined;
    return news;
  }

  standby(): boolean {
    return this.#standby;
  }

  /** Whether that is another wish than before. */
  setStandby(on: boolean): boolean {
    const changed = this.#standby !== on;
    this.#standby = on;
    return changed;
  }

  addJournal(keys: ReadonlySet<string>): void {
    for (const key of keys) this.#ours.add(key);
  }

  addOurs(arms: readonly Arm[]): void {
    for (const arm of arms) this.#ours.add(armKey(arm));
  }

  /** Each setter answers whether anything changed. */
  setLink(interfaceName: string, up: boolean): boolean {
    const changed = this.linkUp(interfaceName) !== up;
    if (up) this.#linksUp.add(interfaceName);
    else this.#linksUp.delete(interfaceName);
    return changed;
  }

  setSource(interfaceName: string, family: Family, address: IpAddress | undefined): boolean {
    const changed = this.sourceOf(interfaceName, family) !== address;
    if (changed) this.#revision += 1;
    if (address === undefined) this.#sources[family].delete(interfaceName);
    else this.#sources[family].set(interfaceName, address);
    return changed;
  }

  setPresent(arm: Arm, present: boolean): boolean {
    const changed = this.present(arm) !== present;
    if (changed) this.#revision += 1;
    if (present) this.#present.add(armKey(arm));
    else this.#present.delete(armKey(arm));
    return changed;
  }
}
