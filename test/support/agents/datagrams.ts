/** What the lab's programs share: numbered datagrams, their socket, and being on time. */
import { createSocket, type Socket } from "node:dgram";
import { setScheduler, threadIds } from "dgram-extras";

export const PORT = 7007;
const NUMBER_SIZE = 4;
const REAL_TIME_PRIORITY = 1;

/** A UDP socket that resolves nothing and so sends in the call. */
export function openSocket(address: string): Socket {
  const family = address.includes(":") ? 6 : 4;
  return createSocket({
    type: family === 6 ? "udp6" : "udp4",
    recvBufferSize: 200_000,
    lookup: (host, _options, done) => done(null, host, family),
  });
}

/** The datagram: its number, and the name of the responder once it has been answered. */
export function encodeNumber(number: number, responder = ""): Buffer {
  const bytes = Buffer.alloc(NUMBER_SIZE + Buffer.byteLength(responder));
  bytes.writeUInt32BE(number);
  bytes.write(responder, NUMBER_SIZE);
  return bytes;
}

export function decodeNumber(bytes: Buffer): { readonly number: number; readonly responder: string } {
  return { number: bytes.readUInt32BE(), responder: bytes.toString("utf8", NUMBER_SIZE) };
}

/** Who measures punctuality must be punctual; the lowest real-time priority, so that a daemon's goes first. */
export function beOnTime(): void {
  try {
    for (const thread of threadIds()) setScheduler(thread, "rr", REAL_TIME_PRIORITY);
  } catch {
    // Not permitted here: the report's longest pause tells how much it mattered.
  }
}

export function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** One command-line argument. */
export function argument(index: number): string {
  const value = process.argv[2 + index];
  if (value === undefined) throw new Error(`argument ${index} is missing`);
  return value;
}
