/**
 * What the machine took from everybody: one idle thread on each processor, above all others in real-time priority, that
 * wants to run each millisecond. When even it came late, nobody could run (a hypervisor's pauses, mostly).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { must, OwnedProcess } from "../test/support/processes.ts";
import { until } from "../test/support/until.ts";

const SOURCE = join(import.meta.dirname, "witness.c");

/** On CLOCK_MONOTONIC: nobody ran on that processor from `since` to `until`. */
export interface Pause {
  readonly sinceMicros: number;
  readonly untilMicros: number;
}

export class Witness {
  readonly #threads: readonly OwnedProcess[];

  private constructor(threads: readonly OwnedProcess[]) {
    this.#threads = threads;
  }

  /** Settles when it watches every processor. */
  static async start(): Promise<Witness> {
    const folder = await mkdtemp(join(tmpdir(), "keelson-witness-"));
    try {
      const program = join(folder, "witness");
      await must([process.env["CC"] ?? "cc", "-O2", "-o", program, SOURCE]);
      const threads = Array.from(
        { length: availableParallelism() },
        (_, processor) => new OwnedProcess([program, `${processor}`]),
      );
      for (const thread of threads) await until("a witness", () => thread.stdout.startsWith("ready"));
      return new Witness(threads);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async stop(): Promise<Pause[]> {
    const endings = await Promise.all(this.#threads.map((thread) => thread.stop()));
    return endings.flatMap(({ stdout }) => stdout.split("\n").flatMap(readPause));
  }
}

/**
 * From stamps to CLOCK_MONOTONIC, microseconds. Whoever reads the sniffer is kept from the processors too, which only
 * ever makes what it sees look later than its stamp says.
 */
export function offsetOf(
  sightings: Iterable<{ readonly stampMicros: number; readonly atMicros: number }>,
): number {
  let least = Number.MAX_VALUE;
  for (const { stampMicros, atMicros } of sightings) least = Math.min(least, atMicros - stampMicros);
  return least;
}

/** In how much of the time between two instants a processor stood still, whichever it was; microseconds. */
export function pausedMicros(pauses: readonly Pause[], sinceMicros: number, untilMicros: number): number {
  const inside = pauses
    .filter((one) => one.untilMicros > sinceMicros && one.sinceMicros < untilMicros)
    .sort((one, other) => one.sinceMicros - other.sinceMicros);
  let [paused, counted] = [0, sinceMicros];
  for (const one of inside) {
    const [begin, end] = [Math.max(one.sinceMicros, counted), Math.min(one.untilMicros, untilMicros)];
    if (end <= begin) continue;
    paused += end - begin;
    counted = end;
  }
  return paused;
}

/** Microseconds. */
export function longestPause(pauses: readonly Pause[]): number {
  return pauses.reduce((longest, one) => Math.max(longest, one.untilMicros - one.sinceMicros), 0);
}

function readPause(line: string): Pause[] {
  const [sinceMicros, untilMicros] = line.split(" ").map(Number);
  if (sinceMicros === undefined || untilMicros === undefined) return [];
  return [{ sinceMicros, untilMicros }];
}
