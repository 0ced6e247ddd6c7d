/** All virtual routers of one director as one engine: one input and the instant in, a list of actions out. */
import { unreachable } from "../net/bug.ts";
import { familyOf, type IpAddress } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { earliest, type Instant } from "../net/time.ts";
import type { RouterAction } from "../vrrp/action.ts";
import { vridOf } from "../vrrp/advert.ts";
import { Outbox } from "../vrrp/outbox.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import { VirtualRouter } from "../vrrp/router.ts";
import { type Marks, marksOf } from "../vrrp/seal.ts";
import { interfacesOf, lifeOf, type RouterSettings } from "../vrrp/settings.ts";
import type { RouterSnapshot } from "../vrrp/snapshot.ts";
import type { Awaited } from "../vrrp/timers.ts";
import { cannotSign, type Hmac } from "../vrrp/trailer.ts";
import type { ElectorAction } from "./action.ts";
import { Agenda, ROUTERS_PER_TICK } from "./agenda.ts";
import { Pacer } from "./announcement-pacer.ts";
import { Concerned } from "./concerned.ts";
import { Directory } from "./directory.ts";
import type { ElectorEvent } from "./event.ts";
import { Expectations } from "./expectations.ts";
import type { ElectorInput, Tick } from "./input.ts";
import { inWords, observes } from "./observing.ts";
import { type Order, obey } from "./orders.ts";
import { Reception } from "./reception.ts";
import { Surroundings } from "./surroundings.ts";
import { SyncGroups, settleGroup, standing } from "./sync-groups.ts";
import type { TrackSnapshot, VerdictChange } from "./tracks.ts";

export class Engine {
  /** Which packets may wait in a socket until something else happens. */
  readonly expectations = new Expectations();
  readonly #groups = new SyncGroups();
  readonly #surroundings: Surroundings;
  readonly #reception: Reception;
  readonly #pacer = new Pacer();
  #routers: VirtualRouter[] = [];
  /** No longer configured, but still handing over. */
  #departing: VirtualRouter[] = [];
  #directory = new Directory([]);
  #agenda = new Agenda<VirtualRouter>();
  readonly #concerned = new Concerned();
  /** Those whose adverts were among the last actions. */
  #spoken: VirtualRouter[] = [];
  #stopping = false;
  readonly #outbox = new Outbox<ElectorAction, ElectorEvent>();

  /** @param hmac without one, no router may have `authentication` */
  constructor(hmac: Hmac = cannotSign) {
    this.#surroundings = new Surroundings(this.#groups, hmac);
    this.#reception = new Reception(this.#surroundings, (event) => this.#outbox.tell(event));
  }

  /** Takes one input; the actions are to be performed in order before the next one. */
  handle(input: ElectorInput, now: Instant): readonly ElectorAction[] {
    const spoken = this.#spoken;
    if (spoken.length > 0) this.#spoken = [];
    this.#surroundings.attention.turn(input, this.#due, now);
    this.#dispatch(input, now, spoken);
    if (!this.#stopping) this.#settleGroups(now);
    this.#collectConcerned();
    this.#outbox.pushAll(this.#pacer.due(now, this.#named));
    if (this.#departing.some((router) => router.state === "Initialize")) {
      this.#departing = this.#departing.filter((router) => router.state !== "Initialize");
      this.#reindex();
    }
    this.#finish();
    return this.#outbox.take();
  }

  /** The earliest instant at which a `tick` is wanted. */
  nextDeadline(): Instant | undefined {
    const [own, next] = [this.#ownDeadline, this.#agenda.first()?.nextDeadline()];
    return own === undefined || (next !== undefined && next <= own) ? next : own;
  }

  readonly #due = (): Instant | undefined => this.nextDeadline();
  readonly #named = (name: string): VirtualRouter | undefined => this.#directory.named(name);

  /** If others do not speak by that deadline, we may have to, and at once; or it is for an advert of ours. */
  get awaits(): Awaited {
    const [own, first] = [this.#ownDeadline, this.#agenda.first()];
    const next = first?.nextDeadline();
    if (own !== undefined && (next === undefined || next > own)) return "anything";
    return first?.awaits ?? "anything";
  }

  snapshot(now: Instant): RouterSnapshot[] {
    return this.#all().map((router) => router.snapshot(now));
  }

  /** What routers track. */
  tracks(): TrackSnapshot[] {
    return this.#surroundings.tracks.snapshot();
  }

  /** What routers that sign have said and heard, for the next run. */
  get marks(): Readonly<Record<string, Marks>> {
    return marksOf(this.#all());
  }

  /** Datagrams ignored so far, by reason. */
  get drops(): Readonly<Record<string, number>> {
    return this.#reception.drops;
  }

  /** Not of any router. */
  get #ownDeadline(): Instant | undefined {
    const { readyBy, tracks } = this.#surroundings;
    return earliest([readyBy, tracks.nextDeadline(), this.#pacer.nextDeadline()]);
  }

  /** Whatever is done with a router, first it looks at the clock; afterwards its actions are collected. */
  #concern(router: VirtualRouter, now: Instant): VirtualRouter {
    if (this.#concerned.add(router)) router.noticeStall(now);
    return router;
  }

  /** The set of routers, or the settings of some, have changed. */
  #reindex(): void {
    this.#directory = new Directory(this.#all());
    this.#agenda = new Agenda(this.#all());
  }

  #dispatch(input: ElectorInput, now: Instant, spoken: readonly VirtualRouter[]): void {
    switch (input.kind) {
      case "configure":
        // Whoever is leaving for good takes nothing up again.
        return this.#stopping ? undefined : this.#configure(input.routers, input.journal, now);
      case "clock":
        return this.#surroundings.setClock(input.unixMicros, now);
      case "marks":
        return this.#surroundings.remember(input.marks);
      case "packet":
        return this.#packet(input.packet, now);
      case "tick":
        return this.#tick(now, input);
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
        return this.#refused(input, now);
      case "performed":
        for (const router of spoken) this.#concern(router, now).spoke(now);
        return;
      case "track":
        return this.#judged(this.#surroundings.tracks.report(input, now), now);
      case "worked":
        return;
      case "ready":
        return this.#ready("balancer");
      case "drill":
      case "step-down":
      case "standby":
        return this.#obey(input, now);
      case "stop":
        return this.#stop(now);
      default:
        unreachable(input);
    }
  }

  #configure(wanted: readonly RouterSettings[], journal: ReadonlySet<string>, now: Instant): void {
    this.expectations.forgetAll();
    this.#surroundings.addJournal(journal);
    this.#surroundings.born(now);
    this.#pacer.adopt(wanted, now);
    this.#surroundings.turns.adopt(wanted);
    this.#reception.adopt();
    this.#surroundings.tracks.adopt(wanted, (name) => this.#surroundings.linkUp(name), now);
    for (const router of this.#all()) this.#concern(router, now);
    const before = new Map(this.#routers.map((router) => [lifeOf(router.settings), router]));
    const kept = new Set(wanted.map(lifeOf));
    const removed = this.#routers.filter((router) => !kept.has(lifeOf(router.settings)));
    for (const router of removed) this.#retire(router, wanted, now);
    const added: string[] = [];
    this.#routers = wanted.map((settings) => {
      const router = before.get(lifeOf(settings));
      if (router !== undefined) {
        router.adopt(settings, now);
        return router;
      }
      added.push(settings.name);
      return new VirtualRouter(settings, this.#surroundings, now);
    });
    this.#groups.adopt(this.#routers);
    const names = removed.map((router) => router.settings.name);
    if (added.length + names.length > 0) this.#outbox.tell({ kind: "adopted", added, removed: names });
    this.#reindex();
    const renewed = new Set([...before.values()].map(({ settings }) => settings.name));
    const fresh = this.#routers.filter(({ settings }) => !renewed.has(settings.name));
    // What moves to a router that is new is in its hands before another lets go of it.
    for (const router of fresh) this.#concern(router, now).reconsider(now);
    for (const router of this.#all()) this.#collect(router);
    for (const router of this.#routers) this.#concern(router, now).reconsider(now);
  }

  #obey(order: Order, now: Instant): void {
    if (order.kind === "standby") {
      if (this.#surroundings.setStandby(order.on)) this.#outbox.tell(order);
      else if (order.on) return;
    }
    for (const router of this.#routers) {
      if (this.#mayReconsider(router)) obey(this.#concern(router, now), order, now);
    }
  }

  /** The first stop leaves those alone that are handing over already; the second one lets all go. */
  #stop(now: Instant): void {
    const stopping = this.#stopping ? this.#all() : this.#routers;
    this.#stopping = true;
    for (const router of stopping) {
      this.#concern(router, now);
      if (observes(router)) router.letGo(now);
      else router.stop("stop", now);
    }
  }

  /** A router that lives on under another identity lets go at once; one that is gone, or only observes, hands over. */
  #retire(router: VirtualRouter, wanted: readonly RouterSettings[], now: Instant): void {
    const { settings, marks } = router;
    if (marks !== undefined) this.#surroundings.remember({ [settings.name]: marks });
    const successor = wanted.find(({ name }) => name === settings.name);
    if (successor?.mode === "active" || observes(router)) router.letGo(now);
    else router.stop("removed", now);
    this.#departing.push(router);
  }

  #packet(packet: ReceivedPacket, now: Instant): void {
    const { interface: link, source } = packet;
    const hearers = this.#directory.hearers(link, familyOf(source), vridOf(packet.bytes));
    const { routers } = hearers;
    const listening = routers.every((one) => one.listening)
      ? routers
      : routers.filter((one) => one.listening);
    const heard = this.#reception.hear(packet, hearers, listening, now);
    if (heard === undefined) return;
    if (heard.again && this.expectations.repeats(packet, listening)) return;
    const before = listening.map(standing);
    for (const router of listening) {
      this.#concern(router, now).advert(heard.advert, source, packet, now);
      this.expectations.heard(router, packet, heard.again);
    }
    // There are many packets, and few of them concern anybody else.
    if (listening.every((router, index) => standing(router) === before[index])) this.#collectConcerned();
  }

  #tick(now: Instant, { heardUntil = now, behind }: Tick): void {
    this.#surroundings.behind = behind === true;
    if (this.#surroundings.isOverdue(now)) this.#ready("deadline");
    this.#judged(this.#surroundings.tracks.due(now), now);
    for (let acted = 0; acted < ROUTERS_PER_TICK; ) {
      const router = this.#agenda.takeDue(now);
      if (router === undefined) return;
      const before = this.#outbox.size;
      this.#concern(router, now).tick(now, heardUntil);
      this.#collect(router);
      if (this.#outbox.size > before) acted += 1;
    }
  }

  #address(input: Extract<ElectorInput, { kind: "address" }>, now: Instant): void {
    if (!this.#surroundings.setPresent(input, input.present)) return;
    for (const router of this.#directory.speakersFrom(input)) {
      this.#concern(router, now);
      if (this.#mayReconsider(router)) router.reconsider(now);
    }
    for (const { router, address } of this.#directory.holders(input)) {
      // What a master was waiting for: one that has very many addresses is told of every one.
      if (input.present && router.state === "Master" && this.#surroundings.ours(address)) continue;
      this.#concern(router, now);
      if (!input.present) router.addressGone(address, now);
      if (this.#mayReconsider(router)) router.reconsider(now);
    }
  }

  #announcement(interfaceName: string, address: IpAddress, mac: MacAddress, now: Instant): void {
    this.#reception.announced(interfaceName, address, mac);
    for (const { router, address: arm } of this.#directory.holders({ interface: interfaceName, address })) {
      this.#concern(router, now).announcement(arm, mac, now);
    }
  }

  #refused(
    { router: name, action, refusal }: Extract<ElectorInput, { kind: "refused" }>,
    now: Instant,
  ): void {
    const router = this.#directory.named(name);
    if (router !== undefined) this.#concern(router, now).refused(action, refusal, now);
  }

  #ready(because: "balancer" | "deadline"): void {
    if (this.#surroundings.becomeReady()) this.#outbox.tell({ kind: "ready", because });
  }

  /** What is tracked has changed: whoever tracks it has another priority, a fault, or one less. */
  #judged(changes: readonly VerdictChange[], now: Instant): void {
    for (const { name, up, detail } of changes) {
      this.#outbox.tell({ kind: "track", track: name, up, detail });
      for (const router of this.#routers) {
        const tracks = router.settings.tracks.some((track) => track.name === name);
        if (tracks && this.#mayReconsider(router)) this.#concern(router, now).reconsider(now);
      }
    }
  }

  /** Something about this interface changed. */
  #reconsider(interfaceName: string, now: Instant): void {
    for (const router of this.#routers) {
      if (interfacesOf(router.settings).has(interfaceName) && this.#mayReconsider(router))
        this.#concern(router, now).reconsider(now);
    }
  }

  /** Whoever is leaving for good goes on leaving: its deadline is near. */
  #mayReconsider(router: VirtualRouter): boolean {
    return !this.#stopping && !this.#departing.includes(router);
  }

  /** What has happened to one router may concern those of its sync group. */
  #settleGroups(now: Instant): void {
    for (const members of this.#groups.of(this.#concerned)) {
      for (const member of members) this.#concern(member, now);
      settleGroup(members, now);
    }
  }

  #finish(): void {
    if (!this.#stopping || this.#all().some((router) => router.state !== "Initialize")) return;
    this.#routers = [];
    this.#reindex();
    this.#stopping = false;
    this.#outbox.push({ kind: "stopped" });
  }

  #all(): readonly VirtualRouter[] {
    return this.#departing.length === 0 ? this.#routers : [...this.#departing, ...this.#routers];
  }

  #collectConcerned(): void {
    for (const router of this.#concerned) {
      this.#collect(router);
      this.#agenda.note(router);
      this.expectations.reconsider(router);
    }
    this.#concerned.clear();
  }

  #collect(router: VirtualRouter): void {
    for (const action of router.take()) this.#accept(action, router);
  }

  #accept(action: RouterAction, router: VirtualRouter): void {
    if (observes(router)) {
      this.#outbox.pushAll(inWords(action));
      return;
    }
    switch (action.kind) {
      case "hold":
        this.#surroundings.addOurs(action.addresses);
        break;
      case "advert":
        this.#spoken.push(router);
        break;
      case "release":
      case "steer":
        this.#outbox.pushAll(this.#directory.unshared(action, router));
        return;
      case "announce":
        this.#outbox.pushAll(this.#pacer.admit(action));
        return;
      case "will":
        if (this.#hasSuccessor(router)) return;
        break;
      case "event":
        break;
      default:
        unreachable(action);
    }
    this.#outbox.push(action);
  }

  /** It is handing over, and another of its name was configured since: that one's will counts. */
  #hasSuccessor(router: VirtualRouter): boolean {
    if (!this.#departing.includes(router)) return false;
    const { name } = router.settings;
    const successor = this.#routers.find((other) => other.settings.name === name);
    return successor !== undefined && !observes(successor);
  }
}
