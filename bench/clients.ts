/** A warm and a cold client of the virtual address, for the length of one trial. */
import type { Lab } from "../test/support/lab.ts";
import { startStream, startVisits } from "../test/support/traffic.ts";

/** A visit costs the machine a process: not too many of them. */
const VISIT_EVERY_MS = 50;

export interface Losses {
  /** Numbered datagrams, one each 0.5 ms, that nobody answered after the first answer. */
  readonly lost: number;
  /** The longest time that a client without a neighbour entry waited for its first answer. */
  readonly longestCutOffMillis: number;
}

/** Starts both, waits until they are served, and returns how to end them. */
export async function startClients(lab: Lab): Promise<() => Promise<Losses>> {
  const [stream, visits] = await Promise.all([
    startStream(lab),
    startVisits(lab, { everyMillis: VISIT_EVERY_MS }),
  ]);
  await Promise.all([stream.answeredSince(0), visits.answeredSince(0)]);
  return async () => {
    const [report, visited] = await Promise.all([stream.stop(), visits.stop()]);
    return { lost: report.lost, longestCutOffMillis: visited.longestCutOffMillis };
  };
}
