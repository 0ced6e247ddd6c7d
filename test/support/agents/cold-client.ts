/**
 * A client that comes now and then: each time it has forgotten where the address is, asks, and counts how long it was cut off.
 * A wrong answer to its question costs it whole seconds, which a client with a warm neighbour table never notices.
 * Arguments: destination, time between visits in ms. On SIGTERM it reports and ends.
 */
import { spawnSync } from "node:child_process";
import { monotonicMicros } from "dgram-extras";
import { argument, decodeNumber, encodeNumber, openSocket, PORT, say } from "./datagrams.ts";
import type { VisitsReport } from "./reports.ts";

const ASK_EVERY_MS = 2;
/** More than the second after which an unanswered question is asked again. */
const LAST_VISIT_MS = 2_000;

const destination = argument(0);
const everyMillis = Number(argument(1));
const socket = openSocket(destination);
const visits: VisitsReport["visits"] = [];
let visit = 0;
let startedMicros = 0;
let asking: NodeJS.Timeout | undefined;
let next: NodeJS.Timeout | undefined;
let stopping = false;

socket.on("error", () => {});
socket.on("message", (bytes) => {
  const { number, responder } = decodeNumber(bytes);
  if (number === visit && asking !== undefined) leave(responder);
});
socket.bind(0, () => {
  say({ ready: true });
  enter();
});
process.once("SIGTERM", finish);

function enter(): void {
  visit += 1;
  spawnSync("ip", ["neighbour", "flush", "to", destination, "dev", "eth0"]);
  startedMicros = monotonicMicros();
  ask();
  asking = setInterval(ask, ASK_EVERY_MS);
}

function ask(): void {
  socket.send(encodeNumber(visit), PORT, destination, () => {});
}

function leave(responder: string): void {
  clearInterval(asking);
  asking = undefined;
  const cutOffMillis = (monotonicMicros() - startedMicros) / 1_000;
  visits.push({ startedMicros, cutOffMillis, responder });
  say({ responder, sentMicros: startedMicros });
  if (stopping) report();
  else next = setTimeout(enter, everyMillis);
}

/** A visit that has begun gets its answer, or its time. */
function finish(): void {
  stopping = true;
  clearTimeout(next);
  if (asking === undefined) report();
  else setTimeout(() => leave(""), LAST_VISIT_MS).unref();
}

function report(): void {
  const longestCutOffMillis = Math.max(0, ...visits.map((one) => one.cutOffMillis));
  say({ visits, longestCutOffMillis } satisfies VisitsReport);
  socket.close();
}
