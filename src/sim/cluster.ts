/** A whole segment in one process: directors, switches, neighbours and watchers on one virtual clock. */
import { Bug } from "../net/bug.ts";
import { type Family, type IpAddress, ip } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { after, type Duration, type Instant, micros, millis, seconds } from "../net/time.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { State } from "../vrrp/state.ts";
import { Client } from "./client.ts";
import { VirtualClock } from "./clock.ts";
import { hostMac } from "./frame.ts";
import { FAIR, isFoul, Switch, type Weather } from "./network.ts";
import { Director, type DirectorPlan, type Refusable, type Surroundings } from "./node.ts";
import type { Observation, Violation, Watcher, World } from "./observation.ts";
import { effectivePriority } from "./priority.ts";
import { Random } from "./random.ts";
import { Stranger } from "./stranger.ts";
import { Timeline } from "./timeline.ts";
import { allWatchers } from "./watchers.ts";

/** Directors, and the switches that their interfaces name. */
export interface Layout {
  readonly seed: number;
  readonly directors: readonly DirectorPlan[];
}

const FIRST_CLIENT = 51;
/** A neighbour that asks once, and one whose entry gets lost now and then. */
const SHORTEST_MEMORY = millis(500);
const LONGEST_MEMORY = seconds(8);
/** Where neighbours have their own addresses (RFC 2544): no cluster has them. */
const CLIENT_NETWORK = "198.18.0.";
/** Of two processes, and of the work they do. */
const WAKE_UPS = millis(1);

export class Cluster implements World {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly timeline = new Timeline();
  readonly violations: Violation[] = [];
  readonly nodes: readonly string[];
  readonly #directors: ReadonlyMap<string, Director>;
  readonly #switches: ReadonlyMap<string, Switch>;
  readonly #strangers: ReadonlyMap<string, Stranger>;
  readonly #routers: readonly string[];
  readonly #intervals = new Map<string, { shortest: Duration; longest: Duration }>();
  readonly #missing = new Map<string, { fewest: number; most: number }>();
  /** In any weather so far: a frame may still be on its way. */
  #longestDelayUs = FAIR.longestDelayUs;
  readonly #clients: { readonly network: string; readonly client: Client }[] = [];
  readonly #watchers: Watcher[];
  #framesLost = false;

  constructor({ seed, directors }: Layout, watchers = allWatchers) {
    this.random = new Random(seed);
    this.nodes = directors.map(({ name }) => name);
    this.#routers = [...new Set(directors.flatMap(({ routers }) => routers.map(({ name }) => name)))];
    const networks = new Set(directors.flatMap(({ interfaces }) => interfaces.map(({ network }) => network)));
    this.#switches = new Map(
      Array.from(networks, (name) => [name, new Switch(this.clock, this.random.fork())]),
    );
    this.#strangers = new Map(Array.from(this.#switches, ([name, wire]) => [name, new Stranger(wire)]));
    this.#directors = new Map(directors.map((plan) => [plan.name, this.#makeDirector(plan)]));
    for (const { routers } of directors) this.#notePaces(routers);
    this.#watchers = [...watchers(this, (at, watcher, text) => this.#report(at, watcher, text))];
    for (const [index, network] of [...networks].entries()) this.#addClients(index, network, directors);
  }

  /** One more. */
  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  director(name: string): Director {
    const found = this.#directors.get(name);
    if (found === undefined) throw new Bug(`no director ${name} in this simulation`);
    return found;
  }

  get directors(): readonly Director[] {
    return [...this.#directors.values()];
  }

  /** By any director's file when the run began. */
  get routers(): readonly string[] {
    return this.#routers;
  }

  /** The directors that are master of the first router, by their own word. */
  get masters(): readonly string[] {
    return this.mastersOf(this.#routers[0] ?? "");
  }

  mastersOf(router: string): readonly string[] {
    return this.nodes.filter((node) => this.state(node, router) === "Master");
  }

  run(length: Duration): void {
    this.clock.runUntil(after(this.clock.now, length));
  }

  /** Everybody starts within the same instant, ready at once. */
  startAll(): void {
    for (const director of this.directors) director.start(millis(1));
  }

  /** Nothing that `from` sends reaches `to`, or no advert of this family, on no arm. */
  cut(from: string, to: string, adverts?: Family): void {
    this.#framesLost = true;
    for (const one of this.#switches.values()) one.cut(from, to, adverts);
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
    if (isFoul(weather)) this.#framesLost = true;
    this.#longestDelayUs = Math.max(this.#longestDelayUs, weather.longestDelayUs);
    for (const one of this.#switches.values()) one.weather = weather;
    this.observe({ kind: "network" });
  }

  /** The director has another file from now on. */
  reload(node: string, routers: readonly RouterSettings[]): void {
    this.#notePaces(routers);
    this.director(node).reload(routers);
  }

  /** Somebody else takes the address, on its switch. */
  contest(address: IpAddress, network: string): void {
    this.#framesLost = true;
    this.#strangers.get(network)?.hold(address);
  }

  endContests(): void {
    for (const stranger of this.#strangers.values()) stranger.letGoAll();
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

  priority(node: string, router: string): number | undefined {
    const director = this.director(node);
    const settings = director.settings.find(({ name }) => name === router);
    return settings === undefined
      ? undefined
      : effectivePriority(settings, (track) => director.verdictOf(track), director.standby);
  }

  intervals(router: string): { readonly shortest: Duration; readonly longest: Duration } {
    const found = this.#intervals.get(router);
    if (found === undefined) throw new Bug(`no router ${router} in this simulation`);
    return found;
  }

  missingAdverts(router: string): { readonly fewest: number; readonly most: number } {
    const found = this.#missing.get(router);
    if (found === undefined) throw new Bug(`no router ${router} in this simulation`);
    return found;
  }

  roundTrip(): Duration {
    return micros(2 * this.#longestDelayUs + WAKE_UPS);
  }

  held(node: string, router: string): readonly IpAddress[] {
    return this.director(node).heldFor(router);
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
      const { mac, network } = kernel.interface(name);
      const port = this.#wire(network).portOf(mac);
      const wrongSwitch = port === node ? [] : [`the switch ${network} sends ${node}'s frames to ${port}`];
      const wrong = this.#clients.filter(({ network: place, client }) => {
        const known = client.knows(address);
        return place === network && known !== undefined && known !== mac;
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

  #makeDirector(plan: DirectorPlan): Director {
    const world: Surroundings = {
      clock: this.clock,
      random: this.random.fork(),
      wire: (network) => this.#wire(network),
      neighbour: (network, address) => this.#neighbour(network, address),
      observe: (observation) => this.observe(observation),
    };
    return new Director(plan, world);
  }

  #neighbour(network: string, address: IpAddress): MacAddress | undefined {
    for (const { kernel } of this.directors)
      for (const one of kernel.interfaces.values())
        if (one.network === network && one.sources.includes(address)) return one.mac;
    return undefined;
  }

  #notePaces(routers: readonly RouterSettings[]): void {
    for (const { name, interval, downTimerAdverts } of routers) {
      const missing = this.#missing.get(name) ?? { fewest: downTimerAdverts, most: downTimerAdverts };
      missing.fewest = Math.min(missing.fewest, downTimerAdverts);
      missing.most = Math.max(missing.most, downTimerAdverts);
      this.#missing.set(name, missing);
      const known = this.#intervals.get(name) ?? { shortest: interval, longest: interval };
      known.shortest = micros(Math.min(known.shortest, interval));
      known.longest = micros(Math.max(known.longest, interval));
      this.#intervals.set(name, known);
    }
  }

  #addClients(index: number, network: string, directors: readonly DirectorPlan[]): void {
    const addresses = addressesOn(network, directors);
    for (const [kind, name] of ["steady", "forgetful"].entries()) {
      const host = FIRST_CLIENT + kind;
      const mac = hostMac(host, index);
      const client = new Client(
        `${name}-${network}`,
        ip(`${CLIENT_NETWORK}${host}`),
        mac,
        this.#wire(network),
      );
      this.#clients.push({ network, client });
      for (const address of addresses) this.#keepAsking(client, address, name === "forgetful");
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

/** The virtual addresses that any director would hold on an interface of this network. */
function addressesOn(network: string, directors: readonly DirectorPlan[]): ReadonlySet<IpAddress> {
  return new Set(
    directors.flatMap(({ interfaces, routers }) => {
      const own = interfaces.filter((one) => one.network === network).map(({ name }) => name);
      const all = routers.flatMap(({ addresses }) => addresses);
      return all.filter((one) => own.includes(one.interface)).map(({ address }) => address);
    }),
  );
}
