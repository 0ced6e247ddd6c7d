/** What `keelson ipvs` says of the kernel's table, beside ipvsadm. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { verb } from "../../control/keelson.ts";
import { withServer } from "../../control/target.ts";
import { SAVED_BY_IPVSADM } from "../../ipvs/saved-by-ipvsadm.ts";
import { must } from "../../support/processes.ts";

describe("keelson ipvs", () => {
  const folder = mkdtempSync(join(tmpdir(), "keelson-ipvs-"));
  after(async () => {
    rmSync(folder, { recursive: true });
    await must(["ipvsadm", "-C"]);
  });
  const places = ["--run-dir", folder, "--state-dir", folder];
  const fileWith = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
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
    const text = await verb("ipvs show", ...places);
    assert.equal(text.status, 0, text.stderr);
    assert.match(text.stdout, /^IPVS 1\.2\.\d+, \d+ buckets/);
    assert.match(text.stdout, /^tcp 192\.0\.2\.1:80, sh, persistent for 100s \(STRANGER/m);
    assert.match(text.stdout, /^10\.0\.0\.2:80 +– +tunnel +0 /m);
    const json = JSON.parse((await verb("ipvs show", "--json", ...places)).stdout);
    assert.equal(json.services.length, 7);
    assert.match(json.away, /^no daemon/);
  });

  it("restores what ipvsadm saved: says it, does it, and then has nothing to do; what is no line of it stays", async () => {
    const file = fileWith("saved", SAVED_BY_IPVSADM);
    await must(["ipvsadm", "-C"]);
    await must(["ipvsadm", "-R"], { input: "-A -t 192.0.2.9:80 -s rr\n" });
    const planned = await verb("ipvs restore", file, "--plan", ...places);
    assert.match(planned.stdout, /^add tcp 192\.0\.2\.1:80 → 10\.0\.0\.2:80 /m);
    assert.equal(lines(await must(["ipvsadm", "-Sn"])).length, 1);
    const first = await verb("ipvs restore", file, ...places);
    assert.deepEqual([first.status, first.stderr, first.stdout], [0, "", planned.stdout]);
    const both = lines(`${SAVED_BY_IPVSADM}-A -t 192.0.2.9:80 -s rr`);
    assert.deepEqual(lines(await must(["ipvsadm", "-Sn"])), both);
    assert.equal((await verb("ipvs restore", file, ...places)).stdout, "no change\n");
  });

  it("writes only what differs, and removes servers that the table does not have", async () => {
    await must(["ipvsadm", "-e", "-t", "192.0.2.1:80", "-r", "10.0.0.1:80", "-g", "-w", "9"]);
    await must(["ipvsadm", "-a", "-t", "192.0.2.1:80", "-r", "10.0.0.99:80", "-g"]);
    const { stdout } = await verb("ipvs restore", fileWith("saved", SAVED_BY_IPVSADM), ...places);
    assert.deepEqual(stdout.trimEnd().split("\n"), [
      "set tcp 192.0.2.1:80 → 10.0.0.1:80: weight 9 → 1",
      "remove tcp 192.0.2.1:80 → 10.0.0.99:80",
    ]);
  });

  it("reads all of it before anything is done, and names every mistake by its line", async () => {
    const before = await must(["ipvsadm", "-Sn"]);
    const file = fileWith("mistakes", "-A -t 192.0.2.8:80 -s rr\n-A -t www:80\n-a -f 7 -r 10.0.0.1\n");
    const { status, stderr } = await verb("ipvs restore", file, ...places);
    assert.equal(status, 2);
    assert.match(stderr, /^\S+\/mistakes:2: error: .+\n\S+\/mistakes:3: error: .+\n.+ nothing was changed$/m);
    assert.equal(await must(["ipvsadm", "-Sn"]), before);
    assert.equal((await verb("ipvs restore", join(folder, "none"), ...places)).status, 2);
  });

  it("leaves the services of a running Keelson to it, and all others too, unless told", async () => {
    const file = fileWith("ours", "-A -t 192.0.2.100:80 -s rr\n-A -t 192.0.2.7:80 -s rr\n");
    await withServer(async ({ runDir }) => {
      const daemon = ["--run-dir", runDir, "--state-dir", folder];
      const refused = await verb("ipvs restore", file, ...daemon);
      assert.deepEqual([refused.status, refused.stdout], [1, ""]);
      assert.match(refused.stderr, /nothing was changed: tcp 192\.0\.2\.100:80: a running Keelson/);
      assert.doesNotMatch(await must(["ipvsadm", "-Sn"]), /192\.0\.2\.7/);
      assert.equal((await verb("ipvs restore", file, "--force", ...daemon)).status, 0);
      assert.match(await must(["ipvsadm", "-Sn"]), /192\.0\.2\.100:80 -s rr/);
    });
  });

  it("tells what the kernel refuses, and does the rest", async () => {
    const file = fileWith("refused", "-A -t 192.0.2.8:80 -s nonesuch\n-A -t 192.0.2.8:81 -s rr\n");
    const { status, stdout, stderr } = await verb("ipvs restore", file, ...places);
    assert.deepEqual([status, stdout], [1, "add tcp 192.0.2.8:81 (rr)\n"]);
    assert.match(stderr, /^refused: add tcp 192\.0\.2\.8:80 \(nonesuch\): /);
  });
});
