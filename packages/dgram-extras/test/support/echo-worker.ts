/** A worker that opens sockets, a timer and a last will of its own, answers one datagram, and leaves all of them open. */
import { parentPort, workerData } from "node:worker_threads";
import { LastWill, monotonicMicros, Timer, UnixDatagramSocket } from "../../src/index.ts";

const { path, hangUp }: { path: string; hangUp: number } = workerData;

const socket = new UnixDatagramSocket({ path });
socket.onReadable(() => {
  for (const { bytes, source } of socket.drain()) if (source !== undefined) socket.send(bytes, source);
});
const timer = new Timer(() => parentPort?.postMessage("ready"));
timer.armAt(monotonicMicros());
new LastWill({ hangUp, clauses: [] });
parentPort?.on("message", () => process.exit(0));
