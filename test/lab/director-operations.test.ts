/** What an operator does to a running pair beside new addresses: divide it on purpose, have one side only look on, or keep it behind. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openCapture } from "../support/capture.ts";
import { pairFile, startDirector, startPair } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { VIP } from "../support/topology.ts";
import { until } from "../support/until.ts";

const REFUSED = 1;

describe("an operator", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("divides a pair only on purpose, and in the order that is printed", async (context) => {
    const [first, second] = await startPair(context, lab());
    const other = pairFile().replace("vrid = 51", "vrid = 52");
    for (const director of [first, second]) director.write(other);
    const plan = await second.command(
      "plan",
      ...second.arguments.slice(1, 4),
      "--state-dir",
      second.stateDir,
    );
    assert.match(plan.stdout, /^wire-breaking: router front: lb1 would drop .+\(unknown-vrid\)$/m);
    assert.match(plan.stdout, /in this order.*: lb2, lb1$/m);

    second.signal("SIGHUP");
    const { issues } = await second.event("file-refused");
    assert.match(issues.join(), /keelson reload --wire-breaking/);
    const plain = await second.command("reload", "--run-dir", second.runDir);
    assert.equal(plain.status, REFUSED);
    assert.match(plain.stderr, /lb1 would drop/);
    assert.equal((await second.status())?.elector?.routers[0]?.vrid, 51);

    for (const director of [second, first]) {
      const insisting = await director.command("reload", "--wire-breaking", "--run-dir", director.runDir);
      assert.equal(insisting.status, 0, insisting.stderr);
    }
    await first.state("Master");
    await second.state("Backup");
    await second.holds(false);
    await first.holds(true);
  });

  it("lets a director only observe, and take part again", async (context) => {
    const [first, second] = await startPair(context, lab());
    const capture = openCapture(context, lab());
    for (const director of [second, first]) {
      await director.router("an answer", () => true);
      director.write(pairFile({ router: 'mode = { lb1 = "observe" }' }));
      assert.equal((await director.reload()).kind, "accepted");
    }
    await second.state("Master");
    await first.holds(false);
    await first.router("observing", ({ mode, state }) => mode === "observe" && state !== "Initialize");
    const { from } = await first.event("would-change", ({ to }) => to === "Master");
    assert.equal(from, "Backup");
    const claims = first.transitions().filter(({ to }) => to === "Master").length;
    const priorities = () => capture.adverts.map(({ advert }) => advert.priority);
    await until("adverts of the other", () => priorities().filter((one) => one === 100)[9]);
    assert.ok(!priorities().slice(priorities().indexOf(100)).includes(150), priorities().join());
    assert.equal(await lab().holds("d2", VIP), true);

    first.write(pairFile());
    assert.equal((await first.reload()).kind, "accepted");
    await until("a claim", () => first.transitions().filter(({ to }) => to === "Master")[claims]);
    await second.state("Backup");
    await second.holds(false);
    await first.holds(true);
  });

  it("keeps a director behind, also after a restart, until it is released", async (context) => {
    const [first, second] = await startPair(context, lab());
    await first.router("an answer", () => true);
    const order = (verb: string, director = first) => director.command(verb, "--run-dir", director.runDir);
    const standby = await order("standby");
    assert.equal(standby.status, 0, standby.stderr);
    assert.match(standby.stdout, /^on standby.*\nhanding over: front$/m);
    await second.state("Master");
    await first.state("Backup");
    await first.router("standby", (router) => router.standby === true && router.priority === 1);

    first.signal("SIGTERM");
    await first.ended;
    const again = startDirector(context, lab(), "d1", pairFile(), { successorOf: first });
    await again.state("Backup");
    await again.router("standby still", (router) => router.standby === true && router.priority === 1);
    await second.crash();
    await again.state("Master");
    await again.holds(true);

    assert.equal((await order("release", again)).status, 0);
    await again.router("released", (router) => router.standby === false && router.priority === 150);
    assert.equal((await order("step-down", again)).status, REFUSED);
    assert.equal(existsSync(join(again.stateDir, "standby")), false);
  });
});
