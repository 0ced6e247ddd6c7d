/** Performs what the engine asks for on this host: adverts, addresses, announcements. Everything else is told on. */
import type { ElectorAction } from "../../elector/action.ts";
import type { ElectorEvent } from "../../elector/event.ts";
import type { ElectorInput, Tick } from "../../elector/input.ts";
import { familyOf } from "../../net/ip.ts";
import { between, instant, millis } from "../../net/time.ts";
import type { NewAddress } from "../../netlink/address.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import type { AdvertAction, Refusable, Will } from "../../vrrp/action.ts";
import { armKey } from "../../vrrp/node.ts";
import type { VirtualAddress } from "../../vrrp/settings.ts";
import { isEmpty, NO_STEERING, type Steering } from "../../vrrp/steering.ts";
import { now } from "../clock.ts";
import type { RouteClient } from "../netlink/route-client.ts";
import { steer } from "../netlink/steering.ts";
import { noDevice, refusalOf } from "../refusal.ts";
import type { Sockets } from "../sockets/sockets.ts";
import { type Deed, type Job, sliced, takeBatch } from "./batch.ts";
import { Newcomers } from "./newcomers.ts";
import { WorkQueue } from "./work-queue.ts";

/** A held address that nobody renews leaves the kernel by itself after this many seconds. */
const VALID_LIFETIME_S = 60;
/** Addresses written or announced in one go: well below a millisecond. */
const SLICE = 32;
/** Before the kernel is asked again whether it serves an address, unless something wakes us earlier. */
const ASK_AGAIN_MS = 1;
/** It says yes to a new IPv6 address before that is there: some tens of milliseconds on a busy machine. */
const KERNEL_TIME = millis(100);
const [UP_TO_DATE, BEHIND] = [{}, { behind: true }] as const;

type Refusal = KernelRefusal | undefined;

/** The hands of the performer. */
interface Host {
  readonly sockets: Pick<Sockets, "send" | "announce">;
  readonly route: Pick<RouteClient, "addAddresses" | "deleteAddresses" | "serves" | "ask">;
  indexOf(interfaceName: string): number | undefined;
  /** An IPv6 address is about to be put there. */
  expectIp6(interfaceName: string): void;
}

/** Who is told what cannot be done with hands. */
interface Listener {
  event(event: ElectorEvent): void;
  will(router: string, will: Will | undefined): void;
  stopped(): void;
  /** The kernel refused a deed. */
  refused(input: Extract<ElectorInput, { kind: "refused" }>): void;
}

export class Performer {
  readonly #host: Host;
  readonly #listener: Listener;
  readonly #work = new WorkQueue<Job>(now, (waiting) => this.#next(waiting));
  /** The wire and the kernel do not wait until everybody has been told. */
  readonly #news = new WorkQueue<ElectorAction>(
    now,
    (waiting) => this.#tellFirst(waiting),
    () => this.#work.idle,
  );
  readonly #newcomers = new Newcomers();
  /** Announcements of addresses that the kernel does not serve yet. */
  #early: readonly Deed[] = [];
  #again: NodeJS.Timeout | undefined;
  /** When something was last done, or begun. */
  #workedAt = instant(0);

  constructor(host: Host, listener: Listener) {
    this.#host = host;
    this.#listener = listener;
  }

  /**
   * Sends the adverts. All else is done by `goOn`, each router's in order: when a thousand claim together, no advert
   * waits for anybody's addresses. What a master has not announced by then is not announced when it is master no more.
   */
  perform(actions: readonly ElectorAction[]): void {
    const adverts: AdvertAction[] = [];
    for (const action of actions) if (leavesMaster(action)) this.#hush(action.event.router);
    for (const action of actions) {
      if (action.kind === "advert") adverts.push(action);
      else if (isDeed(action)) this.#work.add(...sliced(action, SLICE));
      else if (action.kind === "steer") this.#work.add({ kind: "call", call: () => this.#steer(action) });
      else this.#news.add(action);
    }
    if (adverts.length === 0) return;
    const refusals = this.#host.sockets.send(adverts);
    for (const [{ router }, refusal] of refusals) this.#report(router, "advert", refusal);
  }

  /** Everything that has happened was told. */
  get hasTold(): boolean {
    return this.#news.idle;
  }

  /** For a tick: whether the kernel has yet to be asked for something, or was asked just now. */
  get lag(): Pick<Tick, "behind"> {
    return this.#work.idle && between(this.#workedAt, now()) > KERNEL_TIME ? UP_TO_DATE : BEHIND;
  }

  /** What there is time for now; the rest follows by itself. */
  goOn(): void {
    this.#announceEarly();
    if (!this.#work.idle) this.#workedAt = now();
    this.#work.goOn();
    this.#news.goOn();
  }

  close(): void {
    clearTimeout(this.#again);
    this.#early = [];
    this.#work.close();
    this.#news.close();
  }

  /** Work of others for the kernel, behind what is waiting already. */
  push(...calls: (() => void)[]): void {
    this.#work.push(...calls.map((call) => ({ kind: "call", call }) as const));
  }

  /** Routes and rules of nobody: best effort, for there is nobody to tell. */
  unsteer(gone: Steering): void {
    if (isEmpty(gone)) return;
    const leave = { gone, wanted: NO_STEERING, anew: false };
    this.push(() => void steer(this.#host.route, (name) => this.#host.indexOf(name), leave));
  }

  #tellFirst(waiting: ElectorAction[]): void {
    const action = waiting.shift();
    switch (action?.kind) {
      case "will":
        return this.#listener.will(action.router, action.will);
      case "event":
        return this.#listener.event(action.event);
      case "stopped":
        return this.#listener.stopped();
      default:
        return;
    }
  }

  #next(waiting: Job[]): void {
    const [first] = waiting;
    if (first?.kind === "call") {
      waiting.shift();
      return first.call();
    }
    this.#do(takeBatch(waiting, SLICE));
  }

  #do(batch: readonly Deed[]): void {
    const refusals = batch[0]?.kind === "announce" ? this.#announce(batch) : this.#write(batch);
    for (const { kind, router, addresses } of batch) {
      const refusal = addresses.map((one) => refusals.get(one)).find((one) => one !== undefined);
      this.#report(router, kind, refusal);
    }
  }

  #steer(action: Extract<ElectorAction, { kind: "steer" }>): void {
    this.#report(
      action.router,
      "steer",
      steer(this.#host.route, (name) => this.#host.indexOf(name), action),
    );
  }

  #report(router: string, action: Refusable, refusal: Refusal): void {
    if (refusal !== undefined) this.#listener.refused({ kind: "refused", router, action, refusal });
  }

  /** Holds, or releases, in one request. */
  #write(batch: readonly Deed[]): ReadonlyMap<VirtualAddress, Refusal> {
    const holding = batch[0]?.kind === "hold";
    const refusals = new Map<VirtualAddress, Refusal>();
    const written: { readonly one: VirtualAddress; readonly onLink: AddressOnLink }[] = [];
    for (const one of batch.flatMap(({ addresses }) => addresses)) {
      const interfaceIndex = this.#host.indexOf(one.interface);
      if (holding && familyOf(one.address) === 6) this.#host.expectIp6(one.interface);
      if (interfaceIndex !== undefined) written.push({ one, onLink: { ...one, interfaceIndex } });
      // What goes with its interface is released.
      else if (holding) refusals.set(one, noDevice("RTM_NEWADDR"));
    }
    const onLinks = written.map(({ onLink }) => onLink);
    let outcomes: readonly Refusal[] = [];
    const failed = refusalOf(() => {
      outcomes = holding ? this.#hold(onLinks) : this.#host.route.deleteAddresses(onLinks);
    });
    for (const [index, { one }] of written.entries()) refusals.set(one, failed ?? outcomes[index]);
    const done = written.filter((_, index) => outcomes[index] === undefined).map(({ one }) => one);
    if (holding) this.#newcomers.added(done, now());
    else this.#forget(batch.flatMap(({ addresses }) => addresses));
    return refusals;
  }

  #hold(addresses: readonly AddressOnLink[]): readonly Refusal[] {
    return this.#host.route.addAddresses(
      addresses.map((one) => ({ ...one, validSeconds: VALID_LIFETIME_S })),
    );
  }

  #announce(batch: readonly Deed[]): ReadonlyMap<VirtualAddress, Refusal> {
    const unserved = this.#newcomers.unserved(
      batch.flatMap((deed) => deed.addresses),
      now(),
      (news) => this.#areServed(news),
    );
    this.#putOff(batch, (one) => unserved.has(one));
    const addresses = batch.flatMap((deed) => deed.addresses).filter((one) => !unserved.has(one));
    const outcomes = new Map<string, Refusal>();
    for (const name of new Set(addresses.map((arm) => arm.interface))) {
      const there = addresses.filter((arm) => arm.interface === name).map(({ address }) => address);
      outcomes.set(name, this.#host.sockets.announce(name, there));
    }
    return new Map(addresses.map((one) => [one, outcomes.get(one.interface)]));
  }

  /** What nobody can say any more is not waited for. */
  #areServed(addresses: readonly VirtualAddress[]): readonly boolean[] {
    const onLinks = addresses.map((one) => ({
      ...one,
      interfaceIndex: this.#host.indexOf(one.interface) ?? 0,
    }));
    let served: readonly boolean[] = [];
    const failed = refusalOf(() => {
      served = this.#host.route.serves(onLinks);
    });
    return failed === undefined ? served : addresses.map(() => true);
  }

  #putOff(batch: readonly Deed[], isEarly: (one: VirtualAddress) => boolean): void {
    this.#early = [...this.#early, ...only(batch, isEarly)];
    if (this.#early.length > 0) this.#again ??= setTimeout(() => this.#announceEarly(), ASK_AGAIN_MS);
  }

  /** It has given way meanwhile: whoever believed an announcement now would lose what it sends. */
  #hush(router: string): void {
    this.#work.drop((job) => job.kind === "announce" && job.router === router);
    this.#early = this.#early.filter((deed) => deed.router !== router);
  }

  #forget(addresses: readonly VirtualAddress[]): void {
    this.#newcomers.removed(addresses);
    const gone = new Set(addresses.map(armKey));
    this.#early = only(this.#early, (one) => !gone.has(armKey(one)));
  }

  #announceEarly(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    const batch = this.#early;
    this.#early = [];
    if (batch.length > 0) this.#do(batch);
  }
}

interface Leaving {
  readonly kind: "event";
  readonly event: Extract<ElectorEvent, { kind: "transition" }>;
}
type AddressOnLink = Omit<NewAddress, "validSeconds">;

function leavesMaster(action: ElectorAction): action is Leaving {
  return action.kind === "event" && action.event.kind === "transition" && action.event.from === "Master";
}

/** The deeds on those addresses of theirs that are wanted. */
function only(deeds: readonly Deed[], isWanted: (one: VirtualAddress) => boolean): Deed[] {
  return deeds.flatMap((deed) => {
    const addresses = deed.addresses.filter(isWanted);
    return addresses.length === 0 ? [] : [{ ...deed, addresses }];
  });
}

function isDeed(action: ElectorAction): action is Extract<ElectorAction, Deed> {
  return action.kind === "hold" || action.kind === "release" || action.kind === "announce";
}
