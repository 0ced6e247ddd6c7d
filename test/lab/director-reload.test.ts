/** What a new cluster file does to a running pair, what a bad one does not do, and how a director starts with a bad one. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openCapture } from "../support/capture.ts";
import { type DirectorProcess, pairFile, startDirector, startPair } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { VIP } from "../support/topology.ts";
import { until } from "../support/until.ts";

const BAD_FILE = 2;
const OTHER_VIP = "10.0.0.101";
const BACK_UP_FIRST = { lb1: 90, lb2: 100 };

describe("a cluster file that changes", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("disturbs nobody when it says the same, or when it is bad", async (context) => {
    const [first, second] = await startPair(context, lab());
    const capture = openCapture(context, lab());
    const before = [first.transitions(), second.transitions()];
    const accepted = first.eventsOf("file-accepted").length;

    first.signal("SIGHUP");
    const event = await until("second acceptance", () => first.eventsOf("file-accepted")[accepted]);
    assert.deepEqual(event.changes, []);

    const good = readFileSync(first.clusterFile, "utf8");
    first.write(good.replace("vrid = 51", "vird = 51"));
    first.signal("SIGHUP");
    const { issues } = await first.event("file-refused");
    const line = good.split("\n").findIndex((text) => text.startsWith("vrid")) + 1;
    assert.match(issues.join("\n"), new RegExp(`^${first.clusterFile}:${line}:1: `, "m"));
    assert.match(issues.join("\n"), /`vird` .+did you mean `vrid`/s);
    assert.equal(readFileSync(join(first.stateDir, "accepted.toml"), "utf8"), good);

    const reload = await first.command("reload", "--run-dir", first.runDir);
    assert.equal(reload.status, BAD_FILE);
    assert.match(reload.stderr, new RegExp(`^${first.clusterFile}:${line}:1: `, "m"));
    assert.deepEqual([first.transitions(), second.transitions()], before);
    assert.deepEqual([...new Set(capture.adverts.map(({ advert }) => advert.priority))], [150]);
  });

  it("adds and removes an address in place, and changes who is master", async (context) => {
    const [first, second] = await startPair(context, lab());
    const before = first.transitions();
    const two = pairFile({ addresses: [`"${VIP}"`, `"${OTHER_VIP}"`] });
    await reload([second, first], two);
    await first.holds(true, OTHER_VIP);
    await first.holds(true, VIP);

    const other = pairFile({ addresses: [`"${OTHER_VIP}"`] });
    await reload([second, first], other);
    await first.holds(false, VIP);
    await first.holds(true, OTHER_VIP);
    assert.deepEqual(first.transitions(), before);

    const swapped = pairFile({ addresses: [`"${OTHER_VIP}"`], priorities: BACK_UP_FIRST });
    const { stdout } = await reload([second, first], swapped);
    assert.match(stdout, /priority/);
    await second.state("Master");
    await first.state("Backup");
    await second.holds(true, OTHER_VIP);
    await first.holds(false, OTHER_VIP);
  });

  it("adds a router, and hands over the one that is gone", async (context) => {
    const [first, second] = await startPair(context, lab());
    const back = `[routers.back]\nvrid = 52\ninterval = "100ms"\npriority = { lb1 = 90, lb2 = 120 }\naddresses = ["${OTHER_VIP}"]`;
    await reload([first, second], pairFile({ more: back }));
    await second.state("Master", "back");
    await first.state("Backup", "back");
    await second.holds(true, OTHER_VIP);
    await reload([first, second], pairFile());
    await first.holds(false, OTHER_VIP);
    await second.holds(false, OTHER_VIP);
    assert.equal(await lab().holds("d1", VIP), true);
    assert.equal(first.transitions().at(-1)?.to, "Master");
  });

  it("is not needed at start where an accepted one is, unless that is asked for", async (context) => {
    const first = startDirector(context, lab(), "d1", pairFile());
    await first.state("Master");
    first.signal("SIGTERM");
    await first.ended;

    const bad = pairFile().replace("vrid = 51", "vrid = 0");
    const strict = startDirector(context, lab(), "d1", bad, { successorOf: first, strict: true });
    assert.equal((await strict.ended).status, BAD_FILE);
    assert.equal(strict.eventsOf("file-refused").length, 1);

    const lenient = startDirector(context, lab(), "d1", bad, { successorOf: first });
    await lenient.state("Master");
    const used = await lenient.event("accepted-file-used");
    assert.equal(used.file, join(first.stateDir, "accepted.toml"));
    assert.equal(lenient.eventsOf("file-refused").length, 1);
    const status = await until("status", () => lenient.status());
    assert.equal(status.file, used.file);
  });

  it("that is bad ends a director that never had a good one", async (context) => {
    const first = startDirector(context, lab(), "d1", "[cluster]\nname = 7\n");
    assert.equal((await first.ended).status, BAD_FILE);
    assert.equal(await lab().holds("d1", VIP), false);
  });
});

/** The same file on each, one after the other; what the last one's `reload` said. */
async function reload(directors: readonly DirectorProcess[], clusterFile: string) {
  let stdout = "";
  for (const director of directors) {
    director.write(clusterFile);
    const ending = await director.command("reload", "--run-dir", director.runDir);
    assert.equal(ending.status, 0, ending.stderr);
    stdout = ending.stdout;
  }
  return { stdout };
}
