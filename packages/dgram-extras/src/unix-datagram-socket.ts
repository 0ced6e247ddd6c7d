import { AF_UNIX, SOCK_DGRAM } from "./constants.ts";
import { DatagramSocket, DRAIN_LIMIT, type SocketOptions } from "./datagram-socket.ts";
import { letterArguments } from "./letter.ts";
import { native } from "./native.ts";
import { checked } from "./system-error.ts";

export interface UnixDatagramSocketOptions extends SocketOptions {
  /** Where to receive; a leading `@` means an abstract name. A file is left behind by `close`. */
  readonly path?: string;
}

export interface UnixDatagram {
  readonly bytes: Uint8Array;
  /** Absent when the sender has no name. */
  readonly source?: string;
}

export class UnixDatagramSocket extends DatagramSocket {
  constructor(options: UnixDatagramSocketOptions = {}) {
    const { path } = options;
    const subject = `unix datagram socket${path === undefined ? "" : ` ${path}`}`;
    super({ domain: AF_UNIX, type: SOCK_DGRAM, protocol: 0 }, subject, options, (setUp) => {
      if (path !== undefined) setUp.bind(path);
    });
  }

  /** `path` as in the constructor. Throws SystemError. */
  send(bytes: Uint8Array, path: string): void {
    checked(native.send(...letterArguments(this, bytes, path)), "sendto", path);
  }

  drain(limit: number = DRAIN_LIMIT): UnixDatagram[] {
    return this.take<UnixDatagram>(limit);
  }
}
