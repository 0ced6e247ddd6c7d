/** What every other test in this folder stands on. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { must } from "../../support/processes.ts";

test("the kernel has IPVS", () => {
  assert.ok(existsSync("/proc/net/ip_vs"));
});

test("ipvsadm sees an empty table, fills it and clears it", async () => {
  assert.doesNotMatch(await must(["ipvsadm", "-Ln"]), /^(TCP|UDP|FWM)/m);
  await must(["ipvsadm", "-A", "-t", "192.0.2.1:80", "-s", "wrr"]);
  assert.match(await must(["ipvsadm", "-Ln"]), /^TCP {2}192\.0\.2\.1:80 wrr$/m);
  await must(["ipvsadm", "-C"]);
});
