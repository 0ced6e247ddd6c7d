/**
 * Sends numbered datagrams at a steady pace and says who answers. Deadlines are absolute: what is late is sent at once.
 * Arguments: destination, pace in µs. On SIGTERM it waits for the answer to the last one, or for its time, reports and ends.
 */
import { monotonicMicros, Timer } from "dgram-extras";
import { argument, beOnTime, decodeNumber, encodeNumber, openSocket, PORT, say } from "./datagrams.ts";
import { Ledger } from "./ledger.ts";
import type { Progress } from "./reports.ts";

/** Whoever answers may stand still for a while, and nothing is lost by that. */
const STRAGGLER_MS = 500;
const BATCH_LIMIT = 1_000;
/** Between two lines about the same responder. */
const NEWS_MICROS = 20_000;

const destination = argument(0);
const paceMicros = Number(argument(1));
const ledger = new Ledger(paceMicros);
const socket = openSocket(destination);
const timer = new Timer(tick);
let due = 0;
let told: Progress | undefined;
let stopping: NodeJS.Timeout | undefined;

socket.on("error", () => {});
socket.on("message", (bytes) => {
  const { number, responder } = decodeNumber(bytes);
  const answer = ledger.answer(number, responder, monotonicMicros());
  if (answer !== undefined) tell(answer);
  if (stopping !== undefined && ledger.isLast(number)) finish();
});
socket.bind(0, () => {
  beOnTime();
  say({ ready: true });
  due = monotonicMicros();
  tick();
});
process.once("SIGTERM", () => {
  timer.disarm();
  stopping = setTimeout(finish, STRAGGLER_MS);
});

function tick(): void {
  for (let batch = 0; batch < BATCH_LIMIT && due <= monotonicMicros(); batch++) {
    // A refused datagram (no route, no carrier) is a lost one: the ledger will say so.
    socket.send(encodeNumber(ledger.send(monotonicMicros())), PORT, destination, () => {});
    due += paceMicros;
  }
  timer.armAt(due);
}

function tell(answer: Progress): void {
  const fresh = told?.responder !== answer.responder || answer.sentMicros - told.sentMicros > NEWS_MICROS;
  if (!fresh) return;
  told = answer;
  say(answer);
}

function finish(): void {
  clearTimeout(stopping);
  say(ledger.report());
  socket.close();
  timer.close();
}
