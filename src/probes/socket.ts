/** The TCP connection of one probe. */
import { connect, type Socket } from "node:net";
import type { CheckTarget } from "../checks/target.ts";

/**
 * Completes the three-way handshake. The target is an address, so nothing is resolved and nothing else is tried.
 * Aborting destroys the socket, also after the handshake.
 */
export function openSocket({ address, port }: CheckTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: address, port, autoSelectFamily: false, noDelay: true });
    const abort = () => socket.destroy();
    signal.addEventListener("abort", abort, { once: true });
    socket.on("error", reject); // for its whole life: an RST after the verdict must not surface
    socket.once("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("the connection was closed while it was made"));
    });
    socket.once("connect", () => resolve(socket));
  });
}

/** Closes with RST, so that no TIME_WAIT occupies one of our ports for a minute. */
export function resetSocket(socket: Socket | undefined): void {
  socket?.resetAndDestroy();
}
