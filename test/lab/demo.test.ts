/** The demonstration tells its chapters to the end, and leaves nothing behind when it is broken off. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownFolder } from "../support/folders.ts";
import { ipvsKernel } from "../support/kernel.ts";
import { type Ending, OwnedProcess } from "../support/processes.ts";
import { until } from "../support/until.ts";

const NAMESPACES = "/run/netns";
const ROOT = join(import.meta.dirname, "../..");
const MARK = "KEELSON_DEMO_TEST";
/** In user-mode Linux on a busy machine. */
const PATIENCE_MS = 240_000;

const kernel = ipvsKernel();
const skip = kernel.kind === "none" ? kernel.reason : nginxMissing();

/** In their order; chapters 5 and 6 start directors again, and are left to `npm run demo`. */
const TOLD = [
  /^1\. Two directors elect a master$/m,
  /lb1 is master of 10\.0\.0\.100: (no advert arrived|only a master with a lower priority was heard)/,
  /^2\. Requests are spread over the real servers$/m,
  /client: 0 of \d+ requests failed; answered by rs1 \d+, rs2 \d+$/m,
  /^3\. A real server dies, and comes back$/m,
  /lb1: web\/rs1 is down: /,
  /client: 0 of \d+ requests failed; answered by rs2 \d+$/m,
  /lb1: web\/rs1 is up: /,
  /^4\. A cluster file with a slip of the pen is refused/m,
  /cluster\.toml:\d+:1: error: `schedular` is no key/,
  /^ +\| \^$/m,
  /lb1: \S+ is in force: service web: server rs2: weight 1 → 3$/m,
  /^7\. A drill: the master hands over/m,
  /client: 0 of \d+ pings lost$/m,
  /^8\. An orderly stop/m,
  /client: 0 of \d+ pings lost$/m,
  /Keelson on lb1, which nobody follows, has ended with status 0$/m,
  /^What was seen$/m,
] as const;

test("the demonstration ends well, and tells every chapter", {
  skip,
  timeout: PATIENCE_MS,
}, async (context) => {
  const demo = startDemo("--short");
  const { status, stdout, stderr } = await demo.child.ended;
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  context.diagnostic(stdout.slice(stdout.lastIndexOf("What was seen")));
  let rest = stdout;
  for (const line of TOLD) {
    const found = line.exec(rest);
    assert.ok(found, `${line} is not told, or not in its place:\n${stdout}`);
    rest = rest.slice(found.index + found[0].length);
  }
  demo.assertNothingIsLeft();
});

test("the demonstration broken off leaves nothing behind", { skip, timeout: PATIENCE_MS }, async () => {
  const demo = startDemo();
  const said = () => demo.child.stdout.includes("Keelson starts on lb1");
  await until("start of the directors", said, { deadlineMs: PATIENCE_MS, explain: () => demo.child.stderr });
  demo.child.signal("SIGINT");
  const { status, stdout }: Ending = await demo.child.ended;
  assert.equal(status, 130, stdout);
  await until("end of all processes", () => demo.processes().length === 0);
  demo.assertNothingIsLeft();
});

/** Its processes are known by their environment, its files by their folder. */
function startDemo(...options: readonly string[]) {
  const folder = ownFolder("demo");
  const mark = `${MARK}=${folder.path}`;
  const before = namespaces();
  const env = { [MARK]: folder.path, TMPDIR: folder.path };
  const child = new OwnedProcess([process.execPath, "scripts/demo.mjs", ...options], { cwd: ROOT, env });
  const processes = () => processesWith(mark);
  const assertNothingIsLeft = () => {
    assert.deepEqual(processes(), []);
    const files = readdirSync(folder.path).filter((name) => !name.startsWith("tsx-")); // tsx keeps its cache
    assert.deepEqual(files, []);
    assert.deepEqual(namespaces(), before);
    folder.remove();
  };
  return { child, processes, assertNothingIsLeft };
}

/** Labs of other tests come and go. */
function namespaces(): string[] {
  if (!existsSync(NAMESPACES)) return [];
  return readdirSync(NAMESPACES).filter((name) => !name.startsWith("kl-"));
}

function processesWith(variable: string): string[] {
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(variable));
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return []; // gone meanwhile
  }
}

function nginxMissing(): string | false {
  const there = spawnSync("sh", ["-c", "PATH=$PATH:/usr/sbin command -v nginx"]).status === 0;
  return there ? false : "needs the Debian package nginx-light";
}
