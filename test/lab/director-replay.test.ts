/** What a pair's electors were told, replayed: the same transitions, for the same reasons. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { z } from "zod";
import { type DirectorProcess, pairFile, startDirector } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";

const replayed = z.object({
  router: z.string(),
  from: z.string(),
  to: z.string(),
  cause: z.string(),
  detail: z.string(),
});

/** By `keelson replay`, without what it says of lines that are missing or cut short. */
async function replay(director: DirectorProcess) {
  const { status, stdout, stderr } = await director.command("replay", "--json", director.recording);
  assert.equal(status, 0, stderr);
  const transitions = stdout
    .trimEnd()
    .split("\n")
    .map((line) => replayed.parse(JSON.parse(line)));
  return { transitions, stderr };
}

function logged(director: DirectorProcess) {
  return director.transitions().map((event) => replayed.parse(event));
}

describe("a pair that records", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("replays a fail-over, a hand-over back and a stop, and a balancer's death takes nothing from it", async (context) => {
    const file = pairFile();
    const first = startDirector(context, lab(), "d1", file, { record: true });
    await first.state("Master");
    const second = startDirector(context, lab(), "d2", file, { record: true });
    await second.state("Backup");
    second.signalBalancer("SIGKILL");
    await second.event("balancer-died");
    await first.crash();
    await second.state("Master");
    const returned = startDirector(context, lab(), "d1", file, { successorOf: first, record: true });
    await returned.state("Master");
    await second.state("Backup");
    returned.signal("SIGTERM");
    await second.state("Master");
    second.signal("SIGTERM");
    await Promise.all([returned.ended, second.ended]);

    const other = await replay(second);
    assert.deepEqual(other, { transitions: logged(second), stderr: "" });
    assert.deepEqual(
      other.transitions.map(({ to, cause }) => `${to} ${cause}`),
      [
        "Backup startup",
        "Master master-silent",
        "Leaving better-master",
        "Backup hand-over-done",
        "Master master-left",
        "Leaving stop",
        "Initialize let-go",
      ],
    );
    // Two lives in one file: the first ended in the middle of a word, perhaps, but not before it was master.
    const { transitions } = await replay(first);
    assert.deepEqual(transitions, [...logged(first), ...logged(returned)]);
    context.diagnostic(`${readFileSync(second.recording).length} bytes`);
  });
});
