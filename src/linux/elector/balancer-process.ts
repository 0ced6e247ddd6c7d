/**
 * Owns the balancer's process: forks it, talks to it, restarts it when it dies, and ends it when it stops answering.
 *
 * The elector never waits for it. A balancer that is stopped takes messages for ever without refusing one, so they
 * are counted: what is not vital is dropped beyond a bound, and a balancer that is silent too long is killed.
 */
import { type ChildProcess, fork } from "node:child_process";
import type { Writable } from "node:stream";
import {
  CHANNEL_VERSION,
  type ProcessEvent,
  type ToBalancer,
  type ToElector,
} from "../../channel/message.ts";
import type { BalancerOptions } from "../../channel/options.ts";
import { between, type Instant, seconds } from "../../net/time.ts";
import { now } from "../clock.ts";

const PING_EVERY_MS = 1_000;
/** Pings without a word in return: counted, because a clock runs on while we are stopped ourselves. */
const SILENCE_LIMIT = 5;
/** As it starts, and when it says that it is busy: very large cluster files and tables take a while. */
const BUSY_LIMIT = 30;
/** Messages that may wait unanswered, some for each of a thousand routers; a pong answers all before it. */
const IN_FLIGHT_LIMIT = 4_096;
const KEPT_EVENTS = 256;
const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 10_000;
/** A balancer that lived this long is restarted at once again. */
const PROVEN_AFTER = seconds(60);
/** The descriptor whose end tells the balancer that the elector is gone, whatever JavaScript does. */
const HANG_UP_DESCRIPTOR = 4;

/** Of the runtime, which has four: with them a reload of a large file kept every processor from the adverts. */
const ONE_HELPER = "--v8-pool-size=1";

interface BalancerOwner {
  /** From then on a balancer takes the accepted file: an unfinished edit on disk is nobody's order. */
  configured(): boolean;
  message(message: ToElector): void;
  /** A new balancer runs and knows nothing yet. */
  started(pid: number): void;
  event(event: ProcessEvent): void;
}

export class BalancerProcess {
  readonly #module: URL;
  readonly #options: BalancerOptions;
  readonly #owner: BalancerOwner;
  readonly #pulse: NodeJS.Timeout;
  #child: ChildProcess | undefined;
  #hangUp: Writable | undefined;
  #startedAt: Instant = now();
  /** Pings since it last said something. */
  #unanswered = 0;
  /** Until it says anything else. */
  #busy = true;
  #inFlight = 0;
  #lost = 0;
  #kept: ToBalancer[] = [];
  #pings = 0;
  #backOff = FIRST_BACK_OFF_MS;
  #restart: NodeJS.Timeout | undefined;
  #ending = false;
  #killedFor: string | undefined;

  constructor(module: URL, options: BalancerOptions, owner: BalancerOwner) {
    this.#module = module;
    this.#options = options;
    this.#owner = owner;
    this.#pulse = setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  start(): void {
    const child = this.#fork({ ...this.#options, accepted: this.#owner.configured() });
    if (child === undefined) return this.#startLater("the kernel refused a new process");
    const hangUp = child.stdio[HANG_UP_DESCRIPTOR];
    this.#hangUp = hangUp !== undefined && hangUp !== null && "write" in hangUp ? hangUp : undefined;
    this.#hangUp?.on("error", () => {});
    this.#child = child;
    this.#busy = true;
    this.#inFlight = 0;
    this.#unanswered = 0;
    this.#killedFor = undefined;
    this.#startedAt = now();
    child.on("message", (message: ToElector) => this.#receive(child, message));
    // What never ran has no exit.
    child.on("error", (error) => child.pid === undefined && this.#died(child, error.message));
    child.once("exit", (code, signal) => this.#died(child, signal ?? `exit ${code}`));
    if (child.pid !== undefined) this.#owner.started(child.pid);
  }

  /**
   * Unlike its owner it may tidy up while it is idle: its heap is large after a reload. Most refusals of the kernel come as
   * an "error" later; ENOMEM is thrown.
   */
  #fork(options: BalancerOptions): ChildProcess | undefined {
    try {
      return fork(this.#module, [JSON.stringify(options)], {
        detached: true,
        execArgv: [...process.execArgv.filter((flag) => flag !== "--no-memory-reducer"), ONE_HELPER],
        serialization: "advanced",
        stdio: ["ignore", "inherit", "inherit", "ipc", "pipe"],
      });
    } catch {
      return undefined;
    }
  }

  /** It cannot do its work: the next one may. */
  kill(reason: string): void {
    this.#killedFor = reason;
    this.#child?.kill("SIGKILL");
  }

  send(message: ToBalancer): void {
    const child = this.#child;
    if (child === undefined || !child.connected) return this.#keep(message);
    const vital = message.kind !== "event" && message.kind !== "snapshot";
    if (!vital && this.#inFlight >= IN_FLIGHT_LIMIT) {
      this.#lost += 1;
      return;
    }
    this.#inFlight += 1;
    child.send(message, () => {});
  }

  /** The orderly end: the balancer revokes the will and exits; a deaf one is killed after the deadline. */
  async end(deadlineMs: number): Promise<void> {
    this.#ending = true;
    clearInterval(this.#pulse);
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.send({ kind: "bye" });
    const killer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
    await new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      // A process that waits for a broken disk survives even that.
      setTimeout(resolve, 2 * deadlineMs);
    });
    clearTimeout(killer);
  }

  /** What happens or is asked for without a balancer is told to the next; wills and snapshots it gets anew anyway. */
  #keep(message: ToBalancer): void {
    if (message.kind !== "event" && message.kind !== "reload") return;
    if (this.#kept.length < KEPT_EVENTS) this.#kept.push(message);
    else this.#lost += 1;
  }

  #greet(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const message of kept) this.send(message);
  }

  #receive(child: ChildProcess, message: ToElector): void {
    // The last words of one that was replaced.
    if (this.#child !== child) return;
    this.#unanswered = 0;
    this.#busy = message.kind === "busy";
    if (this.#busy) return;
    if (message.kind === "hello") {
      if (message.version !== CHANNEL_VERSION)
        return this.kill("another version is installed: restart Keelson");
      this.#greet();
    }
    if (message.kind !== "pong") return this.#owner.message(message);
    this.#inFlight = 0;
    if (this.#lost === 0) return;
    this.#owner.event({ kind: "events-lost", count: this.#lost });
    this.#lost = 0;
  }

  #ping(): void {
    const child = this.#child;
    if (child === undefined || !child.connected) return;
    const limit = this.#busy ? BUSY_LIMIT : SILENCE_LIMIT;
    if (this.#unanswered >= limit) return this.kill("it did not answer");
    this.#unanswered += 1;
    this.send({ kind: "ping", count: ++this.#pings });
  }

  #died(child: ChildProcess, detail: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#hangUp?.destroy();
    if (between(this.#startedAt, now()) > PROVEN_AFTER) this.#backOff = FIRST_BACK_OFF_MS;
    this.#startLater(this.#killedFor ?? detail);
  }

  #startLater(detail: string): void {
    if (this.#ending) return;
    const restartIn = this.#backOff;
    this.#backOff = Math.min(2 * this.#backOff, LONGEST_BACK_OFF_MS);
    this.#owner.event({ kind: "balancer-died", detail, restartIn });
    this.#restart = setTimeout(() => this.start(), restartIn);
  }
}
