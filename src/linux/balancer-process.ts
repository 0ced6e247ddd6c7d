/**
 * Owns the balancer's process: forks it, talks to it, restarts it when it dies, and ends it when it stops answering.
 *
 * The elector never waits for it. A balancer that is stopped takes messages for ever without refusing one, so they
 * are counted: what is not vital is dropped beyond a bound, and a balancer that is silent too long is killed.
 */
import { type ChildProcess, fork } from "node:child_process";
import type { Writable } from "node:stream";
import type { ProcessEvent, ToBalancer, ToElector } from "../channel/message.ts";
import type { BalancerOptions } from "../channel/options.ts";

const PING_EVERY_MS = 1_000;
const SILENCE_LIMIT_MS = 5_000;
/** Reading a very large cluster file takes a while. */
const START_LIMIT_MS = 30_000;
/** Messages that may wait unanswered; a pong answers all before it. */
const IN_FLIGHT_LIMIT = 512;
const KEPT_EVENTS = 256;
const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 10_000;
/** A balancer that lived this long is restarted at once again. */
const PROVEN_AFTER_MS = 60_000;
/** The descriptor whose end tells the balancer that the elector is gone, whatever JavaScript does. */
const HANG_UP_DESCRIPTOR = 4;

interface BalancerOwner {
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
  #startedAt = 0;
  #heardAt = 0;
  #greeted = false;
  #inFlight = 0;
  #lost = 0;
  #kept: ToBalancer[] = [];
  #pings = 0;
  #backOff = FIRST_BACK_OFF_MS;
  #restart: NodeJS.Timeout | undefined;
  #ending = false;
  #everStarted = false;

  constructor(module: URL, options: BalancerOptions, owner: BalancerOwner) {
    this.#module = module;
    this.#options = options;
    this.#owner = owner;
    this.#pulse = setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  start(): void {
    // A restarted balancer goes on with the accepted file: an unfinished edit on disk is nobody's order.
    const options = { ...this.#options, accepted: this.#everStarted };
    this.#everStarted = true;
    const child = fork(this.#module, [JSON.stringify(options)], {
      detached: true,
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc", "pipe"],
    });
    const hangUp = child.stdio[HANG_UP_DESCRIPTOR];
    this.#hangUp = hangUp !== undefined && hangUp !== null && "write" in hangUp ? hangUp : undefined;
    this.#hangUp?.on("error", () => {});
    this.#child = child;
    this.#greeted = false;
    this.#inFlight = 0;
    this.#startedAt = this.#heardAt = Date.now();
    child.on("message", (message: ToElector) => this.#receive(message));
    child.on("error", () => {});
    child.once("exit", (code, signal) => this.#died(child, signal ?? `exit ${code}`));
    if (child.pid !== undefined) this.#owner.started(child.pid);
  }

  get alive(): boolean {
    return this.#child?.connected === true;
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
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.send({ kind: "bye" });
    const killer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
    await gone;
    clearTimeout(killer);
  }

  /** What happens while there is no balancer is told to the next one; wills and snapshots it gets anew anyway. */
  #keep(message: ToBalancer): void {
    if (message.kind !== "event") return;
    if (this.#kept.length < KEPT_EVENTS) this.#kept.push(message);
    else this.#lost += 1;
  }

  #greet(): void {
    this.#greeted = true;
    const kept = this.#kept;
    this.#kept = [];
    for (const message of kept) this.send(message);
  }

  #receive(message: ToElector): void {
    this.#heardAt = Date.now();
    if (message.kind === "hello") this.#greet();
    if (message.kind !== "pong") return this.#owner.message(message);
    this.#inFlight = 0;
    if (this.#lost === 0) return;
    this.#owner.event({ kind: "events-lost", count: this.#lost });
    this.#lost = 0;
  }

  #ping(): void {
    const child = this.#child;
    if (child === undefined || !child.connected) return;
    const limit = this.#greeted ? SILENCE_LIMIT_MS : START_LIMIT_MS;
    if (Date.now() - this.#heardAt > limit) child.kill("SIGKILL");
    else this.send({ kind: "ping", count: ++this.#pings });
  }

  #died(child: ChildProcess, detail: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#hangUp?.destroy();
    if (this.#ending) return;
    if (Date.now() - this.#startedAt > PROVEN_AFTER_MS) this.#backOff = FIRST_BACK_OFF_MS;
    const restartIn = this.#backOff;
    this.#backOff = Math.min(2 * this.#backOff, LONGEST_BACK_OFF_MS);
    this.#owner.event({ kind: "balancer-died", detail, restartIn });
    this.#restart = setTimeout(() => this.start(), restartIn);
  }
}
