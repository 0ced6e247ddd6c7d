/**
 * Binds the pure engine to this host: what sockets, netlink and timer deliver becomes inputs, and actions are performed.
 *
 * A deadline never comes first: every socket is drained before the clock is looked at, so that an advert that waits
 * in a queue is believed before the timeout it contradicts.
 */
import { Timer } from "dgram-extras";
import type { HostChanges } from "../../channel/message.ts";
import type { ElectorAction } from "../../elector/action.ts";
import { Engine } from "../../elector/engine.ts";
import type { ElectorEvent } from "../../elector/event.ts";
import type { ElectorInput } from "../../elector/input.ts";
import type { IpAddress } from "../../net/ip.ts";
import { after, between, type Instant, micros } from "../../net/time.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import type { Will } from "../../vrrp/action.ts";
import { armKey } from "../../vrrp/node.ts";
import type { ReceivedPacket } from "../../vrrp/packet.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import { now, unixMicros } from "../clock.ts";
import { type HostAddress, Interfaces } from "../netlink/interfaces.ts";
import { RouteClient } from "../netlink/route-client.ts";
import { RouteMonitor } from "../netlink/route-monitor.ts";
import { refusalOf } from "../refusal.ts";
import type { HeardAnnouncement } from "../sockets/announce-socket.ts";
import { Sockets } from "../sockets/sockets.ts";
import { hmac } from "./hmac.ts";
import { isRemoved, leftovers } from "./leftovers.ts";
import { Performer } from "./performer.ts";
import { VirtualLinks } from "./virtual-links.ts";
import { WarmUp } from "./warm-up.ts";

/** Performing that takes longer was interrupted, in microseconds. */
const PROMPT_US = 2_000;
/** How long before the end of a silence we are awake, in microseconds. */
const READY_US = 3_000;
/** What a rehearsal may take of it. */
const REHEARSAL_US = 1_000;
/** The event loop has other things to do, too: signals, the balancer. */
const TICKS_PER_WAKE = 32;
/** After the kernel refused a listing or a socket. */
const LOOK_AGAIN_MS = 1_000;
const LOOK_AT_CLOCK_MS = 1_000;

interface ElectorWatcher {
  /** It is about to be handled at this instant. */
  input(input: ElectorInput, at: Instant): void;
  event(event: ElectorEvent): void;
  will(router: string, will: Will | undefined): void;
  overrun(): void;
  linkMade(name: string): void;
  linkRefused(subject: string, refusal: KernelRefusal): void;
  leftoverRemoved(arm: { readonly interface: string; readonly address: IpAddress }): void;
  stopped(): void;
  /** Each second, where adverts are signed: the engine's marks are to be kept. */
  marksMoved(): void;
}

export class ElectorLoop {
  readonly #engine = new Engine(hmac);
  readonly #interfaces = new Interfaces();
  readonly #watcher: ElectorWatcher;
  readonly #route: RouteClient;
  readonly #virtualLinks: VirtualLinks;
  readonly #monitor: RouteMonitor;
  readonly #sockets: Sockets;
  readonly #timer: Timer;
  readonly #performer: Performer;
  readonly #warmUp = new WarmUp();
  readonly #refusals: ElectorInput[] = [];
  #routers: readonly RouterSettings[] = [];
  #again: NodeJS.Timeout | undefined;
  #clockWatch: NodeJS.Timeout | undefined;
  readonly #queue: ElectorInput[] = [];
  #busy = false;
  #awake = false;
  /** Everything that was received by then is known. */
  #lookedAt = now();
  #armedFor: Instant | undefined;
  #closed = false;

  /** Throws SystemError when the host lets us neither read its interfaces nor open sockets. */
  constructor(watcher: ElectorWatcher) {
    this.#watcher = watcher;
    const wake = () => this.#wake();
    this.#sockets = new Sockets({
      packets: (packets) => this.#heard(packets.map(packetInput)),
      announcements: (heard) => this.#heard(this.#foreign(heard)),
      opened: () => this.#engine.expectations.forgetAll(),
    });
    this.#timer = new Timer(() => {
      this.#armedFor = undefined;
      this.#wake(false);
    });
    this.#route = new RouteClient();
    this.#virtualLinks = new VirtualLinks(this.#route, watcher);
    const indexOf = (name: string) => this.#interfaces.link(name)?.index;
    this.#performer = new Performer(
      {
        sockets: this.#sockets,
        route: this.#route,
        indexOf,
        expectIp6: (name) => this.#virtualLinks.turnOnIp6(name),
      },
      {
        event: (event) => this.#event(event),
        will: (router, will) => watcher.will(router, will),
        stopped: () => {
          this.#virtualLinks.close();
          watcher.stopped();
        },
        refused: (input) => this.#refused(input),
      },
    );
    // Joined before the dump: what changes in between is told twice rather than never.
    this.#monitor = new RouteMonitor(wake);
    this.#look();
  }

  /** Makes the code fast that is needed later. Throws SystemError when the host gives us no sockets. */
  warmUp(): void {
    this.#warmUp.begin();
  }

  get engine(): Engine {
    return this.#engine;
  }

  get routerCount(): number {
    return this.#routers.length;
  }

  configure(routers: readonly RouterSettings[], host: HostChanges): void {
    const journal = new Set(host.journal);
    const standing = this.#engine.snapshot(now());
    const held = standing.flatMap((router) => router.held);
    const virtual = new Set([...routers.flatMap((router) => router.addresses), ...held].map(armKey));
    const active = routers.filter(({ mode }) => mode === "active");
    const wanted = new Set([...active.flatMap((router) => router.addresses), ...held].map(armKey));
    if (this.#routers.length + standing.length === 0) this.#becomeWarm(routers);
    this.#routers = routers;
    this.#watchClock();
    this.#virtualLinks.know(host);
    this.#feed(...this.#interfaces.setVirtual(virtual));
    this.#fit();
    // Virtual links that were made just now: no router shall take them for missing.
    this.#readMonitor();
    this.#feed({ kind: "configure", routers, journal });
    this.#removeLeftovers(leftovers(this.#interfaces.list(), journal, wanted));
    this.#performer.unsteer(host.leftovers);
    if (!this.#virtualLinks.idle) this.#performer.push(() => this.#fit());
  }

  /** While nobody waits for an advert of ours. */
  #becomeWarm(routers: readonly RouterSettings[]): void {
    refusalOf(() => this.#warmUp.become(routers));
  }

  /** Signatures are dated: whoever sets the clock, it is heard of within a second. */
  #watchClock(): void {
    const signs = this.#routers.some(({ transport }) => transport.authentication !== undefined);
    clearInterval(this.#clockWatch);
    this.#clockWatch = undefined;
    if (!signs) return;
    this.#feed({ kind: "clock", unixMicros: unixMicros() });
    this.#clockWatch = setInterval(() => {
      this.#feed({ kind: "clock", unixMicros: unixMicros() });
      this.#watcher.marksMoved();
    }, LOOK_AT_CLOCK_MS);
  }

  /** What waits in the sockets: nothing that was received is unknown then. */
  hear(): void {
    if (!this.#closed) this.#feed(...this.#sockets.packets().packets.map(packetInput));
  }

  /** Everything that has happened was told. */
  get hasTold(): boolean {
    return this.#performer.hasTold;
  }

  input(input: ElectorInput): void {
    this.#feed(input);
  }

  /** Nothing is performed any more, not even for what is being handled right now. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    clearInterval(this.#clockWatch);
    this.#performer.close();
    this.#timer.close();
    this.#sockets.close();
    this.#monitor.close();
    this.#route.close();
  }

  /** By one socket. When a deadline has passed, all are asked before it is served. */
  #heard(inputs: readonly ElectorInput[]): void {
    if (this.#closed) return;
    this.#feed(...inputs);
    const deadline = this.#engine.nextDeadline();
    if (deadline !== undefined && deadline <= now()) this.#wake();
  }

  /**
   * Looks at everything, and serves the deadlines that have passed, a slice of them at a time.
   *
   * @param mustLook there is something; else only a deadline has passed
   */
  #wake(mustLook = true): void {
    if (this.#closed || this.#awake) return;
    this.#awake = true;
    let ticks = 0;
    while (ticks < TICKS_PER_WAKE && this.#serve(ticks, mustLook)) ticks += 1;
    this.#awake = false;
    this.#settle();
  }

  /** Whether a deadline was served. For our own adverts nobody need be asked. */
  #serve(ticks: number, mustLook: boolean): boolean {
    if ((mustLook && ticks === 0) || this.#engine.awaits !== "speech") return this.#lookAndTick(ticks > 0);
    const deadline = this.#engine.nextDeadline();
    if (deadline === undefined || deadline > now()) return false;
    this.#feed({ kind: "tick", heardUntil: this.#lookedAt, ...this.#performer.lag });
    return true;
  }

  /** Whether a deadline was served. @param ready we stayed awake for it: once in each turn of the event loop */
  #lookAndTick(ready: boolean): boolean {
    const begun = now();
    const { packets, heardUntil } = this.#sockets.packets();
    this.#lookedAt = heardUntil ?? begun;
    this.#feed(...packets.map(packetInput), ...this.#foreign(this.#sockets.announcements()));
    this.#readMonitor();
    const deadline = this.#closed ? undefined : this.#engine.nextDeadline();
    if (deadline === undefined) return false;
    if (!ready && this.#engine.awaits === "silence" && isSoon(deadline)) {
      this.#getReady(deadline);
      return this.#lookAndTick(true);
    }
    if (deadline > now()) return false;
    this.#feed({ kind: "tick", ...(heardUntil === undefined ? {} : { heardUntil }), ...this.#performer.lag });
    return true;
  }

  /**
   * Stays awake until the deadline. Waking up late and with cold caches would cost the better part of a millisecond, just
   * when a master has died; being ready too early costs that much of one processor, and only when nobody is heard.
   */
  #getReady(deadline: Instant): void {
    if (between(now(), deadline) > REHEARSAL_US) this.#warmUp.live();
    while (now() < deadline);
  }

  #removeLeftovers(found: readonly HostAddress[]): void {
    const removals = found.map((one) => () => {
      if (isRemoved(this.#route, one)) this.#watcher.leftoverRemoved(one);
    });
    this.#performer.push(...removals);
  }

  #readMonitor(): void {
    if (this.#closed) return;
    const { changes, overrun } = this.#monitor.drain();
    if (overrun) {
      this.#watcher.overrun();
      return this.#rescan();
    }
    if (changes.length === 0) return;
    const inputs = this.#interfaces.apply(changes);
    const isNewToSockets = changes.some(({ kind }) => kind === "link" || kind === "link-gone");
    if (isNewToSockets || inputs.some(({ kind }) => kind === "source")) this.#fit(...inputs);
    else this.#feed(...inputs);
  }

  #rescan(): void {
    if (refusalOf(() => this.#look()) !== undefined) this.#lookAgain();
  }

  /** At everything, because notifications were lost. Throws SystemError. */
  #look(): void {
    const inputs = this.#interfaces.replace(this.#route.links(), this.#route.addresses());
    this.#fit(...inputs);
  }

  #lookAgain(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#rescan(), LOOK_AGAIN_MS);
  }

  /**
   * Routers that left the cluster file need their links and sockets until they have handed over. Only when these are
   * there the engine is told: the inputs, and what has changed by that.
   */
  #fit(...inputs: ElectorInput[]): void {
    if (this.#closed) return;
    // Sockets that are closed now have told all.
    this.hear();
    const standing = this.#engine.snapshot(now());
    const links = this.#virtualLinks.fit(this.#routers, standing, this.#interfaces);
    if (links === "refused") this.#lookAgain();
    if (links === "unfinished") setImmediate(() => this.#fit());
    const inhabitants = [...this.#routers, ...standing].map((one) => this.#interfaces.withSource(one));
    const refusals = this.#sockets.fit(inhabitants, (name) => this.#interfaces.link(name));
    if (refusals.length > 0) this.#lookAgain();
    for (const { interface: name, action, refusal } of refusals) {
      const router = this.#routers.find((one) => livesOn(one, name))?.name;
      if (router !== undefined) this.#feed({ kind: "refused", router, action, refusal });
    }
    this.#feed(...inputs, ...this.#interfaces.news());
  }

  /** What others announced. */
  #foreign(heard: readonly HeardAnnouncement[]): ElectorInput[] {
    const foreign = heard.filter(({ mac }) => !this.#interfaces.isOwnMac(mac));
    return foreign.map((one) => ({ kind: "announcement", ...one }));
  }

  #event(event: ElectorEvent): void {
    this.#watcher.event(event);
    if (event.kind !== "transition" || this.#virtualLinks.idle) return;
    // After its addresses were taken away.
    if (event.to === "Initialize") this.#performer.push(() => this.#fit());
    else if (event.to !== "Master")
      this.#performer.push(() => this.#virtualLinks.turnOffIp6(this.#engine.snapshot(now())));
  }

  /** Takes inputs in order; a refusal that an action meets comes before any later input. */
  #feed(...inputs: ElectorInput[]): void {
    this.#queue.push(...inputs);
    if (this.#busy) return;
    this.#handleQueue();
    this.#settle();
  }

  #handleQueue(): void {
    this.#busy = true;
    for (let input = this.#queue.shift(); input !== undefined && !this.#closed; input = this.#queue.shift()) {
      const begun = now();
      this.#watcher.input(input, begun);
      const actions = this.#engine.handle(input, begun);
      if (actions.length > 0) this.#perform(actions, begun);
      for (const one of this.#engine.expectations.take()) this.#sockets.expect(one);
    }
    this.#busy = false;
  }

  #perform(actions: readonly ElectorAction[], begun: Instant): void {
    this.#performer.perform(actions);
    this.#queue.unshift(...this.#refusals.splice(0));
    if (between(begun, now()) > PROMPT_US) this.#queue.unshift({ kind: "performed" });
  }

  /** A slice that is worked on later is refused outside of any input. */
  #refused(input: ElectorInput): void {
    if (this.#busy) this.#refusals.push(input);
    else this.#feed(input);
  }

  /** When all adverts that are due have left: the rest of what is to be done, and the next deadline. */
  #settle(): void {
    if (this.#busy || this.#awake || this.#closed) return;
    const begun = now();
    this.#performer.goOn();
    if (between(begun, now()) > PROMPT_US) {
      this.#queue.push({ kind: "worked" });
      this.#handleQueue();
      this.#performer.goOn();
    }
    if (!this.#closed) this.#arm();
  }

  /** Most deadlines are put off before they come: a timer that is too early costs less than one that always fits. */
  #arm(): void {
    const deadline = this.#engine.nextDeadline();
    if (deadline === undefined) {
      this.#armedFor = undefined;
      return this.#timer.disarm();
    }
    const wanted = this.#engine.awaits === "silence" ? after(deadline, micros(-READY_US)) : deadline;
    if (this.#armedFor !== undefined && this.#armedFor <= wanted) return;
    this.#armedFor = wanted;
    this.#timer.armAt(wanted);
  }
}

function packetInput(packet: ReceivedPacket): ElectorInput {
  return { kind: "packet", packet };
}

function livesOn({ interface: own, addresses }: RouterSettings, name: string): boolean {
  return own === name || addresses.some((arm) => arm.interface === name);
}

/** Awake, but too early. */
function isSoon(deadline: Instant): boolean {
  const wait = between(now(), deadline);
  return wait > 0 && wait <= READY_US;
}
