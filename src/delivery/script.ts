/**
 * Runs a program of the cluster file: no shell, a process group and an environment of its own, another user, and an end.
 *
 * What it leaves running in its group after it has ended in time is left alone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { type Duration, formatDuration, toMillis } from "../net/time.ts";
import { type DeliveryOutcome, undelivered } from "../notify/outcome.ts";
import type { ScriptNotifier } from "../notify/settings.ts";
import { accountFiles, identityOf } from "./accounts.ts";
import { unsafeProgram } from "./path-safety.ts";
import { groupExists, signalGroup } from "./process-group.ts";
import type { ScriptBook } from "./script-book.ts";

/** Bytes of what a script says; the last ones are kept. */
const OUTPUT_LIMIT = 2_048;
/** Between asking its processes to end and ending them. */
const TERM_MS = 2_000;
/** The same when we are ending ourselves. */
const LAST_TERM_MS = 100;
/** A process that waits for a broken disk survives even SIGKILL; nobody waits for it. */
const KILL_MS = 500;
/** For the last words of a script that has ended; what it left running may keep its output open for ever. */
const DRAIN_MS = 100;
const LOOK_MS = 10;

export interface ScriptJob extends Pick<ScriptNotifier, "command" | "user" | "group" | "timeout"> {
  /** All that it gets. */
  readonly environment: Readonly<Record<string, string>>;
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Never rejects. */
export async function runScript(
  job: ScriptJob,
  signal: AbortSignal,
  book: ScriptBook,
): Promise<DeliveryOutcome> {
  const isRoot = process.geteuid?.() === 0;
  const [program] = job.command;
  const problem = isRoot ? unsafeProgram(program) : undefined;
  if (problem !== undefined) return undelivered("unsafe", problem);
  const found = identityOf(job, isRoot, accountFiles());
  if (found.kind === "unknown") return undelivered("no-such-user", found.detail);
  try {
    const child = start(job, found.identity);
    const leader = child.pid ?? 0;
    book.began(leader);
    const outcome = new ScriptRun(child, job.timeout).result(signal);
    return await outcome.finally(() => book.ended(leader));
  } catch (error) {
    return undelivered("not-started", error instanceof Error ? error.message : String(error));
  }
}

function start(
  { command: [program, ...words], environment }: ScriptJob,
  identity: { readonly uid: number; readonly gid: number } | undefined,
): ChildProcess {
  return spawn(program, words, {
    cwd: "/",
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...identity,
  });
}

class ScriptRun {
  readonly #child: ChildProcess;
  readonly #timeout: Duration;
  readonly #ended: Promise<Ending>;
  readonly #closed: Promise<void>;
  #output = Buffer.alloc(0);

  constructor(child: ChildProcess, timeout: Duration) {
    this.#child = child;
    this.#timeout = timeout;
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (bytes: Buffer) => {
        this.#output = Buffer.concat([this.#output, bytes]).subarray(-OUTPUT_LIMIT);
      });
      stream?.on("error", () => {});
    }
  }

  /** Rejects when the program could not be started. */
  async result(signal: AbortSignal): Promise<DeliveryOutcome> {
    const timeout = toMillis(this.#timeout);
    const ending = await this.#within(timeout, signal);
    if (ending === undefined) await this.#end(signal);
    await Promise.race([this.#closed, pause(DRAIN_MS)]);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    const output = this.#output.toString("utf8").trim();
    if (ending === undefined) {
      const why = signal.aborted ? "Keelson ends" : `longer than ${formatDuration(this.#timeout)}`;
      return undelivered("timeout", why, output);
    }
    if (ending.signal !== null) return undelivered("killed", ending.signal, output);
    if (ending.code === 0) return { kind: "delivered" };
    const status = ending.code ?? undefined;
    const failed = undelivered("exit-status", `exit status ${status}`, output);
    return status === undefined ? failed : { ...failed, status };
  }

  async #within(millis: number, signal: AbortSignal): Promise<Ending | undefined> {
    const over = new AbortController();
    const limit = AbortSignal.any([signal, over.signal]);
    const silence = pause(millis, undefined, { signal: limit }).catch(() => undefined);
    try {
      return await Promise.race([this.#ended, silence]);
    } finally {
      over.abort();
    }
  }

  /** TERM, and KILL for what does not heed it. */
  async #end(signal: AbortSignal): Promise<void> {
    const leader = this.#child.pid;
    if (leader === undefined) return;
    signalGroup(leader, "SIGTERM");
    await this.#groupGone(leader, TERM_MS, signal);
    signalGroup(leader, "SIGKILL");
    await this.#groupGone(leader, KILL_MS, signal);
  }

  async #groupGone(leader: number, patienceMs: number, signal: AbortSignal): Promise<void> {
    const start = performance.now();
    while (groupExists(leader)) {
      const patience = signal.aborted ? Math.min(LAST_TERM_MS, patienceMs) : patienceMs;
      if (performance.now() - start > patience) return;
      await pause(LOOK_MS);
    }
  }
}
