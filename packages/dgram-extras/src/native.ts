/**
 * The one typed view of the native binding. Nothing here throws: a refusal is a negative errno.
 */
import { createRequire } from "node:module";

declare const handleBrand: unique symbol;

/** A native object; only its own functions can look inside. */
export interface Handle {
  readonly [handleBrand]: true;
}

/** Handle, bytes, destination, source, interface index or 0, TTL or -1, traffic class or -1, flags of send(2). */
export type LetterArguments = readonly [
  handle: Handle,
  bytes: Uint8Array,
  destination: string | undefined,
  source: string | undefined,
  interfaceIndex: number,
  ttl: number,
  tos: number,
  flags: number,
];

/** Letters on hang-up, letters on the first match, the watched socket, microseconds from the match to its letters. */
export type ClauseArguments = readonly [
  onHangUp: readonly LetterArguments[],
  onFirstMatch: readonly LetterArguments[],
  watched: Handle | undefined,
  delayMicros: number,
];

interface Binding {
  open(domain: number, type: number, protocol: number, namespace: string | undefined): Handle | number;
  close(handle: Handle): number;
  fd(handle: Handle): number;
  setOption(handle: Handle, level: number, name: number, value: Uint8Array): number;
  attachFilter(handle: Handle, program: Uint8Array): number;
  bind(handle: Handle, address: string | undefined, interfaceIndex: number, protocol: number): number;
  membership(handle: Handle, join: boolean, group: string, interfaceIndex: number): number;
  discard(handle: Handle): number;
  send(...letter: LetterArguments): number;
  /** Appends index and negative errno, in turn, of each refused letter. */
  sendAll(letters: readonly LetterArguments[], refusals: number[]): number;
  /** At this place of the letter's socket; places are small numbers. */
  keep(place: number, letter: LetterArguments): number;
  /** As `sendAll`: what is kept at the first `count` of these places. */
  sendKept(handle: Handle, places: Float64Array, count: number, refusals: number[]): number;
  /** Appends what is queued, in the form of the socket's family. */
  drain<Datagram>(handle: Handle, limit: number, into: Datagram[]): number;
  /**
   * The count of datagrams taken: their bytes in `buffer`; in `fields` for each start, end, TTL, interface index, age and
   * the place of its source and destination in `texts`; at the very end 0 (nothing more waits), 1 or a negative errno.
   */
  drainIp(handle: Handle, limit: number, buffer: Uint8Array, fields: Float64Array, texts: string[]): number;
  /** The count of keys, 256 at the most: of each the key, the instant of the last datagram, and how many there were. */
  tally(handle: Handle, offset: number, fields: Float64Array): number;
  receive(handle: Handle, deadlineMicros: number): Uint8Array | number;
  /** Calls the listener with 0 when something can be read, else with an errno. */
  watch(handle: Handle, listener: (errno: number) => void): number;
  keepAlive(handle: Handle, keep: boolean): number;
  monotonicMicros(): number;
  openTimer(): Handle | number;
  setTimer(handle: Handle, monotonicMicros: number): number;
  /** A descriptor. */
  openFile(path: string, flags: number, namespace: string): number;
  namespaceCookie(namespace: string): number;
  interfaceIndex(name: string, namespace: string | undefined): number;
  interfaceName(index: number): string | number;
  setScheduler(threadId: number, policy: number, priority: number): number;
  /** Policy with its flags × 256 + priority. */
  getScheduler(threadId: number): number;
  threadId(): number;
  setNice(threadId: number, nice: number): number;
  setLimit(resource: number, soft: number, hard: number): number;
  getLimit(resource: number): { readonly soft: number; readonly hard: number } | number;
  tryLock(fd: number): number;
  disableDebuggerSignal(): number;
  createWill(hangUp: number, clauses: readonly ClauseArguments[]): Handle | number;
  updateWill(will: Handle, clauses: readonly ClauseArguments[]): number;
  revokeWill(will: Handle): number;
  willState(will: Handle): number;
}

function isBinding(value: unknown): value is Binding {
  return typeof value === "object" && value !== null && "open" in value && typeof value.open === "function";
}

/** Both src/ and dist/ lie beside dist/, so one path serves the tests and the built package. */
function load(): Binding {
  const path = "../dist/dgram_extras.node";
  const binding: unknown = createRequire(import.meta.url)(path);
  if (!isBinding(binding)) throw new Error(`${path} is not the binding of dgram-extras`);
  return binding;
}

export const native: Binding = load();
