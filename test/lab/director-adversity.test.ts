/** Trouble that must stay small: half a director broken, a host that stood still, a router taken out of the file. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openCapture } from "../support/capture.ts";
import { pairFile, startDirector, startPair } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { INNER_VIP, portOf } from "../support/topology.ts";
import { until } from "../support/until.ts";

/** Adverts more than one draining of a socket takes, from a master that may itself stand still for a tenth of a second. */
const STANDSTILL_MS = 2_500;
const SHORT = pairFile().replace('interval = "100ms"', 'interval = "30ms"');
/** What is read at a time. */
const BATCH = 64;
const INNER_ROUTER = `
[routers.inner]
vrid = 52
interface = "${portOf("d1", "inner").interface}"
interval = "100ms"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["${INNER_VIP}"]
`;

describe("a director in adversity", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("goes on as master when its balancer can run no file, and has one again when there is a file", async (context) => {
    const first = startDirector(context, lab(), "d1", pairFile());
    await first.state("Master");
    const capture = openCapture(context, lab());
    first.write("this is no cluster file");
    rmSync(join(first.stateDir, "accepted.toml"));
    first.signalBalancer("SIGKILL");
    await until("a few vain attempts", () => {
      assert.ok(first.electorAlive, first.explain());
      return first.eventsOf("file-refused").length >= 3;
    });
    first.write(pairFile());
    await until("answer of a balancer", () => first.status(), { deadlineMs: 20_000 });
    assert.deepEqual(
      first
        .transitions()
        .map(({ to }) => to)
        .slice(-1),
      ["Master"],
    );
    assert.ok(capture.adverts.every(({ advert }) => advert.priority === 150));
  });

  it("reads all adverts that waited while it stood still before it takes the master for silent", async (context) => {
    const [, second] = await startPair(context, lab(), SHORT);
    const capture = openCapture(context, lab());
    const before = second.transitions();
    second.signal("SIGSTOP");
    const resumed = Date.now() + STANDSTILL_MS;
    await until("standstill", () => Date.now() > resumed);
    second.signal("SIGCONT");
    assert.ok(capture.adverts.length > BATCH, `${capture.adverts.length} adverts waited`);
    const read = capture.adverts.length + 20;
    await until("adverts after it", () => capture.adverts.length >= read);
    assert.deepEqual(second.transitions(), before);
  });

  it("says goodbye also for the last router on an interface when it leaves the file", async (context) => {
    const both = pairFile({ more: INNER_ROUTER });
    const [first, second] = await startPair(context, lab(), both);
    await first.state("Master", "inner");
    await second.state("Backup", "inner");
    first.write(pairFile());
    assert.equal((await first.reload()).kind, "accepted");
    assert.equal((await second.state("Master", "inner")).cause, "master-left");
    await first.holds(false, INNER_VIP);
    const last = await until("end of it", () =>
      first.transitions("inner").find(({ to }) => to === "Initialize"),
    );
    assert.equal(last.cause, "hand-over-done");
  });
});
