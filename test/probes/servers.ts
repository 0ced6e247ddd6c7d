/** Servers on the loopback interface with habits, good and bad. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { CheckTarget } from "../../src/checks/target.ts";
import { ip } from "../../src/net/ip.ts";

export interface TestServer extends AsyncDisposable {
  readonly target: CheckTarget;
  /** How each connection ended, in order: an errno name, or "end". */
  readonly endings: readonly string[];
  /** What each connection received. */
  readonly requests: readonly string[];
}

/** A TCP server that treats each connection so, with the request once a header section has arrived. */
export async function serve(
  habit: {
    readonly connect?: (socket: Socket) => void;
    readonly request?: (socket: Socket, head: string) => void;
  },
  address = "127.0.0.1",
): Promise<TestServer> {
  const endings: string[] = [];
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let head = "";
    socket.on("data", (bytes) => {
      head += bytes.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      requests.push(head);
      habit.request?.(socket, head);
      head = "";
    });
    socket.on("error", (error) => endings.push("code" in error ? String(error.code) : error.message));
    socket.on("end", () => endings.push("end"));
    socket.on("close", () => sockets.delete(socket));
    habit.connect?.(socket);
  });
  server.listen(0, address);
  await once(server, "listening");
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  };
  return {
    target: { address: ip(address), port: portOf(server) },
    endings,
    requests,
    [Symbol.asyncDispose]: close,
  };
}

/** Answers every request with these bytes and hangs up. */
export function answering(answer: string | Uint8Array, address?: string): Promise<TestServer> {
  return serve({ request: (socket) => socket.end(answer) }, address);
}

export async function closedPort(): Promise<CheckTarget> {
  const server = await serve({});
  await server[Symbol.asyncDispose]();
  return server.target;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}
