/** AF_PACKET: whole Ethernet frames, header included. */
import { type Refusal, sendBatch } from "./batch.ts";
import {
  AF_PACKET,
  PACKET_IGNORE_OUTGOING,
  SO_TIMESTAMPNS,
  SOCK_RAW,
  SOL_PACKET,
  SOL_SOCKET,
} from "./constants.ts";
import { DatagramSocket, DRAIN_LIMIT, type SocketOptions } from "./datagram-socket.ts";
import { letterArguments } from "./letter.ts";
import { native } from "./native.ts";
import { checked } from "./system-error.ts";

export interface PacketSocketOptions extends SocketOptions {
  /** Ethertype to receive (3 = all); 0 for a socket that only sends. */
  readonly protocol: number;
  /** Receive from this interface only. */
  readonly interfaceIndex?: number;
  /** Of frames this host sends, which protocol 3 would show too, deliver none. */
  readonly ignoreOutgoing?: boolean;
}

export interface ReceivedFrame {
  readonly bytes: Uint8Array;
  readonly interfaceIndex: number;
  /** How long ago the kernel saw it; never negative. */
  readonly ageMicros: number;
  /** When the kernel saw it, on CLOCK_REALTIME, in µs. */
  readonly stampMicros: number;
  /** This host sent it. */
  readonly outgoing: boolean;
}

export interface OutgoingFrame {
  readonly bytes: Uint8Array;
  readonly interfaceIndex: number;
}

export class PacketSocket extends DatagramSocket {
  constructor(options: PacketSocketOptions) {
    const { protocol, interfaceIndex, ignoreOutgoing } = options;
    /* Protocol 0 until bound: not a frame comes in before the filter is there. */
    super(
      { domain: AF_PACKET, type: SOCK_RAW, protocol: 0 },
      `packet socket ${protocol}`,
      options,
      (setUp) => {
        setUp.option(SOL_SOCKET, SO_TIMESTAMPNS, 1);
        if (ignoreOutgoing === true) setUp.option(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
        if (protocol !== 0) setUp.bind(undefined, interfaceIndex, protocol);
      },
    );
  }

  send(frame: Uint8Array, interfaceIndex: number): void {
    const status = native.send(...letterArguments(this, frame, undefined, { interfaceIndex }));
    checked(status, "sendto", `interface ${interfaceIndex}`);
  }

  /** One call for the whole batch. Returns what was refused; throws only for the socket itself. */
  sendAll(frames: readonly OutgoingFrame[]): Refusal[] {
    const letters = frames.map(({ bytes, interfaceIndex }) =>
      letterArguments(this, bytes, undefined, { interfaceIndex }),
    );
    return sendBatch(
      (refusals) => native.sendAll(letters, refusals),
      "frames",
      (index) => `interface ${frames[index]?.interfaceIndex}`,
    );
  }

  drain(limit: number = DRAIN_LIMIT): ReceivedFrame[] {
    return this.take<ReceivedFrame>(limit);
  }
}
