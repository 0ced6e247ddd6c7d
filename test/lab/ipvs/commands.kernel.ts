/** What `keelson ipvs` says of the kernel's table, beside ipvsadm. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { verb } from "../../control/keelson.ts";
import { SAVED_BY_IPVSADM } from "../../ipvs/saved-table.ts";
import { must } from "../../support/processes.ts";

describe("keelson ipvs", () => {
  const folder = mkdtempSync(join(tmpdir(), "keelson-ipvs-"));
  after(async () => {
    rmSync(folder, { recursive: true });
    await must(["ipvsadm", "-C"]);
  });
  const lines = (text: string) => text.trim().split("\n").sort();

  it("saves what ipvsadm saves, and ipvsadm restores it", async () => {
    await must(["ipvsadm", "-R"], { input: SAVED_BY_IPVSADM });
    const { status, stdout, stderr } = await verb("ipvs save");
    assert.deepEqual([status, stderr], [0, ""]);
    assert.deepEqual(lines(stdout), lines(SAVED_BY_IPVSADM));
    assert.deepEqual(lines(await must(["ipvsadm", "-Sn"])), lines(stdout));
    await must(["ipvsadm", "-C"]);
    await must(["ipvsadm", "-R"], { input: stdout });
    assert.deepEqual(lines(await must(["ipvsadm", "-Sn"])), lines(SAVED_BY_IPVSADM));
  });

  it("shows the same table, also without a daemon, and for programs", async () => {
    const places = ["--run-dir", folder, "--state-dir", folder];
    const text = await verb("ipvs show", ...places);
    assert.equal(text.status, 0, text.stderr);
    assert.match(text.stdout, /^IPVS 1\.2\.\d+, \d+ buckets/);
    assert.match(text.stdout, /^tcp 192\.0\.2\.1:80, sh, persistent for 100s \(STRANGER/m);
    assert.match(text.stdout, /^10\.0\.0\.2:80 +– +tunnel +0 /m);
    const json = JSON.parse((await verb("ipvs show", "--json", ...places)).stdout);
    assert.equal(json.services.length, 7);
    assert.match(json.away, /^no daemon/);
  });
});
