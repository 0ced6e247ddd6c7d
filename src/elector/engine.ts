/** All virtual routers of one director as one engine: one input and the instant in, a list of actions out. */
import { unreachable } from "../net/bug.ts";
import { familyOf, type IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { after, earliest, type Instant, seconds } from "../net/time.ts";
import type { RouterAction } from "../vrrp/action.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import { VirtualRouter } from "../vrrp/router.ts";
import type { RouterSettings, VirtualAddress } from "../vrrp/settings.ts";
import type { RouterSnapshot } from "../vrrp/snapshot.ts";
import type { Deadline } from "../vrrp/timers.ts";
import { validate } from "../vrrp/validate.ts";
import type { ElectorAction } from "./action.ts";
import { DropCounters } from "./drops.ts";
import type { ElectorEvent } from "./event.ts";
import type { ElectorInput } from "./input.ts";
import { Surroundings } from "./surroundings.ts";
import { SyncGroups } from "./sync-groups.ts";
import type { VerdictChange } from "./tracks.ts";

/** Without a word from the balancer a director counts as ready this long after its first configuration. */
const READY_LIMIT = seconds(30);

export class Engine {
  readonly #groups = new SyncGroups();
  readonly #surroundings = new Surroundings(this.#groups);
  readonly #drops = new DropCounters();
  #routers: VirtualRouter[] = [];
  /** No longer configured, but still handing over. */
  #departing: VirtualRouter[] = [];
  #readyBy: Instant | undefined;
  #deadline: Deadline | undefined;
  #stopping = false;
  #actions: ElectorAction[] = [];

  /** Takes one input; the actions are to be performed in order before the next one. */
  handle(input: ElectorInput, now: Instant): ElectorAction[] {
    if (this.#deadline !== undefined && this.#deadline.at <= now) this.#noticeStalls(now);
    this.#dispatch(input, now);
    // A packet concerns one router, and there are many packets: its actions were collected where it was heard.
    if (input.kind !== "packet") this.#settle(now);
    if (this.#departing.length > 0)
      this.#departing = this.#departing.filter((router) => router.state !== "Initialize");
    this.#finish();
    this.#deadline = this.#earliest();
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** The earliest instant at which a `tick` is wanted. */
  nextDeadline(): Instant | undefined {
    return this.#deadline?.at;
  }

  /** Whether that deadline is one for others to speak: if they do not, we may have to, and at once. */
  get awaitsSilence(): boolean {
    return this.#deadline?.silence ?? false;
  }

  snapshot(now: Instant): RouterSnapshot[] {
    return this.#all().map((router) => router.snapshot(now));
  }

  /** Datagrams ignored so far, by reason. */
  get drops(): Readonly<Record<string, number>> {
    return this.#drops.totals();
  }

  #earliest(): Deadline | undefined {
    const own = earliest([this.#readyBy, this.#surroundings.tracks.nextDeadline()]);
    let first = own === undefined ? undefined : { at: own, silence: false };
    for (const router of this.#all()) {
      const next = router.nextDeadline();
      if (next !== undefined && (first === undefined || next.at < first.at)) first = next;
    }
    return first;
  }

  #noticeStalls(now: Instant): void {
    for (const router of this.#all()) router.noticeStall(now);
    this.#collect(this.#all());
  }

  #dispatch(input: ElectorInput, now: Instant): void {
    switch (input.kind) {
      case "configure":
        // Whoever is leaving for good takes nothing up again.
        return this.#stopping ? undefined : this.#configure(input.routers, input.journal, now);
      case "packet":
        return this.#packet(input.packet, now);
      case "tick":
        return this.#tick(now, input.heardUntil ?? now);
      case "link":
        if (!this.#surroundings.setLink(input.interface, input.up)) return;
        this.#judged(this.#surroundings.tracks.link(input.interface, input.up, now), now);
        return this.#reconsider(input.interface, now);
      case "source":
        if (this.#surroundings.setSource(input.interface, input.family, input.address))
          this.#reconsider(input.interface, now);
        return;
      case "address":
        return this.#address(input, now);
      case "announcement":
        return this.#announcement(input.interface, input.address, input.mac, now);
      case "refused":
        return this.#named(input.router)?.refused(input.action, input.refusal, now);
      case "performed":
        for (const router of this.#all()) router.spoke(now);
        return;
      case "ready":
        return this.#ready("balancer");
      case "drill":
        for (const router of this.#routers) router.drill(now);
        return;
      case "stop":
        return this.#stop(now);
      default:
        unreachable(input);
    }
  }

  #configure(wanted: readonly RouterSettings[], journal: ReadonlySet<string>, now: Instant): void {
    this.#surroundings.addJournal(journal);
    this.#surroundings.born(now);
    this.#surroundings.tracks.adopt(wanted, (name) => this.#surroundings.linkUp(name));
    if (this.#readyBy === undefined && !this.#surroundings.ready()) this.#readyBy = after(now, READY_LIMIT);
    const before = new Map(this.#routers.map((router) => [identity(router.settings), router]));
    const kept = new Set(wanted.map(identity));
    const removed = this.#routers.filter((router) => !kept.has(identity(router.settings)));
    for (const router of removed) this.#retire(router, wanted, now);
    const added: string[] = [];
    this.#routers = wanted.map((settings) => {
      const router = before.get(identity(settings));
      if (router !== undefined) {
        router.adopt(settings, now);
        return router;
      }
      added.push(settings.name);
      return new VirtualRouter(settings, this.#surroundings, now);
    });
    this.#groups.adopt(this.#routers);
    const names = removed.map((router) => router.settings.name);
    if (added.length + names.length > 0) this.#tell({ kind: "adopted", added, removed: names });
    this.#collect(this.#all());
    for (const router of this.#routers) router.reconsider(now);
  }

  /** The first stop leaves those alone that are handing over already; the second one lets all go. */
  #stop(now: Instant): void {
    const stopping = this.#stopping ? this.#all() : this.#routers;
    this.#stopping = true;
    for (const router of stopping) router.stop("stop", now);
  }

  /** A router that lives on under another identity lets go at once; one that is gone hands over. */
  #retire(router: VirtualRouter, wanted: readonly RouterSettings[], now: Instant): void {
    const { name } = router.settings;
    if (wanted.some((settings) => settings.name === name)) router.letGo(now);
    else router.stop("removed", now);
    this.#departing.push(router);
  }

  #packet(packet: ReceivedPacket, now: Instant): void {
    const { interface: interfaceName, source } = packet;
    const family = familyOf(source);
    // Two for a moment, when one is handing over and another took its VRID.
    const routersOf = (vrid: number) =>
      this.#all().filter(({ settings }) => {
        const { interface: own, transport } = settings;
        return settings.vrid === vrid && own === interfaceName && transport.family === family;
      });
    const outcome = validate(packet, {
      own: (address) => this.#surroundings.owns({ interface: interfaceName, address }),
      router: (vrid) => routersOf(vrid).find(({ listening }) => listening) ?? routersOf(vrid)[0],
    });
    if (outcome.kind === "drop") {
      const count = this.#drops.count(interfaceName, source, outcome.reason, now);
      if (count > 0)
        this.#tell({ kind: "drop", interface: interfaceName, source, reason: outcome.reason, count });
      return;
    }
    const hearers = routersOf(outcome.advert.vrid).filter(({ listening }) => listening);
    const [before] = hearers.map(standing);
    for (const router of hearers) router.advert(outcome.advert, source, packet.receivedAt, now);
    this.#collect(hearers);
    if (hearers.some((router) => router.settings.syncGroup !== undefined && standing(router) !== before))
      this.#settle(now);
  }

  #tick(now: Instant, heardUntil: Instant): void {
    if (this.#readyBy !== undefined && this.#readyBy <= now) this.#ready("deadline");
    this.#judged(this.#surroundings.tracks.due(now), now);
    for (const router of this.#all()) router.tick(now, heardUntil);
  }

  #address(input: Extract<ElectorInput, { kind: "address" }>, now: Instant): void {
    if (!this.#surroundings.setPresent(input, input.present)) return;
    for (const { router, address } of this.#holders(input.interface, input.address)) {
      if (!input.present) router.addressGone(address, now);
      if (this.#mayReconsider(router)) router.reconsider(now);
    }
  }

  #announcement(interfaceName: string, address: IpAddress, mac: MacAddress, now: Instant): void {
    for (const { router, address: arm } of this.#holders(interfaceName, address)) {
      router.announcement(arm, mac, now);
    }
  }

  #ready(because: "balancer" | "deadline"): void {
    this.#readyBy = undefined;
    if (this.#surroundings.ready()) return;
    this.#surroundings.becomeReady();
    this.#tell({ kind: "ready", because });
  }

  /** What is tracked has changed: whoever tracks it has another priority, a fault, or one less. */
  #judged(changes: readonly VerdictChange[], now: Instant): void {
    for (const { name, up, detail } of changes) {
      this.#tell({ kind: "track", track: name, up, detail });
      for (const router of this.#routers) {
        const tracks = router.settings.tracks.some((track) => track.name === name);
        if (tracks && this.#mayReconsider(router)) router.reconsider(now);
      }
    }
  }

  /** Something about this interface changed. */
  #reconsider(interfaceName: string, now: Instant): void {
    for (const router of this.#routers) {
      const { interface: own, addresses } = router.settings;
      const lives = own === interfaceName || addresses.some((arm) => arm.interface === interfaceName);
      if (lives && this.#mayReconsider(router)) router.reconsider(now);
    }
  }

  /** Whoever is leaving for good goes on leaving: its deadline is near. */
  #mayReconsider(router: VirtualRouter): boolean {
    return !this.#stopping && !this.#departing.includes(router);
  }

  #holders(interfaceName: string, address: IpAddress) {
    return this.#all().flatMap((router) => {
      const arm = router.settings.addresses.find(
        (one) => one.interface === interfaceName && one.address === address,
      );
      return arm === undefined ? [] : [{ router, address: arm }];
    });
  }

  /** What has happened to one router may concern those of its sync group. */
  #settle(now: Instant): void {
    if (!this.#stopping) this.#groups.settle(now);
    this.#collect(this.#all());
  }

  #finish(): void {
    if (!this.#stopping || this.#all().some((router) => router.state !== "Initialize")) return;
    this.#routers = [];
    this.#stopping = false;
    this.#actions.push({ kind: "stopped" });
  }

  #named(name: string): VirtualRouter | undefined {
    return this.#all().find((router) => router.settings.name === name);
  }

  #all(): readonly VirtualRouter[] {
    return this.#departing.length === 0 ? this.#routers : [...this.#departing, ...this.#routers];
  }

  #collect(routers: readonly VirtualRouter[]): void {
    for (const router of routers) {
      for (const action of router.take()) this.#accept(action, router);
    }
  }

  #accept(action: RouterAction, router: VirtualRouter): void {
    switch (action.kind) {
      case "hold":
        this.#surroundings.addOurs(action.addresses);
        this.#actions.push(action);
        return;
      case "release": {
        const addresses = action.addresses.filter((address) => !this.#heldByAnother(router, address));
        if (addresses.length > 0) this.#actions.push({ ...action, addresses });
        return;
      }
      case "will":
        if (!this.#hasSuccessor(router)) this.#actions.push(action);
        return;
      case "advert":
      case "announce":
      case "event":
        this.#actions.push(action);
        return;
      default:
        unreachable(action);
    }
  }

  /** An address that a reload moved from one router to another stays where it is. */
  #heldByAnother(router: VirtualRouter, address: VirtualAddress): boolean {
    return this.#all().some((other) => other !== router && other.holds(address));
  }

  /** It is handing over, and another of its name was configured since: that one's will counts. */
  #hasSuccessor(router: VirtualRouter): boolean {
    const { name } = router.settings;
    return this.#departing.includes(router) && this.#routers.some((other) => other.settings.name === name);
  }

  #tell(event: ElectorEvent): void {
    this.#actions.push({ kind: "event", event });
  }
}

/** Of which a sync group takes notice. */
function standing({ state, isSilent, isProvoked }: VirtualRouter): string {
  return `${state} ${isSilent} ${isProvoked}`;
}

/** What cannot change while a router lives: another VRID, interface or family is another router. */
function identity({ name, interface: own, vrid, transport: { family } }: RouterSettings): string {
  return `${name} ${own} ${vrid} ${family}`;
}
