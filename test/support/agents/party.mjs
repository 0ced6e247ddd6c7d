// One end of connections, which does what it is told over a Unix socket: one line of JSON for each connection to it.
// It tells others the address at which they have reached it; it calls others, and tells what they have said.
// Plain JavaScript, for in user-mode Linux a start of tsx takes seconds. Argument: the path of the socket.
// @ts-check
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, isIP } from "node:net";
import { createInterface } from "node:readline";

const PATIENCE_MS = 5_000;
const QUESTION = "who";

/** @typedef {{ protocol: "tcp" | "udp", address: string, port: number }} Endpoint */
/** @typedef {{ to: string, port: number, from?: string }} Call */
/** @typedef {{ socket: import("node:net").Socket, answered: string }} Line */
/** @typedef {Endpoint & { to: string, calls: Call[], keep: string, whom: string, senders: string[] }} Order what any of them may say */

/** @type {Map<string, { close(): void }>} */
const answering = new Map();
/** @type {Map<string, Line[]>} by the name that they are kept under */
const kept = new Map();
/** @type {Map<string, import("node:dgram").Socket>} by name; each keeps its port */
const senders = new Map();

/** @type {Record<string, (order: Order) => Promise<unknown>>} */
const ORDERS = {
  answer: async (endpoint) => {
    answering.set(nameOf(endpoint), await answer(endpoint));
  },
  stopAnswering: async (endpoint) => answering.get(nameOf(endpoint))?.close(),
  call: ({ calls, keep }) => inTurn(calls, (one) => call(one, keep)),
  ask: ({ keep }) => inTurn(kept.get(keep) ?? [], ({ socket }) => ask(socket)),
  hangUp: async ({ keep, whom }) => {
    const lines = kept.get(keep) ?? [];
    const left = lines.filter(({ answered }) => answered !== whom);
    kept.set(keep, left);
    const over = lines.filter((line) => !left.includes(line));
    await Promise.all(over.map(({ socket }) => once(socket.end(), "close")));
  },
  send: ({ senders: names, to, port }) => inTurn(names, (name) => send(name, to, port)),
};

/** @param {Endpoint} endpoint */
function nameOf({ protocol, address, port }) {
  return `${protocol} ${address} ${port}`;
}

/** @param {Endpoint} endpoint */
async function answer({ protocol, address, port }) {
  if (protocol === "udp") {
    const socket = createSocket("udp4", (_, peer) => socket.send(address, peer.port, peer.address));
    socket.bind(port, address);
    await once(socket, "listening");
    return socket;
  }
  const server = createServer((socket) => {
    socket.on("error", () => {}); // the caller will see
    socket.on("data", () => socket.write(address));
    socket.write(address);
  });
  server.listen(port, address);
  await once(server, "listening");
  return server;
}

/** @param {Call} call @param {string | undefined} keep */
async function call({ to, port, from }, keep) {
  const socket = connect({ host: to, port, localAddress: from });
  socket.on("error", () => {}); // it is told as an answer, or nobody waits for one any more
  const answered = await answerOn(socket);
  if (keep === undefined || isIP(answered) === 0) socket.end();
  else kept.set(keep, [...(kept.get(keep) ?? []), { socket, answered }]);
  return answered;
}

/** @param {import("node:net").Socket} socket */
function ask(socket) {
  socket.write(QUESTION);
  return answerOn(socket);
}

/** @param {string} name @param {string} to @param {number} port */
function send(name, to, port) {
  const socket = senders.get(name) ?? createSocket("udp4");
  senders.set(name, socket);
  socket.send(QUESTION, port, to);
  return answerOn(socket);
}

/**
 * What comes next, or the code of the error.
 * @param {import("node:net").Socket | import("node:dgram").Socket} socket
 */
async function answerOn(socket) {
  const event = "send" in socket ? "message" : "data";
  try {
    const [answered] = await once(socket, event, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return String(answered);
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** @template T @param {readonly T[]} items @param {(item: T) => Promise<string>} act */
async function inTurn(items, act) {
  const answers = [];
  for (const item of items) answers.push(await act(item));
  return answers;
}

const orders = createServer(async (socket) => {
  const [line] = await once(createInterface(socket), "line");
  const { order, ...rest } = JSON.parse(line);
  const result = await ORDERS[order]?.(rest);
  socket.end(JSON.stringify(result ?? null));
});
orders.listen(process.argv[2], () => console.log("ready"));
