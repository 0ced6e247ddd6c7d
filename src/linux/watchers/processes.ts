/**
 * The processes that routers track: found once, then followed by what the kernel tells.
 *
 * Where it tells nothing (another network or process namespace than the initial one, no CAP_NET_ADMIN), they are looked
 * for at each look. After events were lost, and every 30 s in any case, they are looked for again.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setImmediate as breathe } from "node:timers/promises";
import { NetlinkSocket } from "dgram-extras";
import type { ProcessWatch } from "../../checks/watch.ts";
import { encodeRequest, splitMessages } from "../../netlink/message.ts";
import {
  CN_IDX_PROC,
  decodeProcEvent,
  NETLINK_CONNECTOR,
  type ProcEvent,
  procEventsRequest,
} from "../../netlink/proc-event.ts";
import { refusalOf } from "../refusal.ts";
import type { Bell } from "./looking.ts";

const RECEIVE_BUFFER = 1_048_576;
const MOST_EVENTS_PER_WAKE = 256;
const SCAN_EVERY_MS = 30_000;
/** Without events; shorter than the rest between two looks. */
const SCAN_EVERY_BLIND_MS = 1_500;
/** Between two scans, however many events are lost. */
const SCAN_REST_MS = 500;
/** Looked at without a pause. */
const SCAN_SLICE = 200;
/** Of a process's parameters: longer ones are not those of a cluster file. */
const MOST_BYTES = 65_536;

interface Tracked {
  readonly watch: ProcessWatch;
  readonly bell: Bell;
  /** `undefined` until the first scan. */
  pids: Set<number> | undefined;
}

export class Processes {
  readonly #tracked = new Set<Tracked>();
  #socket: NetlinkSocket | undefined;
  #listening = false;
  #scannedAt = Number.NEGATIVE_INFINITY;
  #overrun = false;
  #scanning: Promise<void> | undefined;
  /** What happened during a scan. */
  #touched: Set<number> | undefined;

  /** Rings when their number changes. Returns a way to ask for it, and an end. */
  follow(watch: ProcessWatch, bell: Bell) {
    const tracked: Tracked = { watch, bell, pids: undefined };
    this.#tracked.add(tracked);
    if (this.#socket === undefined) this.#listen();
    return {
      count: () => this.#count(tracked),
      end: () => {
        this.#tracked.delete(tracked);
        if (this.#tracked.size === 0) this.#close();
      },
    };
  }

  /** Whether the kernel tells what happens. */
  get listening(): boolean {
    return this.#listening;
  }

  async #count(tracked: Tracked): Promise<number | undefined> {
    await this.#scanning;
    if (tracked.pids === undefined || this.#isDue()) {
      this.#scanning ??= this.#scan().finally(() => {
        this.#scanning = undefined;
      });
      await this.#scanning;
    }
    return tracked.pids?.size;
  }

  #isDue(): boolean {
    const age = performance.now() - this.#scannedAt;
    if (this.#overrun) return age > SCAN_REST_MS;
    return age > (this.#listening ? SCAN_EVERY_MS : SCAN_EVERY_BLIND_MS);
  }

  #listen(): void {
    const refusal = refusalOf(() => {
      this.#socket = new NetlinkSocket({
        protocol: NETLINK_CONNECTOR,
        groups: [CN_IDX_PROC],
        receiveBuffer: RECEIVE_BUFFER,
      });
      const socket = this.#socket;
      socket.onReadable(() => this.#hear(socket));
      socket.onError(() => {
        this.#overrun = true;
        for (const { bell } of this.#tracked) bell.ring();
      });
      socket.send(encodeRequest(procEventsRequest("PROC_CN_MCAST_LISTEN"), 0));
    });
    if (refusal !== undefined) this.#socket?.close();
  }

  #close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#scannedAt = Number.NEGATIVE_INFINITY;
    if (socket === undefined || socket.closed) return;
    if (this.#listening) {
      refusalOf(() => socket.send(encodeRequest(procEventsRequest("PROC_CN_MCAST_IGNORE"), 0)));
    }
    this.#listening = false;
    socket.close();
  }

  #hear(socket: NetlinkSocket): void {
    const events = socket
      .drain(MOST_EVENTS_PER_WAKE)
      .flatMap((datagram) => splitMessages(datagram).messages.flatMap((one) => decodeProcEvent(one) ?? []));
    const renamed = new Set<number>();
    for (const event of events) this.#note(event, renamed);
    for (const pid of renamed) this.#look(pid);
  }

  /** @param renamed who is to be looked at when all is noted */
  #note(event: ProcEvent, renamed: Set<number>): void {
    switch (event.kind) {
      case "acknowledged":
        this.#listening ||= event.errno === 0;
        return;
      case "renamed":
        renamed.add(event.pid);
        break;
      case "fork":
        // A child has its parent's name and parameters.
        if (renamed.has(event.parent)) renamed.add(event.pid);
        for (const tracked of this.#tracked) {
          if (tracked.pids?.has(event.parent) === true) this.#set(tracked, event.pid, true);
        }
        break;
      case "exit":
        renamed.delete(event.pid);
        for (const tracked of this.#tracked) this.#set(tracked, event.pid, false);
    }
    this.#touched?.add(event.pid);
  }

  #look(pid: number): void {
    const isOne = matcher(pid);
    for (const tracked of this.#tracked) this.#set(tracked, pid, isOne(tracked.watch));
  }

  #set({ pids, bell }: Tracked, pid: number, present: boolean): void {
    if (pids === undefined || pids.has(pid) === present) return;
    if (present) pids.add(pid);
    else pids.delete(pid);
    bell.ring();
  }

  async #scan(): Promise<void> {
    const touched = new Set<number>();
    this.#touched = touched;
    this.#overrun = false;
    this.#scannedAt = performance.now();
    const found = new Map(Array.from(this.#tracked, (tracked) => [tracked, new Set<number>()]));
    const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
    for (const [index, pid] of pids.entries()) {
      if (index % SCAN_SLICE === SCAN_SLICE - 1) await breathe();
      const isOne = matcher(pid);
      for (const [{ watch }, set] of found) if (isOne(watch)) set.add(pid);
    }
    for (const [tracked, set] of found) tracked.pids = set;
    this.#touched = undefined;
    for (const pid of touched) this.#look(pid);
  }
}

/** What a process is, read from /proc once; one that has ended is nothing. */
function matcher(pid: number): (watch: ProcessWatch) => boolean {
  // PID (NAME) STATE …, and the name may hold spaces and parentheses.
  const stat = textOf(`/proc/${pid}/stat`);
  const end = stat.lastIndexOf(")");
  const name = stat.slice(stat.indexOf("(") + 1, end);
  const alive = end > 0 && !["Z", "X"].includes(stat.charAt(end + 2));
  let parameters: string | undefined;
  return ({ process, parameters: wanted }) => {
    if (!alive || process !== name) return false;
    if (wanted === undefined) return true;
    parameters ??= textOf(`/proc/${pid}/cmdline`).split("\0").slice(1, -1).join("\0");
    return parameters === wanted.join("\0");
  };
}

/** Nothing, when it is gone. */
function textOf(path: string): string {
  let text = "";
  refusalOf(() => {
    const descriptor = openSync(path, "r");
    try {
      const buffer = Buffer.alloc(MOST_BYTES);
      text = buffer.toString("utf8", 0, readSync(descriptor, buffer));
    } finally {
      closeSync(descriptor);
    }
  });
  return text;
}
