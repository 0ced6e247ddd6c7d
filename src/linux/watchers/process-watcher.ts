/** Counts the processes that routers track. */
import type { Reading } from "../../checks/steady.ts";
import type { ProcessWatch } from "../../checks/watch.ts";
import { Bell, keepLooking, type Tell } from "./looking.ts";
import type { Processes } from "./processes.ts";

/** Until `signal`; never rejects. */
export async function watchProcess(
  settings: ProcessWatch,
  processes: Processes,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const bell = new Bell();
  const following = processes.follow(settings, bell);
  const look = async () => {
    const count = await following.count();
    return count === undefined ? undefined : readingOf(settings, count, processes.listening);
  };
  await keepLooking(look, settings, { bell, tell, signal });
  following.end();
}

function readingOf({ process, min, max }: ProcessWatch, count: number, listening: boolean): Reading {
  const few = count < min ? `, at least ${min} wanted` : "";
  const many = max !== undefined && count > max ? `, at most ${max} wanted` : "";
  const blind = listening ? "" : " (looked at every 2s: the kernel tells nothing of processes here)";
  const detail = `${count} ${count === 1 ? "process" : "processes"} ${process}${few}${many}${blind}`;
  return { up: few === "" && many === "", detail };
}
