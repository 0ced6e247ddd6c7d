// The stage: five machines on two networks, each machine a network namespace.
//
//   outer 10.0.0.0/24      client .10 ── lb1 .1, lb2 .2
//   inner 192.168.1.0/24                 lb1 .1, lb2 .2 ── rs1 .11, rs2 .12
//
// It stands in namespaces that end with the story, and so do all its processes: see scripts/demo.mjs.
// @ts-check
import { execFile, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

export const VIP = "10.0.0.100";
const GATEWAY = "192.168.1.254";
const POLL_MS = 10;
const PATIENCE_MS = 60_000;

/** @typedef {"client" | "lb1" | "lb2" | "rs1" | "rs2"} Machine */

/** @type {Record<Machine, { outer?: string, inner?: string }>} */
const ADDRESSES = {
  client: { outer: "10.0.0.10" },
  lb1: { outer: "10.0.0.1", inner: "192.168.1.1" },
  lb2: { outer: "10.0.0.2", inner: "192.168.1.2" },
  rs1: { inner: "192.168.1.11" },
  rs2: { inner: "192.168.1.12" },
};

const execute = promisify(execFile);

export async function build() {
  await ip([
    "link set lo up",
    // Without snooping and spanning tree a bridge forwards at once and to all.
    ...["outer", "inner"].flatMap((name) => [
      `link add name ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${name} addrgenmode none up`,
    ]),
  ]);
  for (const machine of /** @type {Machine[]} */ (Object.keys(ADDRESSES))) await powerOn(machine);
}

/** A new namespace with its cables plugged in. @param {Machine} machine */
export async function powerOn(machine) {
  const cables = cablesOf(machine);
  await ip([
    `netns add ${machine}`,
    ...cables.flatMap(({ network, device, cable }) => [
      `link add name ${cable} type veth peer name ${device} netns ${machine}`,
      `link set ${cable} master ${network} addrgenmode none up`,
    ]),
  ]);
  await ip(
    [
      "link set lo up",
      ...cables.flatMap(({ device, address }) => [
        `addr add ${address}/24 dev ${device}`,
        `link set ${device} up`,
      ]),
      // The real servers answer through whichever director is master; a director forwards.
      ...(machine.startsWith("rs") ? [`route add default via ${GATEWAY}`] : []),
    ],
    machine,
  );
  if (machine.startsWith("lb")) await run(machine, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
}

/** Cables, addresses and tables are gone in one moment. The caller kills the processes. @param {Machine} machine */
export async function powerOff(machine) {
  await ip([...cablesOf(machine).map(({ cable }) => `link delete ${cable}`), `netns delete ${machine}`]);
}

/** Starts a program on a machine, out of the terminal's reach. @param {Machine} machine @param {string[]} command */
export function start(machine, command) {
  const [file = "", ...args] = on(machine, command);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
  child.on("error", (error) => {
    throw error;
  });
  child.stdin.on("error", () => {}); // it may have died, and that may have been the plan
  return child;
}

/** Runs a program on a machine to its end, whatever its status. @param {Machine} machine @param {string[]} command */
export async function run(machine, command) {
  const [file = "", ...args] = on(machine, command);
  try {
    const { stdout } = await execute(file, args, { encoding: "utf8" });
    return { status: 0, output: stdout };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && typeof error.code === "number")) throw error;
    const texts = [Reflect.get(error, "stdout"), Reflect.get(error, "stderr")];
    return { status: error.code, output: texts.join("") };
  }
}

/**
 * Waits for something other than `undefined` or `false`.
 * @template T
 * @param {string} what
 * @param {() => T | undefined | false | Promise<T | undefined | false>} condition
 * @returns {Promise<T>}
 */
export async function until(what, condition) {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const result = await condition();
    if (result !== undefined && result !== false) return result;
    await pause(POLL_MS);
  }
  throw new Error(`no ${what} within ${PATIENCE_MS / 1_000} s`);
}

/** @param {Machine} machine @param {string[]} command */
function on(machine, command) {
  return ["nsenter", `--net=/run/netns/${machine}`, "--", ...command];
}

/** @param {Machine} machine */
function cablesOf(machine) {
  const { outer, inner } = ADDRESSES[machine];
  return [
    { network: "outer", device: "eth0", cable: `${machine}-outer`, address: outer },
    { network: "inner", device: "eth1", cable: `${machine}-inner`, address: inner },
  ].filter(({ address }) => address !== undefined);
}

/** Many `ip` commands by one process. @param {string[]} lines @param {Machine} [machine] */
async function ip(lines, machine) {
  const where = machine === undefined ? [] : ["-netns", machine];
  const done = execute("ip", [...where, "-batch", "-"]);
  done.child.stdin?.end(`${lines.join("\n")}\n`);
  await done;
}
