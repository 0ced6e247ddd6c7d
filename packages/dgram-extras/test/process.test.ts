import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { getPriority, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  currentThreadId,
  getResourceLimit,
  getScheduler,
  interfaceIndex,
  interfaceName,
  SystemError,
  setNice,
  setResourceLimit,
  setScheduler,
  threadIds,
  tryLock,
} from "../src/index.ts";
import { makeNamespace, needsNamespaces, path } from "./support/namespaces.ts";

/** The reason to skip, or `false`. */
function refusal(attempt: () => void): string | false {
  try {
    attempt();
    return false;
  } catch (error) {
    return error instanceof SystemError && error.code === "EPERM" ? error.message : false;
  }
}

test("interfaces by name and by index", () => {
  const index = interfaceIndex("lo");
  assert.equal(interfaceName(index), "lo");
  for (const name of ["none", "", "longer-than-any-interface-name"])
    assert.throws(() => interfaceIndex(name), { name: "SystemError", code: "ENODEV" });
  assert.throws(() => interfaceName(999_999), { code: "ENXIO", call: "if_indextoname" });
});

test("interfaces of another namespace", { skip: needsNamespaces }, () => {
  assert.equal(interfaceIndex("lo", path(makeNamespace())), 1);
  assert.throws(() => interfaceIndex("lo", "/run/netns/kl-none"), { code: "ENOENT" });
});

const noRealTime = refusal(() => {
  setScheduler(0, "rr", 1, { resetOnFork: true });
  setScheduler(0, "other", 0, { resetOnFork: true });
});

test("scheduling of one thread, and of all", { skip: noRealTime }, () => {
  assert.equal(currentThreadId(), process.pid);
  assert.ok(threadIds().includes(process.pid) && threadIds().length > 1);
  for (const thread of threadIds()) {
    setScheduler(thread, "rr", 3, { resetOnFork: true });
    assert.deepEqual(getScheduler(thread), { policy: "rr", priority: 3, resetOnFork: true });
  }
  const child = spawnSync("chrt", ["-p", "0"], { encoding: "utf8" });
  assert.match(child.stdout, /SCHED_OTHER/, "children start with the normal policy");
  for (const thread of threadIds()) setScheduler(thread, "batch", 0);
  assert.deepEqual(getScheduler(0), { policy: "batch", priority: 0, resetOnFork: false });
  for (const thread of threadIds()) setScheduler(thread, "other", 0);
});

test("a priority out of range, a thread that is none", () => {
  assert.throws(() => setScheduler(0, "rr", 1_000), { code: "EINVAL", call: "sched_setscheduler" });
  assert.throws(() => getScheduler(2 ** 30), { code: "ESRCH" });
});

test("nice", () => {
  const before = getPriority(0);
  setNice(0, Math.min(19, before + 1));
  assert.equal(getPriority(process.pid), Math.min(19, before + 1));
  const back = refusal(() => setNice(0, before));
  if (back === false) assert.equal(getPriority(process.pid), before);
  else setPriority(0, Math.min(19, before + 1));
});

test("resource limits", () => {
  const { soft, hard } = getResourceLimit("rttime");
  setResourceLimit("rttime", 200_000, hard);
  assert.deepEqual(getResourceLimit("rttime"), { soft: 200_000, hard });
  setResourceLimit("rttime", soft, hard);
  assert.deepEqual(getResourceLimit("rttime"), { soft, hard });
  assert.ok(getResourceLimit("nofile").soft > 10);
  assert.throws(() => setResourceLimit("nofile", 20, 10), { code: "EINVAL", call: "prlimit" });
});

test("a lock is held until its file is closed", () => {
  const folder = mkdtempSync(join(tmpdir(), "kl-lock-"));
  after(() => rmSync(folder, { recursive: true }));
  const [first, second] = [openSync(join(folder, "lock"), "w"), openSync(join(folder, "lock"), "w")];
  assert.equal(tryLock(first), true);
  assert.equal(tryLock(first), true);
  assert.equal(tryLock(second), false);
  closeSync(first);
  assert.equal(tryLock(second), true);
  closeSync(second);
  assert.throws(() => tryLock(second), { code: "EBADF", call: "flock" });
});

test("SIGUSR1 no longer opens the inspector", () => {
  const source = `
    import { disableDebuggerSignal } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    import { url } from "node:inspector";
    disableDebuggerSignal();
    process.kill(process.pid, "SIGUSR1");
    setTimeout(() => console.log(url() ?? "closed"), 100);
  `;
  const flags = ["-C", "source", "--import", "tsx", "--input-type=module", "--eval", source];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8", timeout: 60_000 });
  assert.deepEqual([stdout, stderr], ["closed\n", ""]);
});
