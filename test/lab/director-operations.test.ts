/** What an operator does to a running pair beside new addresses: divide it on purpose. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pairFile, startPair } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { VIP } from "../support/topology.ts";

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
    assert.equal(await lab().holds("d1", VIP), true);
  });
});
