// The client's program: a steady stream of requests, each on a connection of its own, and of numbered pings.
// Arguments: address, milliseconds between requests, milliseconds between pings.
// It says when it begins. For each line on its standard input it waits until all that was sent is answered or given up,
// reports what came of it, and counts anew.
// @ts-check
import { get } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { RawSocket } from "dgram-extras";

const PATIENCE_MS = 1_000;
const POLL_MS = 10;
const PROTOCOL_ICMP = 1;
const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
const IDENTIFIER = 0x6b6c;
const NUMBER_OFFSET = 6;
const ECHO_SIZE = 16;

/** Settled when it has an answer or a failure. @typedef {{ sentMs: number, answer?: string, failure?: string }} Question */

const [address = "", requestEvery, pingEvery] = process.argv.slice(2);
const socket = new RawSocket({ family: 4, protocol: PROTOCOL_ICMP });
/** All of them; the number in the packet is the index. @type {Question[]} */
const pings = [];
/** @type {Question[]} */
let requests = [];
let firstPing = 0;

socket.onError(() => {}); // an address that nobody has: a lost ping
socket.onReadable(() => {
  for (const { bytes, source } of socket.drain()) hear(Buffer.from(bytes), source);
});
setInterval(ping, Number(pingEvery));
setInterval(request, Number(requestEvery));
createInterface({ input: process.stdin }).on("line", () => void report());
say({ ready: true });

function ping() {
  const bytes = Buffer.alloc(ECHO_SIZE);
  bytes[0] = ECHO_REQUEST;
  bytes.writeUInt16BE(IDENTIFIER, 4);
  bytes.writeUInt16BE(pings.length, NUMBER_OFFSET);
  bytes.writeUInt16BE(checksum(bytes), 2);
  pings.push({ sentMs: performance.now() });
  try {
    socket.send(bytes, address);
  } catch {
    // No way there just now: a lost ping.
  }
}

/** @param {Buffer} bytes @param {string} source */
function hear(bytes, source) {
  if (source !== address || bytes.length < ECHO_SIZE || bytes[0] !== ECHO_REPLY) return;
  if (bytes.readUInt16BE(4) !== IDENTIFIER) return;
  const question = pings[bytes.readUInt16BE(NUMBER_OFFSET)];
  if (question !== undefined) question.answer = source;
}

function request() {
  /** @type {Question} */
  const question = { sentMs: performance.now() };
  requests.push(question);
  const outgoing = get({ host: address, path: "/", agent: false }, (response) => {
    let body = "";
    response.setEncoding("utf8");
    response.on("data", (text) => {
      body += text;
    });
    response.once("end", () => {
      clearTimeout(patience);
      if (response.statusCode === 200) question.answer = body.trim();
      else question.failure = `status ${response.statusCode}`;
    });
  });
  const patience = setTimeout(() => outgoing.destroy(new Error("no answer in time")), PATIENCE_MS);
  outgoing.once("error", (error) => {
    clearTimeout(patience);
    question.failure = "code" in error ? String(error.code) : error.message;
  });
}

async function report() {
  const counted = { requests, pings: pings.slice(firstPing) };
  requests = [];
  firstPing = pings.length;
  const deadline = performance.now() + PATIENCE_MS;
  const all = [...counted.requests, ...counted.pings];
  while (all.some(isOpen) && performance.now() < deadline) await pause(POLL_MS);
  const failures = counted.requests.filter(({ answer }) => answer === undefined);
  const answered = counted.pings.filter(({ answer }) => answer !== undefined);
  const result = {
    requests: counted.requests.length,
    failed: failures.length,
    reasons: [...new Set(failures.map(({ failure }) => failure ?? "no answer in time"))],
    servers: tally(counted.requests.map(({ answer }) => answer)),
    pings: counted.pings.length,
    lost: counted.pings.length - answered.length,
    gapMs: longestGap(answered),
  };
  say(result);
}

/** @param {Question} question */
function isOpen({ answer, failure }) {
  return answer === undefined && failure === undefined;
}

/** @param {object} line */
function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Between the sending of two pings that were answered, with none between that was. @param {Question[]} answered */
function longestGap(answered) {
  const gaps = answered.slice(1).map(({ sentMs }, index) => sentMs - (answered[index]?.sentMs ?? sentMs));
  return Math.max(0, ...gaps);
}

/** @param {(string | undefined)[]} answers */
function tally(answers) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const answer of answers) if (answer !== undefined) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

/** RFC 1071. @param {Buffer} bytes of even length, the checksum's place zero */
function checksum(bytes) {
  let sum = 0;
  for (let offset = 0; offset < bytes.length; offset += 2) sum += bytes.readUInt16BE(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
