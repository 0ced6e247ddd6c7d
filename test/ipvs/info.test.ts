import assert from "node:assert/strict";
import { it } from "node:test";
import { decodeInfo, getInfo } from "../../src/ipvs/info.ts";
import { encodeRequest } from "../../src/netlink/message.ts";
import { goldenBytes, goldenMessage } from "../netlink/golden.ts";
import { toHex } from "../support/golden.ts";

it("getInfo asks as ipvsadm does", () => {
  assert.equal(toHex(encodeRequest(getInfo(0x1c), 1)), toHex(goldenBytes("ipvs-get-info")));
});

it("decodeInfo reads version and table size, and nothing else", () => {
  const message = goldenMessage("ipvs-get-info-reply");
  assert.deepEqual(decodeInfo(message), { version: "1.2.1", connectionTableSize: 4_096 });
  assert.equal(decodeInfo(goldenMessage("ipvs-get-info")), undefined);
  for (let length = 0; length < message.body.length; length++) {
    assert.equal(decodeInfo({ ...message, body: message.body.subarray(0, length) }), undefined);
  }
});
