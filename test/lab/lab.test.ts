/** The lab does what the other tests rely on: cables, cuts, and leaving nothing behind. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { monotonicMicros } from "dgram-extras";
import { labSkip, openLab } from "../support/lab.ts";
import { linkOf } from "../support/link.ts";
import { inNamespace, namespacePath, sweepNamespaces } from "../support/namespaces.ts";
import { must, OwnedProcess } from "../support/processes.ts";
import { VIP } from "../support/topology.ts";
import { startResponders, startStream } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const skip = labSkip();
const PACKETS = 200;

test("a pulled cable takes the carrier away until it is back", { skip }, async (context) => {
  const lab = await openLab(context);
  const is = async (state: string) => (await linkOf(lab, "d1")).state === state;
  await until("carrier", () => is("UP"));
  await lab.unplug("d1");
  await until("loss of the carrier", async () => !(await is("UP")));
  await lab.plug("d1");
  await until("return of the carrier", () => is("UP"));
});

test("a cut loses one direction only, and heals", { skip }, async (context) => {
  const lab = await openLab(context);
  await startResponders(lab, ["d1"]);
  await lab.exec("d1", "ip", "address", "add", `${VIP}/32`, "dev", "eth0");
  const stream = await startStream(lab);
  await stream.answeredBy("d1");

  await lab.cut("d1", "in");
  const [deaf, asking] = [await linkOf(lab, "d1"), await linkOf(lab, "c")];
  await until("questions", async () => (await linkOf(lab, "c")).sent > asking.sent + PACKETS);
  assert.equal((await linkOf(lab, "d1")).received, deaf.received);

  await lab.heal("d1");
  await stream.answeredSince(monotonicMicros());
  await lab.cut("d1", "out");
  const [cutAt, mute] = [monotonicMicros(), await linkOf(lab, "d1")];
  await until("heard questions", async () => (await linkOf(lab, "d1")).received > mute.received + PACKETS);
  assert.ok((stream.latest?.sentMicros ?? cutAt) < cutAt);
  assert.equal((await linkOf(lab, "d1")).state, "UP");
});

test("what a killed run left behind is swept, with the processes in it", { skip }, async () => {
  const owner = new OwnedProcess(["true"]);
  await owner.ended;
  const namespace = `kl-${owner.pid}-1-left`;
  await must(["ip", "netns", "add", namespace]);
  const inside = new OwnedProcess(inNamespace(namespace, ["sleep", "1000"]));
  await until("process inside", async () => (await must(["ip", "netns", "pids", namespace])) !== "");
  sweepNamespaces();
  assert.equal((await inside.ended).signal, "SIGKILL");
  assert.ok(!existsSync(namespacePath(namespace)));
});

test("a closed lab leaves no namespace and no process", { skip }, async () => {
  let close = async () => {};
  const lab = await openLab({
    after: (undo) => {
      close = async () => undo();
    },
  });
  // A daemon that leaves its parent's group and session is found by its namespace.
  lab.start("d1", ["sh", "-c", "setsid sleep 1000 & wait"]);
  const pids = await until("two processes inside", async () => {
    const found = (await must(["ip", "netns", "pids", lab.namespaceOf("d1")])).trim().split("\n");
    return found.length === 2 && found;
  });
  const path = lab.namespacePathOf("d1");
  await close();
  assert.ok(!existsSync(path));
  for (const pid of pids) await until(`end of ${pid}`, () => !isRunning(pid));
});

/** A dead process may wait for whoever inherited it. */
function isRunning(pid: string): boolean {
  const file = `/proc/${pid}/status`;
  return existsSync(file) && !readFileSync(file, "utf8").includes("State:\tZ");
}
