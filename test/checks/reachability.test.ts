import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dropOf, type EchoDrop, type Round } from "../../src/checks/reachability.ts";
import { ip } from "../../src/net/ip.ts";
import { fromHex, goldenFrame, goldenPayload } from "../support/golden.ts";

const GATEWAY = ip("192.0.2.2");
/** What ping asked for. */
const ROUND: Round = {
  identifier: 2_499,
  sequence: 1,
  token: fromHex("bdbe016b 00000000 94f50e00 00000000"),
  targets: [ip("192.0.2.9"), GATEWAY],
};

describe("a reply counts when it is asked for", () => {
  const reply = goldenPayload("echo-reply-ipv4");
  const cases: readonly [what: string, round: Partial<Round>, source: string, drop: EchoDrop | undefined][] =
    [
      ["by us, now", {}, GATEWAY, undefined],
      ["of somebody else", {}, "192.0.2.3", "wrong-source"],
      ["by another program", { identifier: 2_498 }, GATEWAY, "wrong-identifier"],
      ["in an earlier round", { sequence: 2 }, GATEWAY, "late"],
      ["with other data", { token: ROUND.token.with(3, 0) }, GATEWAY, "wrong-token"],
      ["with more data", { token: Uint8Array.of(...ROUND.token, 0) }, GATEWAY, "wrong-token"],
    ];
  for (const [what, changes, source, drop] of cases) {
    it(what, () => assert.equal(dropOf({ ...ROUND, ...changes }, ip(source), reply), drop));
  }

  it("and is one", () => {
    assert.equal(dropOf(ROUND, GATEWAY, goldenPayload("echo-request-ipv4")), "no-echo-reply");
    const six = goldenFrame("echo-reply-ipv6").subarray(54);
    assert.equal(dropOf(ROUND, ip("2001:db8::2"), six), "wrong-source");
  });
});
