/** What a director does when something that the balancer watches goes down: files, … on real sockets and processes. */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type DirectorProcess, pairFile, startPair } from "../support/director-process.ts";
import { ownFolder } from "../support/folders.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";

describe("a pair that tracks", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("a number in a file moves the priority of both", async (context) => {
    const folder = ownFolder("tracks");
    context.after(() => folder.remove());
    const path = join(folder.path, "strain");
    const file = pairFile({
      router: 'track = [{ name = "strain", weight = 1 }]\npreempt = { damping = false }',
      more: `[tracks.strain]\ntype = "file"\npath = "${path}"\nup_when = "zero"\n`,
    });
    const [first, second] = await startPair(context, lab(), file);
    await first.event("track", ({ up }) => up);
    // Both read it: 90 is still more than 40.
    writeFileSync(path, "-60\n");
    assert.equal((await first.event("priority")).to, 90);
    assert.equal((await second.event("priority")).to, 40);
    assert.deepEqual(await said(first, "strain"), `down: ${path} holds -60`);
    rmSync(path);
    await first.event("priority", ({ to }) => to === 150);
  });
});

/** What `status` says of a track. */
async function said(director: DirectorProcess, name: string): Promise<string> {
  const track = (await director.status())?.elector?.tracks.find((one) => one.name === name);
  return `${track?.up === true ? "up" : "down"}: ${track?.detail}`;
}
