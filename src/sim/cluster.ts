/** A whole segment in one process: directors, switches, neighbours and watchers on one virtual clock. */
import { Bug } from "../net/bug.ts";
import { type IpAddress, ip } from "../net/ip.ts";
import { after, type Duration, type Instant, millis, seconds } from "../net/time.ts";
import {
  multicastTransport,
  PLAIN_ELECTION,
  type RouterSettings,
  type VirtualAddress,
} from "../vrrp/settings.ts";
import type { State } from "../vrrp/state.ts";
import { Client } from "./client.ts";
import { VirtualClock } from "./clock.ts";
import { hostMac } from "./frame.ts";
import type { Interface } from "./kernel.ts";
import { Switch, type Weather } from "./network.ts";
import { Director, type Refusable, type Surroundings } from "./node.ts";
import type { Observation, Violation, Watcher, World } from "./observation.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";
import { allWatchers } from "./watchers.ts";

export interface Plan {
  readonly seed: number;
  readonly interval: Duration;
  readonly preempt: boolean;
  readonly preemptDelay?: Duration;
  readonly damping?: boolean;
  /** Each arm has a router of its own, and both stay together; else one router has both arms. */
  readonly grouped?: boolean;
  /** By director; 255 is the owner. */
  readonly priorities: Readonly<Record<string, number>>;
  readonly stopTimeout?: Duration;
}

/** Both arms move together: the front address and the real servers' gateway. */
const VIRTUAL_ADDRESSES: readonly VirtualAddress[] = [
  { address: ip("192.0.2.100"), prefixLength: 32, interface: "eth0" },
  { address: ip("10.0.0.1"), prefixLength: 32, interface: "eth1" },
];
const NETWORKS = { eth0: "192.0.2.", eth1: "10.0.0." } as const;
export const ROUTER = "front";
const VRID = 51;
const STOP_TIMEOUT = seconds(10);
const FIRST_DIRECTOR = 11;
const FIRST_CLIENT = 51;
/** A neighbour that asks once, and one whose entry gets lost now and then. */
const SHORTEST_MEMORY = millis(500);
const LONGEST_MEMORY = seconds(8);

export class Cluster implements World {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly timeline = new Timeline();
  readonly violations: Violation[] = [];
  readonly nodes: readonly string[];
  readonly #directors: ReadonlyMap<string, Director>;
  readonly #switches: ReadonlyMap<string, Switch>;
  readonly #clients: { readonly interface: string; readonly client: Client }[] = [];
  readonly #watchers: readonly Watcher[];
  #framesLost = false;

  constructor(plan: Plan) {
    this.random = new Random(plan.seed);
    this.nodes = Object.keys(plan.priorities);
    const names = Object.keys(NETWORKS);
    this.#switches = new Map(names.map((name) => [name, new Switch(this.clock, this.random.fork())]));
    this.#directors = new Map(this.nodes.map((name, index) => [name, this.#makeDirector(plan, name, index)]));
    this.#watchers = allWatchers(this, (at, watcher, text) => this.#report(at, watcher, text));
    this.#addClients();
  }

  director(name: string): Director {
    const found = this.#directors.get(name);
    if (found === undefined) throw new Bug(`no director ${name} in this simulation`);
    return found;
  }

  get directors(): readonly Director[] {
    return [...this.#directors.values()];
  }

  /** The directors that are master by their own word. */
  get masters(): readonly string[] {
    return this.nodes.filter((node) => this.state(node, ROUTER) === "Master");
  }

  run(length: Duration): void {
    this.clock.runUntil(after(this.clock.now, length));
  }

  /** Everybody starts within the same instant, ready at once. */
  startAll(): void {
    for (const director of this.directors) director.start(millis(1));
  }

  /** Nothing that `from` sends reaches `to`, on no arm. */
  cut(from: string, to: string): void {
    this.#framesLost = true;
    for (const one of this.#switches.values()) one.cut(from, to);
    this.observe({ kind: "network" });
  }

  mend(from: string, to: string): void {
    for (const one of this.#switches.values()) one.mend(from, to);
    this.observe({ kind: "network" });
  }

  /** Some announcement may have gone astray in this run. */
  get framesLost(): boolean {
    return this.#framesLost;
  }

  setWeather(weather: Weather): void {
    if (weather.loss > 0) this.#framesLost = true;
    for (const one of this.#switches.values()) one.weather = weather;
    this.observe({ kind: "network" });
  }

  note(text: string): void {
    this.timeline.note(this.clock.now, text);
  }

  observe(observation: Observation): void {
    this.timeline.observe(this.clock.now, observation);
    for (const watcher of this.#watchers) watcher.see(this.clock.now, observation);
  }

  /** The run ends in quiet: what is still wrong now is wrong. */
  finish(): readonly Violation[] {
    for (const watcher of this.#watchers) watcher.finish(this.clock.now);
    return this.violations;
  }

  settings(node: string): readonly RouterSettings[] {
    return this.director(node).settings;
  }

  state(node: string, router: string): State | undefined {
    return this.#directors.get(node)?.process?.state(router);
  }

  awake(node: string): boolean {
    return this.director(node).awake;
  }

  healthy(one: string, other: string): boolean {
    const awake = this.awake(one) && this.awake(other);
    return awake && [...this.#switches.values()].every((wire) => wire.connects(one, other));
  }

  held(node: string, router: string): readonly IpAddress[] {
    const { kernel, settings } = this.director(node);
    const addresses = settings.find(({ name }) => name === router)?.addresses ?? [];
    return addresses.map(({ address }) => address).filter((address) => kernel.holdsAsOurs(address));
  }

  willed(node: string, router: string): readonly IpAddress[] | undefined {
    return this.director(node)
      .will(router)
      ?.addresses.map(({ address }) => address);
  }

  refuses(node: string, what: Refusable): boolean {
    return this.director(node).refusing.has(what);
  }

  isHeldBack(node: string, router: string): boolean {
    return this.director(node).process?.isHeldBack(router) === true;
  }

  misled(node: string, router: string): readonly string[] {
    const { kernel, settings } = this.director(node);
    const addresses = settings.find(({ name }) => name === router)?.addresses ?? [];
    return addresses.flatMap(({ address, interface: name }) => {
      const { mac } = kernel.interface(name);
      const port = this.#wire(name).portOf(mac);
      const wrongSwitch = port === node ? [] : [`the switch ${name} sends ${node}'s frames to ${port}`];
      const wrong = this.#clients.filter(({ interface: arm, client }) => {
        const known = client.knows(address);
        return arm === name && known !== undefined && known !== mac;
      });
      return [
        ...wrongSwitch,
        ...wrong.map(
          ({ client }) => `${client.name} sends ${address} to ${client.knows(address)}, not to ${node}`,
        ),
      ];
    });
  }

  #report(at: Instant, watcher: string, text: string): void {
    this.violations.push({ at, watcher, text });
    this.timeline.note(at, `!! ${watcher}: ${text}`);
  }

  #wire(name: string): Switch {
    const found = this.#switches.get(name);
    if (found === undefined) throw new Bug(`no network ${name} in this simulation`);
    return found;
  }

  #makeDirector(plan: Plan, name: string, index: number): Director {
    const interfaces = Object.entries(NETWORKS).map(([arm, network], number): Interface => {
      const host = FIRST_DIRECTOR + index;
      return { name: arm, mac: hostMac(host, number), source: ip(`${network}${host}`), up: true };
    });
    const settings: RouterSettings = {
      name: ROUTER,
      vrid: VRID,
      interface: "eth0",
      transport: multicastTransport(4),
      interval: plan.interval,
      priority: plan.priorities[name] ?? 100,
      preempt: plan.preempt,
      ...PLAIN_ELECTION,
      preemptDelay: plan.preemptDelay ?? PLAIN_ELECTION.preemptDelay,
      damping: plan.damping ?? false,
      addresses: VIRTUAL_ADDRESSES,
      stopTimeout: plan.stopTimeout ?? STOP_TIMEOUT,
    };
    const world: Surroundings = {
      clock: this.clock,
      random: this.random.fork(),
      wire: (wire) => this.#wire(wire),
      observe: (observation) => this.observe(observation),
    };
    return new Director(name, interfaces, plan.grouped ? groupOf(settings) : [settings], world);
  }

  #addClients(): void {
    for (const [arm, [name, network]] of Object.entries(NETWORKS).entries()) {
      for (const [index, kind] of ["steady", "forgetful"].entries()) {
        const host = FIRST_CLIENT + index;
        const client = new Client(
          `${kind}-${name}`,
          ip(`${network}${host}`),
          hostMac(host, arm),
          this.#wire(name),
        );
        this.#clients.push({ interface: name, client });
        for (const { address, interface: place } of VIRTUAL_ADDRESSES) {
          if (place === name) this.#keepAsking(client, address, kind === "forgetful");
        }
      }
    }
  }

  /** A steady neighbour asks until it knows, and from then on believes announcements alone. */
  #keepAsking(client: Client, address: IpAddress, forgets: boolean): void {
    this.clock.in(this.random.duration(SHORTEST_MEMORY, LONGEST_MEMORY), () => {
      if (forgets || client.knows(address) === undefined) client.ask(address);
      this.#keepAsking(client, address, forgets);
    });
  }
}

/** A router for each arm. */
function groupOf(settings: RouterSettings): RouterSettings[] {
  return settings.addresses.map((address, index) => ({
    ...settings,
    name: index === 0 ? ROUTER : `arm${index}`,
    vrid: settings.vrid + index,
    interface: address.interface,
    addresses: [address],
    syncGroup: "all",
  }));
}
