import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCEPT, isLastWordOf } from "../../../src/linux/sockets/filter.ts";
import { ip } from "../../../src/net/ip.ts";

function addresses(count: number) {
  return Array.from({ length: count }, (_, index) => ip(`10.0.${index >> 8}.${index & 255}`));
}

test("few addresses are told apart by the kernel; many would not fit into its filter, and all pass", () => {
  assert.equal(isLastWordOf(32, addresses(500)).length, 2 * 500 + 2);
  assert.deepEqual(isLastWordOf(32, addresses(501)), ACCEPT);
});
