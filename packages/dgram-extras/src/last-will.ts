/**
 * A last will: what is to be sent when somebody else dies without a word.
 *
 * A thread of its own waits for the hang-up of a descriptor (the other end of a pipe or socket that the other process
 * holds), so that its timing owes nothing to the JavaScript of this process.
 */
import { handleOf } from "./datagram-socket.ts";
import { encodeFilter, type Filter } from "./filter.ts";
import { letterArguments, type SendOptions } from "./letter.ts";
import { type ClauseArguments, type Handle, native } from "./native.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";
import type { PacketSocket } from "./packet-socket.ts";
import type { RawSocket } from "./raw-socket.ts";
import { checked, SystemError } from "./system-error.ts";

const EALREADY = 114;
const STATES = ["armed", "executing", "done", "revoked"] as const;

export type LastWillState = (typeof STATES)[number];

/** One datagram; for a packet socket the options name the interface. Copied when the will takes it. */
export interface Letter {
  readonly socket: RawSocket | PacketSocket | NetlinkSocket;
  readonly bytes: Uint8Array;
  readonly destination?: string;
  readonly options?: SendOptions;
}

/** A socket whose first datagram after the hang-up that passes the filter is the signal. It serves the will alone. */
export interface Watch {
  readonly socket: RawSocket | PacketSocket;
  /** Attached when the will takes the clause. */
  readonly filter: Filter;
  /** From the signal to what it causes; 0 when absent. */
  readonly delayMicros?: number;
}

export interface Clause {
  readonly onHangUp: readonly Letter[];
  readonly watch?: Watch;
  /** Sent once; never without `watch`. */
  readonly onFirstMatch: readonly Letter[];
}

export interface LastWillOptions {
  /** The descriptor whose hang-up (POLLHUP, or a stream's end) starts it; duplicated, so it may be closed. */
  readonly hangUp: number;
  readonly clauses: readonly Clause[];
}

/** Lives until it is revoked or the process (or worker) ends, whether or not anything refers to it. */
export class LastWill {
  readonly #handle: Handle;

  /** Throws SystemError; the sockets may be closed later, the will keeps its share in them. */
  constructor(options: LastWillOptions) {
    const created = native.createWill(options.hangUp, prepare(options.clauses));
    if (typeof created === "number") throw new SystemError(-created, "last will", `fd ${options.hangUp}`);
    this.#handle = created;
  }

  /** Replaces all clauses at once. `false`, and nothing changed, when the will is being executed or over. */
  update(clauses: readonly Clause[]): boolean {
    const status = native.updateWill(this.#handle, prepare(clauses));
    if (status === -EALREADY) return false;
    checked(status, "last will", "update");
    return true;
  }

  /** An orderly goodbye: when this returns the thread has ended, and nothing more will be sent. */
  revoke(): void {
    native.revokeWill(this.#handle);
  }

  get state(): LastWillState {
    return STATES[native.willState(this.#handle)] ?? "revoked";
  }
}

function prepare(clauses: readonly Clause[]): ClauseArguments[] {
  const watched = clauses.flatMap(({ watch }) => (watch === undefined ? [] : [watch.socket]));
  if (new Set(watched).size < watched.length) throw new RangeError("two clauses watch one socket");
  for (const { watch } of clauses) if (watch !== undefined) attach(watch);
  return clauses.map(({ onHangUp, watch, onFirstMatch }) => [
    onHangUp.map(prepareLetter),
    onFirstMatch.map(prepareLetter),
    watch === undefined ? undefined : handleOf(watch.socket),
    watch?.delayMicros ?? 0,
  ]);
}

function attach({ socket, filter }: Watch): void {
  checked(native.attachFilter(handleOf(socket), encodeFilter(filter)), "setsockopt", "SO_ATTACH_FILTER");
}

function prepareLetter({ socket, bytes, destination, options }: Letter) {
  return letterArguments(socket, bytes, destination, options);
}
