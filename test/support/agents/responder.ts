/** Answers numbered datagrams with its name, whatever local address they came to. Argument: the name. */
import { argument, beOnTime, decodeNumber, encodeNumber, openSocket, PORT, say } from "./datagrams.ts";

const name = argument(0);
const socket = openSocket("::");
socket.on("message", (bytes, { address, port }) => {
  socket.send(encodeNumber(decodeNumber(bytes).number, name), port, address);
});
socket.on("error", () => {}); // the way back may be gone: the client will see
socket.bind(PORT, () => {
  beOnTime();
  say({ ready: true });
});
