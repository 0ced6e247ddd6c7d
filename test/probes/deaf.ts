/** A listener whose queue is full, in a stopped process: the kernel drops further SYNs, as a dead host would. */
import { connect, type Socket } from "node:net";
import type { CheckTarget } from "../../src/checks/target.ts";
import { ip } from "../../src/net/ip.ts";
import { OwnedProcess } from "../support/processes.ts";
import { until } from "../support/until.ts";

const SCRIPT = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));
`;
/** The kernel accepts one more than the backlog. */
const QUEUE_SIZE = 2;

export async function deafServer(): Promise<AsyncDisposable & { readonly target: CheckTarget }> {
  const child = new OwnedProcess([process.execPath, "-e", SCRIPT]);
  const port = Number(await until("port of the deaf server", () => child.stdout.trim() || false));
  child.signal("SIGSTOP");
  const sockets: Socket[] = [];
  let connected = 0;
  for (let count = 0; count < QUEUE_SIZE; count++) {
    const socket = connect({ host: "127.0.0.1", port, autoSelectFamily: false });
    socket.on("error", () => {});
    socket.once("connect", () => {
      connected += 1;
    });
    sockets.push(socket);
  }
  await until("full queue", () => connected === QUEUE_SIZE);
  return {
    target: { address: ip("127.0.0.1"), port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      child.signalGroup("SIGKILL");
      await child.ended;
    },
  };
}
