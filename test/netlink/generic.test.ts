import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeCommand, decodeFamily, getFamily } from "../../src/netlink/generic.ts";
import { encodeRequest } from "../../src/netlink/message.ts";
import { toHex } from "../support/golden.ts";
import { goldenBytes, goldenMessage } from "./golden.ts";

describe("the controller", () => {
  it("is asked for a family by name", () => {
    assert.equal(toHex(encodeRequest(getFamily("IPVS"), 1)), toHex(goldenBytes("genl-getfamily")));
  });

  it("answers with the family's number", () => {
    assert.equal(decodeFamily(goldenMessage("genl-newfamily-reply")), 0x1c);
  });

  it("says nothing of a family in other messages, or in a prefix of its answer", () => {
    assert.equal(decodeFamily(goldenMessage("genl-getfamily")), undefined);
    assert.equal(decodeFamily(goldenMessage("ipvs-get-info-reply")), undefined);
    const message = goldenMessage("genl-newfamily-reply");
    for (let length = 0; length < 22; length++) {
      assert.equal(decodeFamily({ ...message, body: message.body.subarray(0, length) }), undefined);
    }
  });

  it("does not mind what else a message has", () => {
    const read = decodeCommand(goldenMessage("genl-newfamily-reply").body);
    assert.deepEqual([read?.command, read?.attributes.text(2), read?.attributes.u32(5)], [1, "IPVS", 6]);
  });
});
