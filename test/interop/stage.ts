/** Lets one scene happen in a lab: starts its directors, does to them what a step says, and measures what came of it. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import { RouteClient } from "../../src/linux/netlink/route-client.ts";
import type { IpAddress } from "../../src/net/ip.ts";
import { type Capture, openCapture, type SeenAdvert, type Sighting } from "../support/capture.ts";
import { Frr, startFrr } from "../support/frr.ts";
import { Keelson, startKeelson } from "../support/keelson.ts";
import { type Keepalived, startKeepalived } from "../support/keepalived.ts";
import type { Lab } from "../support/lab.ts";
import { flushFloating } from "../support/shared-lab.ts";
import { VIP, VIP6 } from "../support/topology.ts";
import { until } from "../support/until.ts";
import { type EventName, type Node, type Product, type Scene, type Step, serviceOf } from "./scenes.ts";

const VRID = 51;
const FALLEN = 30;
const BEHIND = 20;
/** Three intervals and a skew, and something to spare. */
const MASTER_DOWN = 4.5;
const PATIENCE_MS = 20_000;
const TIMELINE_LINES = 60;

/** What a step brought about. */
export interface Outcome {
  readonly fromMicros: number;
  readonly toMicros: number;
  /** The one who is master no more, if there is a single one now. */
  readonly giver: Node | undefined;
  /** From the successor's first advert to the last one of anybody else; unknown while two are meant to be masters. */
  readonly overlapMicros: number | undefined;
  /** From the successor's first advert until it had announced all addresses; negative when it announced them before. */
  readonly announcedMicros: number | undefined;
  /** Asks how many datagrams the successor's kernel has dropped by now because it did not know the address yet. */
  unserved(): Promise<number | undefined>;
}

export class Stage {
  readonly #lab: Lab;
  readonly #scene: Scene;
  readonly #captures: ReadonlyMap<Node, Capture>;
  readonly #kernels: ReadonlyMap<Node, RouteClient>;
  readonly #directors = new Map<Node, Keelson | Keepalived | Frr>();
  /** Who has been asked to stop, and may still tidy up. */
  readonly #endings = new Map<Node, Promise<void>>();
  #masters: readonly Node[];

  constructor(lab: Lab, scene: Scene, scope: { after(undo: () => void): void }) {
    this.#lab = lab;
    this.#scene = scene;
    this.#masters = [this.#cast[0][0]];
    const nodes = this.#cast.map(([node]) => node);
    this.#captures = new Map(nodes.map((node) => [node, openCapture(scope, lab, node)]));
    this.#kernels = new Map(nodes.map((node) => [node, new RouteClient(lab.namespacePathOf(node))]));
    scope.after(() => {
      for (const kernel of this.#kernels.values()) kernel.close();
    });
  }

  get addresses(): readonly IpAddress[] {
    return this.#scene.addresses ?? [VIP];
  }

  productOf(node: Node): Product | undefined {
    return this.#scene.directors.find(([one]) => one === node)?.[1];
  }

  /** All in their places, the first one master; the others believe it. */
  async open(): Promise<void> {
    const [first, ...others] = this.#cast;
    await this.#start(first[0]);
    await this.#settled();
    await Promise.all(others.map(([node]) => this.#start(node)));
    await this.#quiet();
  }

  /** Does it, and waits until those are masters who should be. */
  async play({ node, event, masters, notBeforeMillis = 0 }: Step): Promise<Outcome> {
    const before = this.#masters;
    const [master, other] = masters;
    const successor =
      other === undefined && master !== undefined && !before.includes(master) ? master : undefined;
    const unknown = successor === undefined ? undefined : await this.#unknownDropped(successor);
    const fromMicros = monotonicMicros();
    await this.#events[event](node);
    // What is said before the cut is healed is heard by nobody.
    const heardMicros = event === "is heard again" ? monotonicMicros() : fromMicros;
    this.#masters = masters;
    await this.#settled();
    if (masters.join() === before.join()) await this.#quiet();
    if (successor !== undefined) await this.#announced(successor, fromMicros);
    if (other === undefined) this.#assertGoodbyes(node, event, fromMicros);
    return {
      fromMicros,
      toMicros: monotonicMicros(),
      giver: other === undefined ? before.find((one) => one !== master) : undefined,
      overlapMicros:
        other === undefined && master !== undefined ? this.#overlap(master, heardMicros) : undefined,
      announcedMicros:
        successor === undefined ? undefined : this.#assertClaim(successor, fromMicros, notBeforeMillis),
      unserved: async () => {
        if (successor === undefined || unknown === undefined) return undefined;
        return ((await this.#unknownDropped(successor)) ?? 0) - unknown;
      },
    };
  }

  /** Whatever the scene has come to. */
  async close(): Promise<void> {
    await Promise.all([...this.#directors.values()].map((director) => director.crash()));
    await Promise.all(this.#endings.values());
    for (const [node] of this.#cast) {
      await this.#lab.plug(node);
      await this.#lab.heal(node);
      await flushFloating(this.#lab, node);
      await this.#tidy(node);
    }
  }

  /** What whoever had a virtual MAC address left of it. */
  async #tidy(node: Node): Promise<void> {
    const links = await this.#lab.exec(node, "ip", "-oneline", "link", "show", "type", "macvlan");
    const names = [...links.matchAll(/^\d+: ([^@]+)@/gm)].flatMap(([, name]) => name ?? []);
    await Promise.all(names.map((name) => this.#lab.exec(node, "ip", "link", "delete", name)));
    const settings = ["arp_ignore", "arp_filter"].map((key) => [`ipv4/conf/eth0/${key}`, "0"] as const);
    await this.#lab.sysctl(node, Object.fromEntries(settings));
  }

  explain(): string {
    return [...this.#directors].map(([node, { log }]) => `${node}:\n${log}`).join("\n\n");
  }

  get #cast() {
    const [first, ...others] = this.#scene.directors;
    if (first === undefined) throw new Error("a scene without directors");
    return [first, ...others] as const;
  }

  get #interval(): number {
    return this.#scene.intervalMillis ?? 100;
  }

  readonly #events: Readonly<Record<EventName, (node: Node) => Promise<void>>> = {
    stops: (node) => this.#stop(node),
    starts: (node) => this.#start(node),
    "starts behind": (node) => this.#start(node, BEHIND),
    "is killed": async (node) => {
      const director = this.#take(node);
      if (director instanceof Keelson) await director.killElector();
      else throw new Error(`${this.productOf(node)} leaves no will`);
    },
    dies: async (node) => {
      await this.#take(node).crash();
      await this.#lab.unplug(node);
      await flushFloating(this.#lab, node);
    },
    "loses its link": (node) => this.#lab.unplug(node),
    "has its link back": (node) => this.#lab.plug(node),
    "falls to 30": (node) => this.#reload(node, FALLEN),
    rises: (node) => this.#reload(node, this.#priorityOf(node)),
    "is not heard": (node) => this.#lab.cut(node, "out"),
    "is cut off": async (node) => {
      await this.#lab.cut(node, "in");
      await this.#lab.cut(node, "out");
    },
    "is heard again": (node) => this.#lab.heal(node),
  };

  /** Asks it to; keepalived sleeps for a second before it goes. */
  async #stop(node: Node): Promise<void> {
    const director = this.#take(node);
    const stopped = async () => {
      const ending = await director.stop();
      if (director instanceof Keelson) assert.equal(ending?.status, 0, director.log);
    };
    const ending = stopped();
    this.#endings.set(node, ending);
    if (director instanceof Frr) await ending;
  }

  async #start(node: Node, priority = this.#priorityOf(node)): Promise<void> {
    await this.#endings.get(node);
    const { keelson, keepalived } = this.#scene;
    const settings = this.#settings(priority);
    const starts = {
      keelson: () => startKeelson(this.#lab, node, { ...settings, ...PROMPT, ...keelson?.(node) }),
      keepalived: () => startKeepalived(this.#lab, node, { ...settings, ...PUNCTUAL, ...keepalived?.(node) }),
      frr: () => startFrr(this.#lab, node, settings),
    };
    const product = this.productOf(node);
    if (product !== undefined) this.#directors.set(node, await starts[product]());
  }

  async #reload(node: Node, priority: number): Promise<void> {
    const { keelson, keepalived } = this.#scene;
    const settings = this.#settings(priority);
    const director = this.#directors.get(node);
    if (director instanceof Keelson) director.reload({ ...settings, ...PROMPT, ...keelson?.(node) });
    else if (director === undefined || director instanceof Frr) throw new Error(`${node} cannot reload`);
    else director.reload({ ...settings, ...PUNCTUAL, ...keepalived?.(node) });
  }

  #settings(priority: number) {
    return { vrid: VRID, priority, intervalMillis: this.#interval, addresses: this.addresses };
  }

  #priorityOf(node: Node): number {
    return this.#cast.find(([one]) => one === node)?.[2] ?? 0;
  }

  /** It is no longer there. */
  #take(node: Node): Keelson | Keepalived | Frr {
    const director = this.#directors.get(node);
    if (director === undefined) throw new Error(`nothing runs on ${node}`);
    this.#directors.delete(node);
    return director;
  }

  /** The masters have all addresses, and nobody else has any. */
  async #settled(): Promise<void> {
    const right = () =>
      this.#cast.every(
        ([node]) => this.#held(node) === (this.#masters.includes(node) ? this.addresses.length : 0),
      );
    await until(`the addresses on ${this.#masters} alone`, right, {
      deadlineMs: PATIENCE_MS,
      explain: () => this.explain(),
    });
  }

  /** FRR's are always there, on a link that it lets up: its word counts. */
  #held(node: Node): number {
    const director = this.#directors.get(node);
    if (director instanceof Frr) return director.state === "Master" ? this.addresses.length : 0;
    const present = new Set(
      this.#kernels
        .get(node)
        ?.addresses()
        .map(({ address }) => address),
    );
    return this.addresses.filter((address) => present.has(address)).length;
  }

  /** Nothing happens in the time in which somebody would claim who heard nobody. */
  async #quiet(): Promise<void> {
    const since = monotonicMicros();
    await pause(MASTER_DOWN * this.#interval);
    const strangers = this.#cast.flatMap(([node]) =>
      this.#masters.includes(node) ? [] : this.#claims(node, since).map((one) => [node, one.advert.priority]),
    );
    assert.deepEqual(strangers, [], this.explain());
    assert.ok(
      this.#masters.every((node) => this.#claims(node, since).length > 0),
      "a master is silent",
    );
    await this.#settled();
  }

  async #announced(node: Node, since: number): Promise<void> {
    const all = () => this.#announcementsOf(node, since).every((index) => index >= 0);
    await until(`announcements of all addresses by ${node}`, all, { explain: () => this.explain() });
  }

  /** Where in what it said each address was announced first, or -1. */
  #announcementsOf(node: Node, since: number): number[] {
    const own = this.#said(node, since);
    return this.addresses.map((address) =>
      own.findIndex((one) => one.kind === "announcement" && one.address === address),
    );
  }

  /** An advert first, and only then the announcement: the old master must know before the switches do. */
  #assertClaim(node: Node, since: number, notBeforeMillis: number): number {
    const own = this.#said(node, since);
    const claim = own.findIndex((one) => one.kind === "advert" && one.advert.priority > 0);
    const announced = this.#announcementsOf(node, since);
    // FRR announces an IPv6 address first.
    const inOrder = this.productOf(node) === "frr" || Math.min(...announced) > claim;
    assert.ok(claim >= 0 && inOrder, `no claim, or announced before: ${claim} ${announced}`);
    const waited = ((own[claim]?.atMicros ?? 0) - since) / 1_000;
    assert.ok(waited >= notBeforeMillis, `${node} claimed after ${waited} ms`);
    return (own[Math.max(...announced)]?.stampMicros ?? 0) - (own[claim]?.stampMicros ?? 0);
  }

  #assertGoodbyes(node: Node, event: EventName, since: number): void {
    const said = this.#adverts(node, since).filter(({ advert }) => advert.priority === 0).length;
    const keelson = this.productOf(node) === "keelson";
    if (event === "dies") assert.equal(said, 0);
    if (event === "is killed" || (event === "stops" && keelson)) assert.equal(said, 1);
    if (event === "stops" && !keelson) assert.ok(said >= 1, "no goodbye");
  }

  /** What was said, by whom and when: for whoever must find out why. */
  timeline(since: number): string {
    const said = this.#cast.flatMap(([node]) => this.#said(node, since).map((one) => ({ node, one })));
    const lines = said
      .toSorted((left, right) => left.one.stampMicros - right.one.stampMicros)
      .map(({ node, one }) => `${(one.atMicros - since) / 1_000} ms: ${node} ${wordOf(one)}`);
    return lines.slice(0, TIMELINE_LINES).join("\n");
  }

  #overlap(master: Node, since: number): number {
    const first = this.#claims(master, since)[0]?.stampMicros;
    const others = this.#cast.filter(([node]) => node !== master);
    const last = others.flatMap(([node]) => this.#claims(node, since).map((one) => one.stampMicros));
    return first === undefined ? 0 : Math.max(0, Math.max(first, ...last) - first);
  }

  #claims(node: Node, since: number): SeenAdvert[] {
    return this.#adverts(node, since).filter(({ advert }) => advert.priority > 0);
  }

  #adverts(node: Node, since: number): SeenAdvert[] {
    return this.#said(node, since).filter((one) => one.kind === "advert");
  }

  #said(node: Node, since: number): Sighting[] {
    return this.#captures.get(node)?.sightings.filter((one) => one.atMicros >= since) ?? [];
  }

  /** What came to a director for an IPv6 address that is not its own, so far. With IPv4 an address is known at once. */
  async #unknownDropped(node: Node): Promise<number | undefined> {
    if (serviceOf(this.#scene) !== VIP6) return undefined;
    const counters = await this.#lab.exec(node, "cat", "/proc/net/snmp6");
    return Number(/^Ip6InAddrErrors\s+(\d+)$/m.exec(counters)?.[1]);
  }
}

function wordOf(one: Sighting): string {
  if (one.kind === "advert") return `advert ${one.advert.priority}`;
  return one.kind === "announcement" ? `announces ${one.address}` : `asks for ${one.packet.targetAddress}`;
}

/** Who has just given way preempts again at once. */
const PROMPT = { preempt: "{ damping = false }" };
/** As Keelson asks for it by itself: on a busy machine a master that is late would be taken for dead. */
const PUNCTUAL = { through: ["chrt", "--rr", "50"] };
