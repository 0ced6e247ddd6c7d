/** One engine with a clock in the test's hand: says what happens to it, and reads what it wants done. */
import type { ElectorAction } from "../../src/elector/action.ts";
import { Engine } from "../../src/elector/engine.ts";
import type { ElectorInput } from "../../src/elector/input.ts";
import { unreachable } from "../../src/net/bug.ts";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { after, type Duration, type Instant, instant, millis, seconds } from "../../src/net/time.ts";
import { encodeAdvert, MULTICAST_GROUPS } from "../../src/vrrp/advert.ts";
import { armKey } from "../../src/vrrp/node.ts";
import { multicastTransport, PLAIN_ELECTION, type RouterSettings } from "../../src/vrrp/settings.ts";

export const OWN_ADDRESS = ip("192.0.2.11");
export const LOWER_ADDRESS = ip("192.0.2.10");
export const HIGHER_ADDRESS = ip("192.0.2.12");
export const VIP = ip("192.0.2.100");
const GROUP = MULTICAST_GROUPS[4];
const PEER_MAC = macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, 12));

export function routerSettings(changes: Partial<RouterSettings> = {}): RouterSettings {
  return {
    name: "front",
    vrid: 51,
    interface: "eth0",
    transport: multicastTransport(4),
    interval: millis(100),
    priority: 100,
    preempt: true,
    ...PLAIN_ELECTION,
    addresses: [{ address: VIP, prefixLength: 32, interface: "eth0" }],
    stopTimeout: seconds(10),
    ...changes,
  };
}

export class Director {
  readonly engine = new Engine();
  #now: Instant = instant(1_000_000);

  constructor() {
    this.input({ kind: "link", interface: "eth0", up: true });
    this.input({ kind: "source", interface: "eth0", family: 4, address: OWN_ADDRESS });
  }

  /** A director that is ready and has its routers. */
  static with(...routers: RouterSettings[]): Director {
    const director = new Director();
    director.input({ kind: "ready" });
    director.configure(...routers);
    return director;
  }

  /** A director that is master of `settings` by silence. */
  static master(settings: RouterSettings = routerSettings()): Director {
    const director = Director.with(settings);
    director.wait(millis(settings.priority === 255 ? 0 : 4 * (settings.interval / 1_000)));
    return director;
  }

  get now(): Instant {
    return this.#now;
  }

  configure(...routers: RouterSettings[]): ElectorAction[] {
    return this.input({ kind: "configure", routers, journal: new Set() });
  }

  /** The kernel does what it is asked: addresses appear and vanish at once. */
  input(input: ElectorInput): ElectorAction[] {
    const actions = this.engine.handle(input, this.#now);
    const echoes = actions.flatMap((action) => {
      if (action.kind !== "hold" && action.kind !== "release") return [];
      return action.addresses.flatMap(({ interface: name, address }) =>
        this.input({ kind: "address", interface: name, address, present: action.kind === "hold" }),
      );
    });
    return [...actions, ...echoes];
  }

  /** Lets time pass, serving every deadline on the way exactly. */
  wait(duration: Duration): ElectorAction[] {
    const end = after(this.#now, duration);
    const actions: ElectorAction[] = [];
    for (;;) {
      const deadline = this.engine.nextDeadline();
      if (deadline === undefined || deadline > end) break;
      if (deadline > this.#now) this.#now = deadline;
      actions.push(...this.input({ kind: "tick" }));
    }
    this.#now = end;
    return actions;
  }

  /** The process does nothing for a while; nothing is served. */
  stall(duration: Duration): void {
    this.#now = after(this.#now, duration);
  }

  hear(
    priority: number,
    source: IpAddress = HIGHER_ADDRESS,
    interval: Duration = millis(100),
    vrid = 51,
    addresses: readonly IpAddress[] = [VIP],
  ): ElectorAction[] {
    const advert = { version: 3, vrid, priority, interval, addresses } as const;
    const bytes = encodeAdvert(advert, { source, destination: GROUP });
    const packet = { interface: "eth0", source, destination: GROUP, ttl: 255, bytes };
    return this.input({ kind: "packet", packet: { ...packet, receivedAt: this.#now } });
  }

  hearAnnouncement(): ElectorAction[] {
    return this.input({ kind: "announcement", interface: "eth0", address: VIP, mac: PEER_MAC });
  }

  get state(): string {
    return this.engine
      .snapshot(this.#now)
      .map((router) => router.state)
      .join();
  }
}

/** Actions in short: `advert 100`, `hold`, `release`, `announce`; bookkeeping is left out. */
export function inShort(actions: readonly ElectorAction[]): string[] {
  return actions.flatMap((action) => {
    switch (action.kind) {
      case "advert":
        return action.datagrams.map(({ bytes }) => `advert ${bytes[2]}`);
      case "hold":
      case "release":
      case "announce":
      case "steer":
        return [action.kind];
      case "stopped":
        return ["stopped"];
      case "event":
        return action.event.kind === "transition" ? [`${action.event.to} (${action.event.cause})`] : [];
      case "will":
        return [];
      default:
        return unreachable(action);
    }
  });
}

export const LEFTOVER_JOURNAL: ReadonlySet<string> = new Set([armKey({ interface: "eth0", address: VIP })]);
