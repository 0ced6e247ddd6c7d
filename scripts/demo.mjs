// `npm run demo`: Keelson on one machine, told line by line. Nothing outlives it, and the host's own network is not touched.
//
// The story (demo/story.mjs) needs a kernel with IPVS. Where the host has one, it runs in namespaces that the kernel
// removes, with every process inside, when the story ends or is killed; otherwise in a guest, user-mode Linux.
// @ts-check
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

const STORY = join(import.meta.dirname, "demo/story.mjs");
const GUEST = join(import.meta.dirname, "demo/guest.ts");
const NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** `--short` leaves out the chapters in which a director starts again. */
const options = process.argv.slice(2);
const obstacle = whyNotHere();
const native = obstacle === undefined;
const child = spawn("setpriv", native ? inNamespaces() : inGuest(), {
  stdio: ["ignore", "inherit", "inherit"],
  cwd: join(import.meta.dirname, ".."),
});
let interrupted = 0;
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    interrupted = 128 + constants.signals[signal];
    child.kill(native ? "SIGKILL" : "SIGTERM");
  });
}
child.on("error", (error) => {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
});
child.on("exit", (status) => {
  if (interrupted !== 0) console.log("\ndemo: broken off; nothing is left behind");
  process.exitCode = interrupted || (status ?? 1);
});

/** The shell is the first process there: when it ends, the kernel kills the others. */
function inNamespaces() {
  console.log("This kernel has IPVS: the story runs in network namespaces of this machine.");
  const script = `mount -t tmpfs run /run && mkdir /run/netns && "$@"; exit $?`;
  const story = ["sh", "-c", script, "sh", process.execPath, STORY, ...options];
  return ["--pdeathsig", "KILL", "unshare", ...NAMESPACES, ...story];
}

function inGuest() {
  console.log(`${obstacle}: the story runs in user-mode Linux, a kernel with IPVS that is
an ordinary process. It has one processor, and a system call takes some 60 µs, so its times are not those of a real
machine, and what two directors say at the same time may come in the wrong order.`);
  return ["--pdeathsig", "TERM", process.execPath, "-C", "source", "--import", "tsx", GUEST, ...options];
}

/** Why the story cannot run in namespaces of this machine. */
function whyNotHere() {
  if (process.getuid?.() !== 0) return "You are not root";
  if (!existsSync("/proc/net/ip_vs") && !succeeds("modprobe", "--quiet", "ip_vs"))
    return "This kernel has no IPVS";
  if (!succeeds("unshare", ...NAMESPACES, "true")) return "This machine does not let you make namespaces";
  return undefined;
}

/** @param {string} command @param {string[]} args */
function succeeds(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
