import assert from "node:assert/strict";
import { it } from "node:test";
import { descriptorLimit } from "../../../src/linux/balancer/descriptors.ts";
import { must } from "../../support/processes.ts";

it("the limit of file descriptors is that of this process, which a child inherits", async () => {
  assert.equal(descriptorLimit(), Number((await must(["sh", "-c", "ulimit -n"])).trim()));
});
