import { SO_RCVBUF, SO_RCVBUFFORCE, SOL_SOCKET } from "./constants.ts";
import { encodeFilter, type Filter } from "./filter.ts";
import { type Handle, native } from "./native.ts";
import { checked, SystemError } from "./system-error.ts";

export interface SocketOptions {
  /** Bytes; beyond the system's limit when that is permitted. */
  readonly receiveBuffer?: number;
  readonly filter?: Filter;
  /** Path of a network namespace (`/run/netns/x`) to open the socket in. */
  readonly namespace?: string;
}

/** How much one `drain` takes unless told otherwise. */
export const DRAIN_LIMIT = 64;
/** Errors that one `drain` reads past; each read clears the one before it. */
const ERRORS_PER_DRAIN = 4;

let reveal: (socket: DatagramSocket) => Handle;

/** For the modules of this package only. */
export function handleOf(socket: DatagramSocket): Handle {
  return reveal(socket);
}

/** What all sockets here share: readiness, errors that arrive by themselves, and an end. */
export class DatagramSocket {
  readonly #handle: Handle;
  readonly #subject: string;
  #onReadable: (() => void) | undefined;
  #onError: ((error: SystemError) => void) | undefined;
  #closed = false;
  #keepAlive = true;

  static {
    reveal = (socket) => socket.#handle;
  }

  /** `subject` names the socket in errors: "raw IPv4 protocol 112". Closed again if `configure` throws. */
  protected constructor(
    address: { readonly domain: number; readonly type: number; readonly protocol: number },
    subject: string,
    options: SocketOptions,
    configure: (setUp: SetUp) => void,
  ) {
    const opened = native.open(address.domain, address.type, address.protocol, options.namespace);
    if (typeof opened === "number") {
      const where = options.namespace === undefined ? "" : ` in ${options.namespace}`;
      throw new SystemError(-opened, "socket", `${subject}${where}`);
    }
    this.#handle = opened;
    this.#subject = subject;
    try {
      const setUp = new SetUp(opened, subject);
      if (options.receiveBuffer !== undefined) setUp.receiveBuffer(options.receiveBuffer);
      if (options.filter !== undefined) setUp.filter(options.filter);
      configure(setUp);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Calls `listener` whenever something waits, until it has been drained. From the first call on the socket keeps the
   * event loop running (see `unref`) and cannot be collected before it is closed.
   */
  onReadable(listener: () => void): void {
    const first = this.#onReadable === undefined;
    this.#onReadable = listener;
    if (!first) return;
    checked(
      native.watch(this.#handle, (errno) => this.#wake(errno)),
      "epoll_ctl",
      this.#subject,
    );
    native.keepAlive(this.#handle, this.#keepAlive);
  }

  /** Errors that nobody's call caused (ENETDOWN, ENOBUFS). Reception goes on after them; without a listener they are dropped. */
  onError(listener: (error: SystemError) => void): void {
    this.#onError = listener;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** From now on; what is queued stays. Throws SystemError, and the filter before it stays in force. */
  setFilter(filter: Filter): void {
    checked(native.attachFilter(this.#handle, encodeFilter(filter)), "setsockopt", "SO_ATTACH_FILTER");
  }

  /** The file descriptor. Throws SystemError EBADF after `close`. */
  get fd(): number {
    const fd = native.fd(this.#handle);
    checked(fd, "fd", this.#subject);
    return fd;
  }

  ref(): void {
    this.#keepAlive = true;
    native.keepAlive(this.#handle, true);
  }

  unref(): void {
    this.#keepAlive = false;
    native.keepAlive(this.#handle, false);
  }

  /** At once and for good; no listener is called after it. */
  close(): void {
    this.#closed = true;
    native.close(this.#handle);
  }

  /**
   * All that is queued now, at most `limit`. An error in the queue goes to the error listener, after this call.
   *
   * @param drain appends what is queued, in the form of the socket's family, until it meets an errno
   */
  protected take<Datagram>(
    limit: number,
    drain: (handle: Handle, limit: number, into: Datagram[]) => number = native.drain,
  ): Datagram[] {
    const taken: Datagram[] = [];
    for (let errors = 0; errors < ERRORS_PER_DRAIN; errors++) {
      const status = drain(this.#handle, limit - taken.length, taken);
      if (status === 0) break;
      if (this.#closed) throw new SystemError(-status, "recvmsg", this.#subject);
      queueMicrotask(() => this.#report(-status));
    }
    return taken;
  }

  #wake(errno: number): void {
    if (this.#closed) return;
    if (errno === 0) this.#onReadable?.();
    else this.#report(errno);
  }

  #report(errno: number): void {
    if (!this.#closed) this.#onError?.(new SystemError(errno, "recvmsg", this.#subject));
  }
}

/** Options of a socket that is being opened; every method throws SystemError. */
export class SetUp {
  readonly #handle: Handle;
  readonly #subject: string;

  constructor(handle: Handle, subject: string) {
    this.#handle = handle;
    this.#subject = subject;
  }

  receiveBuffer(bytes: number): void {
    const value = encodeInteger(bytes);
    if (native.setOption(this.#handle, SOL_SOCKET, SO_RCVBUFFORCE, value) === 0) return;
    checked(native.setOption(this.#handle, SOL_SOCKET, SO_RCVBUF, value), "setsockopt", "SO_RCVBUF");
  }

  filter(filter: Filter): void {
    checked(native.attachFilter(this.#handle, encodeFilter(filter)), "setsockopt", "SO_ATTACH_FILTER");
  }

  option(level: number, name: number, value: number | string): void {
    const bytes = typeof value === "number" ? encodeInteger(value) : new TextEncoder().encode(value);
    const what = typeof value === "number" ? `option ${level}/${name} of ${this.#subject}` : value;
    checked(native.setOption(this.#handle, level, name, bytes), "setsockopt", what);
  }

  bind(address: string | undefined, interfaceIndex = 0, protocol = 0): void {
    const subject = address ?? this.#subject;
    checked(native.bind(this.#handle, address, interfaceIndex, protocol), "bind", subject);
  }

  /** Throws away what arrived before the socket was as it should be. */
  discard(): void {
    native.discard(this.#handle);
  }
}

function encodeInteger(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
