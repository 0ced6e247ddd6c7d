/**
 * One simulated director: its machine with a simulated kernel, its elector process, and all that can befall both.
 *
 * A stalled process does nothing while its kernel goes on. In a paused machine the kernel stands still too, and its
 * clock: afterwards nobody there knows of it.
 */
import type { ElectorAction } from "../elector/action.ts";
import type { ElectorInput } from "../elector/input.ts";
import { unreachable } from "../net/bug.ts";
import { familyOf, type IpAddress, isMulticast } from "../net/ip.ts";
import type { MacAddress } from "../net/mac.ts";
import { between, type Duration, type Instant } from "../net/time.ts";
import type { AdvertAction, Will } from "../vrrp/action.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { RouterSettings, VirtualAddress } from "../vrrp/settings.ts";
import type { Verdict } from "../vrrp/tracked.ts";
import type { CallOff, VirtualClock } from "./clock.ts";
import { ClusterPart } from "./cluster-part.ts";
import { type AdvertPayload, type ArpPayload, type Frame, readAdvert, VRRP_GROUP } from "./frame.ts";
import { type Interface, Kernel, refusal } from "./kernel.ts";
import { LastWills } from "./last-wills.ts";
import { LocalClock } from "./local-clock.ts";
import type { Port, Switch } from "./network.ts";
import type { Observation } from "./observation.ts";
import { ElectorProcess, type Host } from "./process.ts";
import type { Random } from "./random.ts";
import { Reports } from "./reports.ts";

/** Frames that wait in the ring of a paused machine; later ones are lost. */
const RING_SIZE = 256;
const ADVERT_TTL = 255;
const NOTHING = { bytes: new Uint8Array() };

/** A machine and its part of the cluster file. */
export interface DirectorPlan {
  readonly name: string;
  readonly interfaces: readonly Interface[];
  readonly routers: readonly RouterSettings[];
  readonly driftPpm: number;
}

/** What a director is given by its cluster. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly random: Random;
  wire(network: string): Switch;
  /** Whose own address it is on that network. */
  neighbour(network: string, address: IpAddress): MacAddress | undefined;
  observe(observation: Observation): void;
}

export type Refusable = "advert" | "hold";

export class Director implements Host {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly kernel: Kernel;
  readonly reports: Reports;
  /** Kept over restarts, as a file would. */
  standby = false;
  readonly part: ClusterPart;
  /** What the kernel refuses for now. */
  readonly refusing = new Set<Refusable>();
  process: ElectorProcess | undefined;
  readonly #world: Surroundings;
  readonly #wills = new LastWills();
  readonly #time: LocalClock;
  #stopping = false;
  #mood: "awake" | "stalled" | "paused" = "awake";
  readonly #ring: { readonly interface: string; readonly frame: Frame }[] = [];
  #expiry: CallOff = () => {};

  constructor({ name, interfaces, routers, driftPpm }: DirectorPlan, world: Surroundings) {
    this.name = name;
    this.clock = world.clock;
    this.random = world.random;
    this.part = new ClusterPart(routers);
    this.kernel = new Kernel(interfaces);
    this.reports = new Reports(world.clock, (input) => this.process?.enqueue(input));
    this.#world = world;
    this.#time = new LocalClock(world.clock, driftPpm, world.random.whole(1_000_000, 1_000_000_000));
    for (const one of interfaces) world.wire(one.network).attach(portOf(this, one));
  }

  /** Those that its elector goes by. */
  get settings(): readonly RouterSettings[] {
    return this.part.settings;
  }

  /** What its elector was told of the track last. */
  verdictOf(track: string): Verdict {
    return this.process === undefined ? undefined : this.reports.taken(track);
  }

  get awake(): boolean {
    return this.process !== undefined && this.#mood === "awake";
  }

  get paused(): boolean {
    return this.#mood === "paused";
  }

  will(router: string): Will | undefined {
    return this.#wills.of(router);
  }

  /** A new elector process, told what the edge would tell it. */
  start(readyAfter: Duration): void {
    if (this.process !== undefined) return;
    this.#wills.forget();
    const process = new ElectorProcess(this);
    this.process = process;
    this.part.adopt(this.part.file);
    this.#stopping = false;
    this.reports.forget();
    this.observe({ kind: "process", node: this.name, runs: true, how: "starts" });
    for (const input of this.kernel.introduction()) process.enqueue(input);
    const { file, journal } = this.part;
    if (this.standby) process.enqueue({ kind: "standby", on: true });
    process.enqueue({ kind: "configure", routers: file, journal });
    this.#removeLeftovers();
    this.part.write();
    this.reports.watch(file, () => this.process === process);
    this.clock.in(readyAfter, () => {
      if (this.process === process) process.enqueue({ kind: "ready" });
    });
  }

  /** Another file: a process adopts it, or finds it when it starts. */
  reload(routers: readonly RouterSettings[]): void {
    if (routers === this.part.file) return;
    this.part.change(routers);
    this.process?.enqueue({ kind: "configure", routers, journal: this.part.journal });
  }

  /** The router's addresses on the interfaces, also those of an earlier file. */
  heldFor(router: string): readonly IpAddress[] {
    const held = this.kernel.addresses.filter(({ address, ours }) => ours && this.part.isOf(router, address));
    return held.map(({ address }) => address);
  }

  ask(what: "stop" | "drill"): void {
    if (this.process === undefined) return;
    this.observe({ kind: "asked", node: this.name, what });
    this.process.enqueue({ kind: what });
  }

  /** The elector dies without a word; the balancer's last will acts. */
  killElector(how = "elector killed"): void {
    const wills = this.#wills.execute();
    this.#end(how);
    for (const will of wills) this.#send(will.goodbye);
  }

  /** Both processes die at once: nothing is said, the addresses stay until their lifetime ends. */
  killEverything(): void {
    this.#end("everything killed");
    this.#wills.forget();
  }

  /** The machine starts again: nothing of the old run is left, and the journal is of another boot. */
  reboot(): void {
    this.killEverything();
    for (const held of this.kernel.addresses) this.#remove(held.address, "reboot");
    this.part.forgetJournal();
  }

  stall(): void {
    if (!this.awake) return;
    this.#mood = "stalled";
    this.process?.stall();
    this.observe({ kind: "asleep", node: this.name, why: "stall" });
  }

  pause(): void {
    if (this.#mood !== "awake") return;
    this.#mood = "paused";
    this.#time.pause();
    this.#expiry();
    this.process?.stall();
    this.observe({ kind: "asleep", node: this.name, why: "pause" });
  }

  /** After a stall or a pause. */
  awaken(): void {
    if (this.#mood === "awake") return;
    this.#time.resume();
    this.#mood = "awake";
    this.observe({ kind: "awake", node: this.name });
    for (const { interface: name, frame } of this.#ring.splice(0)) this.receive(name, frame);
    this.#armExpiry();
    this.process?.resume();
  }

  setLink(interfaceName: string, up: boolean): void {
    this.kernel.interface(interfaceName).up = up;
    this.observe({ kind: "network" });
    this.process?.enqueue({ kind: "link", interface: interfaceName, up });
  }

  /** The kernel refuses it from now on, or no longer. */
  refuse(what: Refusable, refused: boolean): void {
    if (refused) this.refusing.add(what);
    else this.refusing.delete(what);
    this.observe({ kind: "network" });
  }

  /** An operator removes one of our addresses. */
  steal(address: IpAddress): void {
    this.#remove(address, "operator");
  }

  /** An operator adds an address that is not ours. */
  addByHand(interfaceName: string, address: IpAddress): void {
    this.kernel.addByHand(interfaceName, address);
    this.process?.enqueue({ kind: "address", interface: interfaceName, address, present: true });
  }

  receive(interfaceName: string, frame: Frame): void {
    if (this.#mood === "paused") {
      if (this.#ring.length < RING_SIZE) this.#ring.push({ interface: interfaceName, frame });
    } else if (frame.payload.kind === "arp") this.#receiveArp(interfaceName, frame.payload);
    else this.#receiveAdvert(interfaceName, frame.payload);
  }

  localNow(): Instant {
    return this.#time.now();
  }

  globally(local: Instant): Instant {
    return this.#time.globally(local);
  }

  /** Its engine is about to be given this. */
  takes(input: ElectorInput): void {
    if (input.kind === "ready") this.observe({ kind: "ready", node: this.name });
    if (input.kind === "stop") this.#stopping = true;
    if (input.kind === "standby") this.standby = input.on;
    if (input.kind === "track") this.reports.take(input);
    if (input.kind === "packet") this.#hear(input.packet);
    // Whoever is leaving for good takes nothing up again.
    if (input.kind === "configure" && !this.#stopping && this.part.adopt(input.routers))
      this.observe({ kind: "reloaded", node: this.name });
  }

  observe(observation: Observation): void {
    this.#world.observe(observation);
  }

  perform(action: ElectorAction, during: ElectorInput["kind"]): ElectorInput | undefined {
    switch (action.kind) {
      case "advert":
        return this.#advertise(action, during);
      case "hold":
        if (this.refusing.has("hold")) return refusal(action.router, "hold");
        for (const one of action.addresses) this.#hold(action.router, one);
        this.#armExpiry();
        return undefined;
      case "release":
        for (const { address } of action.addresses) this.#remove(address, "elector");
        return undefined;
      case "announce":
        this.#announce(action.router, action.addresses);
        return undefined;
      case "steer":
        return undefined;
      case "will":
        this.#wills.store(action.router, action.will);
        return undefined;
      case "event":
        if (action.event.kind === "transition") this.observe({ ...action.event, node: this.name });
        return undefined;
      case "stopped":
        this.#wills.forget();
        this.#end("has stopped");
        return undefined;
      default:
        return unreachable(action);
    }
  }

  crashed(text: string): void {
    this.observe({ kind: "bug", node: this.name, text });
    this.killElector("crashed");
  }

  #receiveArp(interfaceName: string, payload: ArpPayload): void {
    const answer = this.kernel.answerTo(interfaceName, payload);
    const { network } = this.kernel.interface(interfaceName);
    if (answer !== undefined) this.#world.wire(network).transmit(this.name, answer);
    const { senderIp: address, senderMac: mac } = payload;
    if (this.part.ownerOf(address) === undefined) return;
    this.process?.enqueue({ kind: "announcement", interface: interfaceName, address, mac });
  }

  #receiveAdvert(interfaceName: string, payload: AdvertPayload): void {
    // A successor speaks: what the dead elector left behind is let go.
    for (const address of this.#wills.inherited(payload)) this.#remove(address, "will");
    const { source, destination, ttl, bytes } = payload;
    const receivedAt = this.localNow();
    const packet = { interface: interfaceName, source, destination, ttl, bytes, receivedAt };
    this.process?.enqueue({ kind: "packet", packet });
  }

  #advertise(action: AdvertAction, during: ElectorInput["kind"]): ElectorInput | undefined {
    if (this.refusing.has("advert")) return refusal(action.router, "advert");
    const [{ bytes } = NOTHING] = action.datagrams;
    const header = readAdvert(bytes);
    const { router } = action;
    if (header !== undefined) this.observe({ kind: "sent", node: this.name, router, ...header, during });
    this.#send(action);
    return undefined;
  }

  #send({ interface: name, source, datagrams }: AdvertAction): void {
    const { mac, network } = this.kernel.interface(name);
    for (const { destination, bytes } of datagrams) {
      const port = isMulticast(destination) ? VRRP_GROUP : this.#world.neighbour(network, destination);
      if (port === undefined) continue;
      const payload = { kind: "advert", source, destination, ttl: ADVERT_TTL, bytes } as const;
      this.#world.wire(network).transmit(this.name, { source: mac, destination: port, payload });
    }
  }

  #hear({ interface: name, source, bytes, receivedAt }: ReceivedPacket): void {
    const header = readAdvert(bytes);
    const router = this.settings.find((one) => {
      const speaks = one.interface === name && one.transport.family === familyOf(source);
      return speaks && one.vrid === header?.vrid;
    });
    if (header === undefined || router === undefined) return;
    const age = between(receivedAt, this.localNow());
    this.observe({ kind: "heard", node: this.name, router: router.name, ...header, age });
  }

  #hold(router: string, { interface: name, address }: VirtualAddress): void {
    if (!this.kernel.hold(name, address, this.localNow())) return;
    this.observe({ kind: "held", node: this.name, router, address });
    this.process?.enqueue({ kind: "address", interface: name, address, present: true });
  }

  #announce(router: string, addresses: readonly VirtualAddress[]): void {
    this.observe({ kind: "announced", node: this.name, router });
    for (const { interface: name, address } of addresses) {
      const { network } = this.kernel.interface(name);
      this.#world.wire(network).transmit(this.name, this.kernel.announcement(name, address));
    }
  }

  #remove(address: IpAddress, by: Extract<Observation, { kind: "released" }>["by"]): void {
    if (this.kernel.remove(address)) this.#gone(address, by);
  }

  #gone(address: IpAddress, by: Extract<Observation, { kind: "released" }>["by"]): void {
    const owner = this.part.ownerOf(address);
    if (owner === undefined) return;
    this.observe({ kind: "released", node: this.name, router: owner.router, address, by });
    this.process?.enqueue({ kind: "address", interface: owner.interface, address, present: false });
  }

  /** What an earlier life held and the file no longer has. */
  #removeLeftovers(): void {
    for (const { address, ours } of this.kernel.addresses)
      if (ours && !this.part.wants(address)) this.#remove(address, "elector");
  }

  #armExpiry(): void {
    this.#expiry();
    const next = this.kernel.nextExpiry();
    if (next === undefined) return;
    this.#expiry = this.clock.at(this.globally(next), () => {
      for (const { address } of this.kernel.expire(this.localNow())) this.#gone(address, "lifetime");
      this.#armExpiry();
    });
  }

  #end(how: string): void {
    if (this.process === undefined) return;
    this.process.end();
    this.process = undefined;
    if (this.#mood === "stalled") this.#mood = "awake";
    this.observe({ kind: "process", node: this.name, runs: false, how });
  }
}

function portOf(director: Director, one: Interface): Port {
  return {
    name: director.name,
    get up() {
      return one.up;
    },
    receive: (frame) => director.receive(one.name, frame),
  };
}
