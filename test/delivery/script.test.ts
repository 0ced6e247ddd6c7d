import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { jobOf } from "../../src/delivery/deliverer.ts";
import { runScript } from "../../src/delivery/script.ts";
import { ScriptBook } from "../../src/delivery/script-book.ts";
import { seconds } from "../../src/net/time.ts";
import type { ScriptNotifier } from "../../src/notify/settings.ts";
import { notice, script } from "../notify/support.ts";
import { until } from "../support/until.ts";
import { IS_ROOT, openFolder, program } from "./support.ts";

const NEWS = notice({
  from: "Backup",
  detail: "192.0.2.12, priority 150",
  priority: 150,
});
const NEVER = new AbortController().signal;
/** Long enough for a busy machine to start a script. */
const BRIEF = seconds(1);
const LONG_MS = 10_000;
/** So long a script may go on after TERM when we go on too (src/delivery/script.ts). */
const TERM_MS = 2_000;

interface Told {
  readonly reason: string;
  readonly detail: string;
  readonly output: string;
}

/** Writes nothing down. */
const BOOK = new ScriptBook("/dev/null");

function run(path: string, changes: Partial<ScriptNotifier> = {}, signal = NEVER) {
  const settings = script({ command: [path, "--team", "a b"], timeout: seconds(5), ...changes });
  return runScript(jobOf(settings, NEWS), signal, BOOK);
}

async function failure(path: string, changes: Partial<ScriptNotifier> = {}, signal = NEVER): Promise<Told> {
  const outcome = await run(path, changes, signal);
  assert.equal(outcome.kind, "failed");
  return outcome.kind === "failed" ? outcome : { reason: "", detail: "", output: "" };
}

describe("a script", () => {
  it("that ends well has been told", async (context) => {
    assert.deepEqual(await run(program(openFolder(context), "exit 0")), { kind: "delivered" });
  });

  it("gets its own arguments, the router and the state, and no shell reads them", async (context) => {
    const path = program(openFolder(context), 'for word in "$@"; do echo "[$word]"; done; exit 1');
    const command = [path, "$HOME", "; exit 0"] as const;
    assert.equal((await failure(path, { command })).output, "[$HOME]\n[; exit 0]\n[front]\n[Master]");
  });

  it("finds in its environment what happened, and nothing of ours", async (context) => {
    process.env["KEELSON_SECRET"] = "x";
    context.after(() => Reflect.deleteProperty(process.env, "KEELSON_SECRET"));
    const path = program(openFolder(context), "/usr/bin/env; exit 1");
    const { output } = await failure(path);
    const found = output.split("\n").filter((line) => !/^(PWD|SHLVL|OLDPWD|_)=/.test(line));
    assert.deepEqual(found.sort(), [
      "KEELSON_CAUSE=master-silent",
      "KEELSON_CLUSTER=shop",
      "KEELSON_DETAIL=192.0.2.12, priority 150",
      "KEELSON_DIRECTOR=lb1",
      "KEELSON_FROM=Backup",
      "KEELSON_PRIORITY=150",
      "KEELSON_ROUTER=front",
      "KEELSON_STATE=Master",
      "LANG=C.UTF-8",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]);
  });

  it("has an empty input, and stands in /", async (context) => {
    const path = program(openFolder(context), "cat; pwd; exit 1");
    assert.equal((await failure(path)).output, "/");
  });

  it("leads a process group of its own", async (context) => {
    const path = program(openFolder(context), 'echo "$$"; cut -d" " -f5 /proc/$$/stat; exit 1');
    const [own, group] = (await failure(path)).output.split("\n");
    assert.equal(own, group);
  });
});

describe("a script that fails says", () => {
  it("its status, and the end of what it wrote", async (context) => {
    const path = program(openFolder(context), "yes | head -c 100000; echo last >&2; exit 3");
    const { reason, detail, output } = await failure(path);
    assert.deepEqual([reason, detail], ["exit-status", "exit status 3"]);
    assert.ok(output.endsWith("last") && output.length <= 2_048, `${output.length} bytes`);
  });

  it("what killed it", async (context) => {
    const { reason, detail } = await failure(program(openFolder(context), "kill -9 $$"));
    assert.deepEqual([reason, detail], ["killed", "SIGKILL"]);
  });

  it("that it could not be started", async (context) => {
    const path = program(openFolder(context));
    writeFileSync(path, "#!/nowhere/interpreter\n");
    assert.equal((await failure(path)).reason, "not-started");
  });

  it("that its user or group does not exist", { skip: !IS_ROOT }, async (context) => {
    const path = program(openFolder(context));
    assert.deepEqual(await failure(path, { user: "kl-nobody" }), {
      kind: "failed",
      reason: "no-such-user",
      detail: "no user kl-nobody",
      output: "",
    });
    assert.equal((await failure(path, { group: "kl-none" })).detail, "no group kl-none");
  });
});

describe("a script that takes too long", { concurrency: true }, () => {
  it("is ended with all its children", async (context) => {
    const path = program(openFolder(context), "sleep 1000 & echo $!; wait");
    const { reason, output } = await failure(path, { timeout: BRIEF });
    assert.equal(reason, "timeout");
    await gone(output);
  });

  it("is killed when it does not heed TERM", async (context) => {
    const path = program(openFolder(context), "trap '' TERM; echo $$; while :; do sleep 0.1; done");
    const { reason, output } = await failure(path, { timeout: BRIEF });
    assert.equal(reason, "timeout");
    await gone(output);
  });

  it("is ended early when we end", async (context) => {
    const ending = new AbortController();
    const folder = openFolder(context);
    const mark = join(folder, "running");
    const path = program(folder, `trap '' TERM; echo $$; : > ${mark}; while :; do sleep 0.1; done`);
    const told = failure(path, IS_ROOT ? { user: "root" } : {}, ending.signal);
    await until("the script", () => existsSync(mark));
    const start = performance.now();
    ending.abort();
    const { detail, output } = await told;
    assert.equal(detail, "Keelson ends");
    assert.ok(performance.now() - start < TERM_MS, `${performance.now() - start} ms`);
    await gone(output);
  });

  it("does not keep us waiting for what it left running", async (context) => {
    const folder = openFolder(context);
    const path = program(folder, "sleep 1000 & echo $! >&2; exit 1");
    const start = performance.now();
    const { output } = await failure(path);
    process.kill(Number(output), "SIGKILL");
    assert.ok(performance.now() - start < LONG_MS);
  });
});

describe("as root, a script", { skip: !IS_ROOT }, () => {
  it("is run by nobody, who has no other groups", async (context) => {
    const path = program(openFolder(context), "id -un; id -Gn; exit 1");
    assert.equal((await failure(path)).output, "nobody\nnogroup");
  });

  it("is run by whom the file names", async (context) => {
    const path = program(openFolder(context), "id -un; id -gn; exit 1");
    assert.equal((await failure(path, { user: "root", group: "daemon" })).output, "root\ndaemon");
  });

  it("is not run when others could have changed it", async (context) => {
    const folder = openFolder(context);
    const trace = join(openFolder(context), "trace");
    const inside = join(folder, "inside");
    mkdirSync(inside);
    const path = program(inside, `echo ran > ${trace}`);
    chmodSync(inside, 0o777);
    const { reason, detail } = await failure(path, { user: "root" });
    assert.deepEqual([reason, detail], ["unsafe", `${inside} can be written by everybody`]);
    assert.equal(existsSync(trace), false);
  });
});

/** What a script wrote: the process of that id is gone, or about to be. */
async function gone(pid: string): Promise<void> {
  assert.match(pid, /^\d+$/);
  await until(`end of ${pid}`, () => !existsSync(`/proc/${pid}`) || stateOf(pid) === "Z");
}

function stateOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  } catch {
    return "Z";
  }
}
