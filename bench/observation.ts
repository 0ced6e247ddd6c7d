/**
 * What happened in one trial, on one clock: adverts and announcements by the sniffer's kernel stamps, addresses by the
 * kernels' own notifications, processes by looking.
 */

import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import { RouteClient } from "../src/linux/netlink/route-client.ts";
import { RouteMonitor } from "../src/linux/netlink/route-monitor.ts";
import { Capture, type SeenAdvert, type SeenAnnouncement } from "../test/support/capture.ts";
import type { Lab } from "../test/support/lab.ts";
import { portOf, VIP } from "../test/support/topology.ts";
import { until } from "../test/support/until.ts";
import type { DirectorNode } from "./director.ts";

const DIRECTORS = ["d1", "d2"] as const;
const LOOK_MS = 5;

/** An address that came or went. */
interface Change {
  readonly node: DirectorNode;
  readonly present: boolean;
  readonly atMicros: number;
}

export class Observation {
  readonly #capture: Capture;
  readonly #monitors: readonly RouteMonitor[];
  readonly #clients: ReadonlyMap<DirectorNode, RouteClient>;
  readonly #changes: Change[] = [];

  constructor(lab: Lab) {
    this.#capture = new Capture(lab.namespacePathOf("s"));
    this.#clients = new Map(DIRECTORS.map((node) => [node, new RouteClient(lab.namespacePathOf(node))]));
    this.#monitors = DIRECTORS.map((node) => this.#watch(lab, node));
  }

  /** To be called now and then by who waits long: the kernel keeps what was not read, but not without end. */
  read(): void {
    this.#capture.sightings;
  }

  /** In order of time; `sinceMicros` on CLOCK_MONOTONIC. */
  adverts(node: DirectorNode, sinceMicros = 0): readonly SeenAdvert[] {
    const { mac } = portOf(node, "outer");
    return this.#capture.adverts.filter((seen) => seen.mac === mac && seen.atMicros >= sinceMicros);
  }

  announcements(node: DirectorNode, sinceMicros = 0): readonly SeenAnnouncement[] {
    const { mac } = portOf(node, "outer");
    return this.#capture.announcements.filter((seen) => seen.mac === mac && seen.atMicros >= sinceMicros);
  }

  /** Comings and goings of the virtual address. */
  changes(node: DirectorNode, sinceMicros = 0): readonly Change[] {
    return this.#changes.filter((one) => one.node === node && one.atMicros >= sinceMicros);
  }

  holds(node: DirectorNode): boolean {
    const addresses = this.#clients.get(node)?.addresses() ?? [];
    return addresses.some((one) => one.address === VIP);
  }

  /** When the address left, or `undefined` when it is still there after `patienceMs`. */
  async released(node: DirectorNode, sinceMicros: number, patienceMs: number): Promise<number | undefined> {
    const gone = () => this.changes(node, sinceMicros).findLast((one) => !one.present)?.atMicros;
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline && (gone() === undefined || this.holds(node))) await pause(LOOK_MS);
    return this.holds(node) ? undefined : gone();
  }

  /** The first advert that claims, and the first announcement after it. */
  async claimed(
    node: DirectorNode,
    sinceMicros: number,
    patienceMs: number,
  ): Promise<{ readonly advert: SeenAdvert; readonly announcement: SeenAnnouncement }> {
    const patience = { deadlineMs: patienceMs };
    const advert = await until(
      `advert of ${node}`,
      () => this.adverts(node, sinceMicros).find((seen) => seen.advert.priority > 0),
      patience,
    );
    const announced = () => this.announcements(node).find((seen) => seen.stampMicros >= advert.stampMicros);
    return { advert, announcement: await until(`announcement of ${node}`, announced, patience) };
  }

  /** Takes away what a killed director left, so that the next trial begins clean. */
  clean(): void {
    for (const client of this.#clients.values()) {
      client.deleteAddresses(client.addresses().filter((one) => one.address === VIP));
    }
  }

  close(): void {
    this.#capture.close();
    for (const one of [...this.#monitors, ...this.#clients.values()]) one.close();
  }

  #watch(lab: Lab, node: DirectorNode): RouteMonitor {
    const monitor = new RouteMonitor(() => {
      const atMicros = monotonicMicros();
      const { changes, overrun } = monitor.drain();
      if (overrun) throw new Error(`lost notifications of ${node}`);
      for (const change of changes) {
        if (change.kind !== "address" && change.kind !== "address-gone") continue;
        if (change.address.address !== VIP) continue;
        this.#changes.push({ node, present: change.kind === "address", atMicros });
      }
    }, lab.namespacePathOf(node));
    return monitor;
  }
}

/** When the last of the processes was gone, found within a millisecond or so; throws after `patienceMs`. */
export async function allGone(pids: readonly number[], patienceMs: number): Promise<number> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await pause(1)) {
    if (!pids.some(isAlive)) return monotonicMicros();
  }
  throw new Error(`processes ${pids.filter(isAlive).join(", ")} are still there after ${patienceMs} ms`);
}

/** Who is only waiting to be reaped is gone. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return existsSync(`/proc/${pid}`);
  }
}
