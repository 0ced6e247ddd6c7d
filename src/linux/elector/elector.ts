/** The elector as a process: the loop, the balancer it owns, the signals it obeys, and what it tells the outside. */
import { hostname } from "node:os";
import type { ElectorSnapshot, ProcessEvent, ToElector } from "../../channel/message.ts";
import { electorSnapshotFile, marksFile, type RunOptions } from "../../channel/options.ts";
import { installedVersion } from "../../channel/version.ts";
import type { ElectorEvent } from "../../elector/event.ts";
import { unreachable } from "../../net/bug.ts";
import type { Will } from "../../vrrp/action.ts";
import { type RouterSettings, routerOf } from "../../vrrp/settings.ts";
import type { RouterSnapshot } from "../../vrrp/snapshot.ts";
import { now } from "../clock.ts";
import type { RunLock } from "../state/lock.ts";
import { readMarks } from "../state/marks.ts";
import { SnapshotFile } from "../state/snapshot-file.ts";
import type { ServiceManager } from "../systemd.ts";
import { BalancerProcess } from "./balancer-process.ts";
import { ElectorLoop } from "./elector-loop.ts";
import { Lead } from "./lead.ts";
import { becomeRealtime } from "./realtime.ts";
import { Recorder } from "./recorder.ts";

/** What the balancer gets to say goodbye in. It is gone at once, unless it still has to tell somebody outside. */
const BALANCER_END_MS = 2_000;

/** For each router: when a thousand change their state, the first snapshot is of all of them. */
const PUBLISH_AFTER_MS = 0.1;

/** After these the snapshot on disk is out of date. */
const CHANGES: ReadonlySet<string> = new Set(["transition", "would-change", "balancer-died"]);

export class Elector {
  readonly #lock: RunLock;
  readonly #system: ServiceManager;
  readonly #exit: (code: number) => void;
  readonly #loop: ElectorLoop;
  readonly #balancer: BalancerProcess;
  readonly #file: SnapshotFile;
  readonly #recorder: Recorder | undefined;
  readonly #marksFile: SnapshotFile;
  readonly #wills = new Map<string, Will>();
  readonly #lead = new Lead(() => this.#balancer.send({ kind: "stopping" }));
  /** Settings that are on their way, one message for each router. */
  #incoming: { readonly revision: number; readonly routers: RouterSettings[] } | undefined;
  #configured = false;
  #stopping = false;
  #ending = false;
  #publishing: NodeJS.Timeout | undefined;
  #marking: NodeJS.Immediate | undefined;
  #scheduling = "not asked for yet";

  constructor(options: RunOptions, lock: RunLock, system: ServiceManager, exit: (code: number) => void) {
    this.#lock = lock;
    this.#system = system;
    this.#exit = exit;
    this.#file = new SnapshotFile(electorSnapshotFile(options.runDir));
    this.#recorder = this.#openRecorder(options);
    this.#marksFile = new SnapshotFile(marksFile(options.runDir));
    this.#loop = new ElectorLoop({
      input: (input, at) => this.#recorder?.note(input, at),
      event: (event) => this.#event(event),
      will: (router, will) => this.#will(router, will),
      overrun: () => this.#event({ kind: "monitor-overrun" }),
      linkMade: (name) => this.#balancer.send({ kind: "link-made", name }),
      linkRefused: (subject, refusal) => this.#event({ kind: "virtual-link-refused", subject, refusal }),
      leftoverRemoved: (arm) => this.#event({ kind: "leftover-removed", ...arm }),
      stopped: () => void this.#end(0),
      marksMoved: () => this.#keepMarks(),
    });
    this.#loop.input({ kind: "marks", marks: readMarks(marksFile(options.runDir)) });
    this.#balancer = new BalancerProcess(
      balancerModule(),
      { ...options, generation: lock.generation, accepted: false },
      {
        configured: () => this.#configured,
        message: (message) => this.#receive(message),
        started: (pid) => this.#balancerStarted(pid),
        event: (event) => this.#event(event),
      },
    );
    this.#balancer.start();
    this.#loop.warmUp();
    this.#event({ kind: "started", version: installedVersion(), generation: lock.generation });
  }

  signal(signal: NodeJS.Signals): void {
    switch (signal) {
      case "SIGHUP":
        this.#system.tell("reloading", "reading the cluster file again");
        return this.#balancer.send({ kind: "reload" });
      case "SIGUSR2":
        return this.#loop.input({ kind: "drill" });
      case "SIGINT":
      case "SIGTERM":
        return this.#stop(signal);
      default:
        return;
    }
  }

  #openRecorder({ record, node = hostname() }: RunOptions): Recorder | undefined {
    if (record === undefined) return undefined;
    const { generation } = this.#lock;
    const header = { version: installedVersion(), node, generation, wall: Date.now(), now: now() };
    const recorder = new Recorder(header, (text) => this.#balancer.send({ kind: "record", text }));
    // Also when it dies of an input: that one is what the recording was made for.
    process.once("exit", () => recorder.finish());
    return recorder;
  }

  #stop(signal: NodeJS.Signals): void {
    this.#event({ kind: "stop-requested", signal });
    this.#system.tell("stopping", "handing over");
    this.#stopping = true;
    if (!this.#configured) return void this.#end(0);
    const serves = this.#loop.engine.snapshot(now()).some(isServing);
    this.#lead.before(() => this.#loop.input({ kind: "stop" }), serves);
  }

  #receive(message: ToElector): void {
    switch (message.kind) {
      case "pong":
      case "busy":
        return;
      case "hello":
        return this.#recorder?.balancerReady();
      case "recorded":
        return this.#recorder?.written();
      case "begin":
        this.#incoming = { revision: message.revision, routers: [] };
        return;
      case "router":
        if (message.revision === this.#incoming?.revision) this.#incoming.routers.push(message.router);
        return;
      case "commit":
        return this.#commit(message);
      case "ready":
      case "track":
        return this.#loop.input(message);
      case "lead":
        return this.#lead.set(message.lead);
      case "drill":
      case "step-down":
      case "standby":
        return this.#loop.input(message);
      case "describe":
        return this.#describe();
      case "reloaded":
        return this.#system.tell("ready", "running");
      case "fatal":
        // Before the first commit nothing can be run. Later a master goes on, and the balancer tries again.
        return this.#configured
          ? this.#balancer.kill("it could run no file")
          : void this.#end(message.exitCode);
      default:
        unreachable(message);
    }
  }

  #commit({ revision, host }: Extract<ToElector, { kind: "commit" }>): void {
    const incoming = this.#incoming;
    if (incoming === undefined || incoming.revision !== revision) return;
    // Whoever hands over takes nothing up again.
    if (this.#ending || this.#stopping) return;
    this.#incoming = undefined;
    this.#loop.configure(incoming.routers, host);
    this.#balancer.send({ kind: "committed", revision });
    this.#describe();
    const routers = new Set(incoming.routers.map(({ name }) => routerOf(name)));
    this.#system.tell("ready", `${routers.size} virtual routers`);
    if (this.#configured) return;
    this.#configured = true;
    // After the first commit all code has run once, and every thread exists.
    const realtime = becomeRealtime();
    this.#scheduling = realtime.kind === "rr" ? "rr" : realtime.reason;
    if (realtime.kind === "refused") this.#event({ kind: "realtime-refused", reason: realtime.reason });
  }

  #balancerStarted(pid: number): void {
    this.#lock.noteBalancer(pid);
    for (const [router, will] of this.#wills) this.#balancer.send({ kind: "will", router, will });
    this.#describe();
  }

  #will(router: string, will: Will | undefined): void {
    if (will === undefined) this.#wills.delete(router);
    else this.#wills.set(router, will);
    this.#balancer.send({ kind: "will", router, will });
    // What it leaves to be said comes before anything that the next run says.
    if (will?.transport.authentication !== undefined) this.#keepMarks();
  }

  #keepMarks(): void {
    this.#marking ??= setImmediate(() => {
      this.#marking = undefined;
      this.#marksFile.write(this.#loop.engine.marks);
    });
  }

  #event(event: ElectorEvent | ProcessEvent): void {
    this.#balancer?.send({ kind: "event", at: Date.now(), event });
    if (!CHANGES.has(event.kind)) return;
    this.#publishSoon();
  }

  /** One snapshot for all that change their state together: it is as long as there are routers, and as expensive. */
  #publishSoon(): void {
    this.#publishing ??= setTimeout(() => this.#publish(), this.#loop.routerCount * PUBLISH_AFTER_MS);
  }

  #publish(): void {
    this.#publishing = undefined;
    if (this.#ending) return;
    if (!this.#loop.hasTold) return this.#publishSoon();
    const snapshot = this.#snapshot();
    this.#file.write(snapshot);
    this.#balancer.send({ kind: "snapshot", snapshot });
  }

  /** Nobody learns from a snapshot what an event has yet to tell. */
  #describe(): void {
    if (this.#ending) return;
    this.#loop.hear();
    if (this.#loop.hasTold) this.#balancer.send({ kind: "snapshot", snapshot: this.#snapshot() });
    else setImmediate(() => this.#describe());
  }

  #snapshot(): ElectorSnapshot {
    return {
      at: Date.now(),
      pid: process.pid,
      generation: this.#lock.generation,
      now: now(),
      routers: this.#loop.engine.snapshot(now()),
      tracks: this.#loop.engine.tracks(),
      drops: this.#loop.engine.drops,
      scheduling: this.#scheduling,
    };
  }

  async #end(code: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#loop.close();
    this.#recorder?.finish();
    await this.#balancer.end(BALANCER_END_MS);
    await this.#file.remove();
    this.#exit(code);
  }
}

function isServing({ state, mode }: RouterSnapshot): boolean {
  return state === "Master" && mode === "active";
}

/** As it is built, all of the program is in one folder; under a loader it is where its source is. */
function balancerModule(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "../../balancer.ts" : "balancer.js", import.meta.url);
}
