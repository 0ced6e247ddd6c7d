// The demonstration, chapter by chapter. Started by scripts/demo.mjs, in namespaces of its own or in a guest.
// @ts-check
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client, startServer } from "./actors.mjs";
import { CLUSTER_FILE, Director } from "./director.mjs";
import { chapter, counted, quote, tell, write } from "./narrator.mjs";
import { build, powerOn, VIP } from "./stage.mjs";

/** @typedef {import("./actors.mjs").Count} Count */
/** @typedef {Count & { what: string }} Look */

/** How long the client is listened to. */
const LISTEN_MS = 1_000;
const short = process.argv.includes("--short");
const pace = process.argv.includes("--guest") ? { requestMs: 50, pingMs: 20 } : { requestMs: 20, pingMs: 5 };

const lb1 = new Director("lb1");
const lb2 = new Director("lb2");

process.env["PATH"] = `${process.env["PATH"]}:/usr/sbin:/sbin`;
try {
  await play();
  process.exit(0);
} catch (error) {
  tell(`the story broke off: ${error instanceof Error ? error.stack : error}`);
  process.exit(1);
}

async function play() {
  const { electionMs, rs1 } = await election();
  const client = await balance();
  const unnoticed = await deadServer(client, rs1);
  await badFile(client);
  const unplanned = short ? [] : [await crash(client), await powerCut(client)];
  const drilled = await drill(client);
  const stopped = await stop(client);
  summary({ electionMs, unnoticed, unplanned, planned: [drilled, stopped] }, client);
}

/** @param {{ electionMs: number, unnoticed: Count, unplanned: { away: Look, back: Look }[], planned: Look[] }} seen @param {Client} client */
function summary({ electionMs, unnoticed, unplanned, planned }, client) {
  const { requests, failed, pings, lost } = client.total;
  const [aways, backs] = [unplanned.map(({ away }) => away), unplanned.map(({ back }) => back)];
  chapter("What was seen");
  write(`  start      lb1 was master after ${seconds(electionMs)}, with both servers in its table`);
  write(`  server     ${counted(unnoticed.failed, "request")} failed until the checks took the dead one out`);
  write(`  planned    ${moves([...backs, ...planned])}`);
  if (aways.length > 0) write(`  unplanned  ${moves(aways)}`);
  write(`  in all     ${failed} of ${requests} requests failed, ${lost} of ${pings} pings were lost`);
  write(
    "A connection that is open in the moment of a move may break: [ipvs.sync] is for that (docs/connection-sync.md).",
  );
  write("");
  write("Read next: docs/first-steps.md does the same by hand; README.md has the commands.");
  write("The file that ran is scripts/demo/cluster.toml: change its interval, and see what happens.");
}

async function election() {
  chapter("1. Two directors elect a master");
  mkdirSync("/run/demo", { recursive: true });
  copyFileSync(join(import.meta.dirname, "cluster.toml"), CLUSTER_FILE);
  await build();
  const rs1 = startServer("rs1");
  startServer("rs2");
  tell("there are a client, two directors lb1 and lb2, and two real servers rs1 and rs2, which run nginx");
  const startedAt = performance.now();
  lb1.start();
  lb2.start();
  tell("Keelson starts on lb1 (priority 150) and lb2 (priority 100) with the same cluster file");
  await Promise.all([lb1.becomes("Master"), serversUp(lb1), serversUp(lb2)]);
  return { electionMs: performance.now() - startedAt, rs1 };
}

async function balance() {
  chapter("2. Requests are spread over the real servers");
  const client = new Client(pace);
  await client.ready();
  tell(`the client sends a request every ${pace.requestMs} ms and a ping every ${pace.pingMs} ms to ${VIP}`);
  await pause(LISTEN_MS);
  await look(client, "start");
  tell("keelson status on lb1 says:");
  quote((await lb1.ask("status")).output);
  return client;
}

/** @param {Client} client @param {import("node:child_process").ChildProcess} rs1 */
async function deadServer(client, rs1) {
  chapter("3. A real server dies, and comes back");
  forget();
  rs1.kill("SIGKILL");
  tell("nginx on rs1 is killed");
  await lb1.said("rs1 is down", ({ kind, server }) => kind === "server-down" && server === "rs1");
  await lb1.said("the new table", ({ kind }) => kind === "table-changed");
  const unnoticed = await look(client, "dead server");
  await pause(LISTEN_MS);
  await look(client, "service");
  forget();
  startServer("rs1");
  tell("nginx on rs1 is started again");
  await Promise.all([lb1, lb2].map((director) => director.said("rs1 is up", isUp("rs1"))));
  await pause(LISTEN_MS);
  await look(client, "service");
  return unnoticed;
}

/** @param {Client} client */
async function badFile(client) {
  chapter("4. A cluster file with a slip of the pen is refused, and the service goes on");
  const text = readFileSync(CLUSTER_FILE, "utf8");
  writeFileSync(CLUSTER_FILE, text.replace("scheduler =", "schedular ="));
  const refused = await lb1.ask("reload");
  tell(`keelson reload on lb1 ends with status ${refused.status} and says:`);
  quote(refused.output);
  writeFileSync(CLUSTER_FILE, text.replace("weight = 1", "weight = 3"));
  forget();
  for (const director of [lb1, lb2]) director.signal("SIGHUP");
  tell("the slip is corrected, rs2 gets weight 3, and both directors reload on SIGHUP");
  await Promise.all(
    [lb1, lb2].map((director) => director.said("reload", ({ kind }) => kind === "file-accepted")),
  );
  await look(client, "service");
  await pause(LISTEN_MS);
  await look(client, "service");
}

/** @param {Client} client */
async function crash(client) {
  chapter("5. The master's elector is killed (SIGKILL)");
  forget();
  lb1.signal("SIGKILL");
  tell("the elector on lb1 is killed; what is left of Keelson there says goodbye in its place");
  await lb2.becomes("Master");
  await pause(LISTEN_MS);
  const away = await look(client, "process killed");
  tell("Keelson starts on lb1 again");
  return { away, back: await back(client) };
}

/** @param {Client} client */
async function powerCut(client) {
  chapter("6. The master loses its power");
  forget();
  await lb1.cutPower();
  tell("lb1 is off: its cables are dead, its processes gone");
  await lb2.becomes("Master");
  await pause(LISTEN_MS);
  const away = await look(client, "power cut");
  await powerOn("lb1");
  tell("lb1 is on again");
  return { away, back: await back(client) };
}

/** lb1 has the higher priority. @param {Client} client */
async function back(client) {
  forget();
  lb1.start();
  await Promise.all([lb1.becomes("Master"), lb2.becomes("Backup"), serversUp(lb1)]);
  await pause(LISTEN_MS);
  return look(client, "hand-back");
}

/** @param {Client} client */
async function drill(client) {
  chapter("7. A drill: the master hands over on request (SIGUSR2)");
  forget();
  lb1.signal("SIGUSR2");
  await Promise.all([lb1.becomes("Backup"), lb2.becomes("Master")]);
  await pause(LISTEN_MS);
  return look(client, "drill");
}

/** @param {Client} client */
async function stop(client) {
  chapter("8. An orderly stop (SIGTERM)");
  forget();
  lb2.signal("SIGTERM");
  await lb1.becomes("Master");
  tell(`Keelson on lb2 has ended with status ${await lb2.ended()}`);
  await pause(LISTEN_MS);
  const count = await look(client, "stop");
  client.leave();
  lb1.signal("SIGTERM");
  tell(`Keelson on lb1, which nobody follows, has ended with status ${await lb1.ended()}`);
  return count;
}

function forget() {
  lb1.forget();
  lb2.forget();
}

/** @param {Director} director */
async function serversUp(director) {
  await Promise.all(["rs1", "rs2"].map((server) => director.said(`${server} is up`, isUp(server))));
}

/** @param {string} name */
function isUp(name) {
  return (/** @type {import("./director.mjs").Entry} */ { kind, server }) =>
    kind === "server-up" && server === name;
}

/** What became of all that the client asked since the last look. @param {Client} client @param {string} what */
async function look(client, what) {
  const count = await client.look();
  const { requests, failed, reasons, servers } = count;
  const shares = Object.entries(servers).map(([name, answers]) => `${name} ${answers}`);
  const why = failed === 0 ? "" : ` (${reasons.join(", ")})`;
  tell(`client: ${failed} of ${requests} requests failed${why}; answered by ${shares.sort().join(", ")}`);
  tell(`client: ${pingText(count)}`);
  return { ...count, what };
}

/** @param {Look[]} looks */
function moves(looks) {
  return looks.map((count) => `${count.what} ${pingText(count)}`).join("; ");
}

/** @param {Count} count */
function pingText({ lost, pings, gapMs }) {
  if (lost === 0) return `0 of ${pings} pings lost`;
  return `${lost} of ${pings} pings lost, longest gap ${Math.round(gapMs)} ms`;
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
