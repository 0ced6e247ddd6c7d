/** What a director does when something that the balancer watches goes down: files, gateways and processes, real ones. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { type DirectorProcess, pairFile, startPair } from "../support/director-process.ts";
import { ownFolder } from "../support/folders.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";

const PROXY = "kt-lab";

describe("a pair that tracks", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("follows a number in a file, processes, and a gateway", async (context) => {
    const folder = ownFolder("tracks");
    context.after(() => folder.remove());
    context.after(() => lab().heal("d1", "inner"));
    const strain = join(folder.path, "strain");
    const proxy = startProxy(context, folder.path);
    const [first, second] = await startPair(context, lab(), tracking(strain));
    await second.event("track", ({ track, up }) => track === "inside" && up);

    // Both read it, and 90 is still more than 40.
    writeFileSync(strain, "-60\n");
    assert.equal((await first.event("priority")).to, 90);
    assert.equal((await second.event("priority")).to, 40);
    assert.equal(await said(first, "strain"), `down: ${strain} holds -60`);
    rmSync(strain);
    await first.event("priority", ({ to }) => to === 150);

    await first.event("track", ({ track, up }) => track === "proxy" && up);
    proxy.kill("SIGKILL");
    await first.event("priority", ({ to }) => to === 140);
    await second.event("priority", ({ to }) => to === 90);
    assert.match(await said(second, "proxy"), /^down: 0 processes kt-lab, at least 1 wanted/);

    await lab().cut("d1", "in", "inner");
    const fault = await first.state("Fault");
    assert.match(fault.detail, /^inside: no answer from 192\.168\.1\.11 or 192\.168\.1\.12 within 200ms/);
    await second.state("Master");
    await lab().heal("d1", "inner");
    await first.state("Master");
    assert.match(await said(first, "inside"), /^up: 192\.168\.1\.1\d answered in/);
  });
});

function tracking(strain: string): string {
  return pairFile({
    router: `track = [{ name = "strain", weight = 1 }, { name = "proxy", weight = -10 }, "inside"]
preempt = { damping = false }`,
    more: `[tracks.strain]
type = "file"
path = "${strain}"
up_when = "zero"
[tracks.proxy]
type = "process"
process = "${PROXY}"
[tracks.inside]
type = "gateway"
targets = ["192.168.1.11", "192.168.1.12"]
interface = "eth1"
interval = "200ms"
timeout = "200ms"
rise = 1
`,
  });
}

/** Does nothing for a minute. Both directors see it: the lab has other networks, and the same processes. */
function startProxy(context: TestContext, folder: string): ChildProcess {
  const program = join(folder, PROXY);
  copyFileSync("/bin/sleep", program);
  const child = spawn(program, ["60"], { stdio: "ignore" });
  context.after(() => child.kill("SIGKILL"));
  return child;
}

/** What `status` says of a track. */
async function said(director: DirectorProcess, name: string): Promise<string> {
  const track = (await director.status())?.elector?.tracks.find((one) => one.name === name);
  return `${track?.up === true ? "up" : "down"}: ${track?.detail}`;
}
