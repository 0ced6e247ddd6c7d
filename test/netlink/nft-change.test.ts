import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { splitMessages } from "../../src/netlink/message.ts";
import { changedTable } from "../../src/netlink/nft-change.ts";
import { goldenBytes } from "./golden.ts";

const OURS = "keelson-marks";

describe("a change of nftables", () => {
  for (const [name, tables] of [
    ["nft-told-element", [OURS]],
    ["nft-told-end", [undefined]],
    ["nft-told-flush", [OURS, OURS, OURS, OURS]],
    ["rtnl-link-up", [undefined]],
  ] as const)
    it(`${name} is of ${tables.join(", ") || "no table"}`, () => {
      const { messages, error } = splitMessages(goldenBytes(name));
      assert.deepEqual([messages.map(changedTable), error], [tables, undefined]);
    });

  it("of another family is none of ours", () => {
    const [message] = splitMessages(goldenBytes("nft-told-element")).messages;
    assert.ok(message);
    const body = message.body.slice();
    body[0] = 2;
    assert.equal(changedTable({ ...message, body }), undefined);
  });
});
