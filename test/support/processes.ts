/**
 * Child processes with an owner: each leads a process group of its own, dies with this process whatever ends that,
 * and is ended by its pid.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { atExit } from "./teardown.ts";

const TERMINATION_MS = 5_000;
const RUN_MS = 60_000;
const OUTPUT_LIMIT = 4_000_000;

export interface Ending {
  /** `undefined` when a signal ended it. */
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** All of its standard input. */
  readonly input?: string;
  /** Gets what it says on its standard output, as it comes. */
  readonly onOutput?: (text: string) => void;
  /** What the kernel sends it when this process dies without a goodbye: SIGKILL unless given. */
  readonly orphanSignal?: "SIGKILL" | "SIGTERM";
}

/** A running program. What it says is collected, up to a bound. */
export class OwnedProcess {
  readonly pid: number;
  /** Settles when it is gone and all its output is here; never rejects. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #withdraw: () => void;
  #stdout = "";
  #stderr = "";
  #alive = true;

  constructor(command: readonly string[], options: StartOptions = {}) {
    this.#child = spawnOwned(command, options);
    if (this.#child.pid === undefined) throw new Error(`cannot start ${command.join(" ")}`);
    this.pid = this.#child.pid;
    this.#withdraw = atExit(() => this.signalGroup("SIGKILL"));
    collect(this.#child.stdout, (text) => {
      this.#stdout = (this.#stdout + text).slice(-OUTPUT_LIMIT);
      options.onOutput?.(text);
    });
    collect(this.#child.stderr, (text) => {
      this.#stderr = (this.#stderr + text).slice(-OUTPUT_LIMIT);
    });
    this.#child.once("exit", () => this.#leave());
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (status, signal) => {
        const { stdout, stderr } = this;
        resolve({ status: status ?? undefined, signal: signal ?? undefined, stdout, stderr });
      });
    });
  }

  /** What it has said so far. */
  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** To the process alone. */
  signal(signal: NodeJS.Signals): void {
    if (this.#alive) kill(this.pid, signal);
  }

  /** To the process and what it started, unless that made a session of its own. */
  signalGroup(signal: NodeJS.Signals): void {
    if (this.#alive) kill(-this.pid, signal);
  }

  /** Ends it: TERM, and KILL when it is still there after `patienceMs`. */
  async stop(patienceMs = TERMINATION_MS): Promise<Ending> {
    this.signal("SIGTERM");
    const patience = setTimeout(() => this.signalGroup("SIGKILL"), patienceMs);
    const ending = await this.ended;
    clearTimeout(patience);
    return ending;
  }

  #leave(): void {
    // Whatever the leader left in its group shall not outlive it.
    kill(-this.pid, "SIGKILL");
    this.#alive = false;
    this.#withdraw();
  }
}

/** Runs a program to its end; it is killed after `timeoutMs` (60 s). */
export async function run(
  command: readonly string[],
  options: StartOptions & { readonly timeoutMs?: number } = {},
): Promise<Ending> {
  const child = new OwnedProcess(command, options);
  const limit = setTimeout(() => child.signalGroup("SIGKILL"), options.timeoutMs ?? RUN_MS);
  const ending = await child.ended;
  clearTimeout(limit);
  return ending;
}

/** As `run`, for what must succeed: its standard output; otherwise throws with all that it said. */
export async function must(
  command: readonly string[],
  options: StartOptions & { readonly timeoutMs?: number } = {},
): Promise<string> {
  const ending = await run(command, options);
  if (ending.status === 0) return ending.stdout;
  const how = ending.signal ?? `status ${ending.status}`;
  throw new Error(`${command.join(" ")}: ${how}\n${ending.stderr}${ending.stdout}`);
}

function spawnOwned(command: readonly string[], options: StartOptions): ChildProcessWithoutNullStreams {
  const signal = (options.orphanSignal ?? "SIGKILL").slice("SIG".length);
  const child = spawn("setpriv", ["--pdeathsig", signal, ...command], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
  });
  child.on("error", () => {}); // seen as a missing pid
  child.stdin.on("error", () => {}); // it may end without reading all
  child.stdin.end(options.input ?? "");
  return child;
}

function collect(stream: Readable, take: (text: string) => void): void {
  stream.setEncoding("utf8");
  stream.on("data", take);
}

/** Sends a signal to a process (or, negative, a group) that may have gone meanwhile. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone already, which is what was wanted.
  }
}
