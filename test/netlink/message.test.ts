import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changeRequest, dumpRequest, encodeRequest, splitMessages } from "../../src/netlink/message.ts";
import { fromHex, toHex } from "../support/golden.ts";
import { GOLDEN_NAMES, goldenBytes } from "./golden.ts";

describe("encodeRequest", () => {
  it("counts the body in, and the padding out", () => {
    const request = changeRequest("X", 0x1c, fromHex("01020304 05"));
    assert.equal(
      toHex(encodeRequest(request, 7)),
      "15000000 1c00 0500 07000000 00000000 0102030405 000000".replaceAll(" ", ""),
    );
  });

  it("asks for dumps with REQUEST, ACK and DUMP", () => {
    assert.equal(dumpRequest("X", 1, fromHex("")).flags, 0x305);
  });
});

describe("splitMessages", () => {
  it("finds several in one datagram", () => {
    const two = [changeRequest("X", 20, fromHex("01")), changeRequest("X", 21, fromHex("02030405"))];
    const bytes = two.flatMap((request, index) => Array.from(encodeRequest(request, index + 1)));
    const { messages, error } = splitMessages(Uint8Array.from(bytes));
    assert.equal(error, undefined);
    assert.deepEqual(
      messages.map(({ type, sequence, body }) => [type, sequence, toHex(body)]),
      [
        [20, 1, "01"],
        [21, 2, "02030405"],
      ],
    );
  });

  it("stops at a length that is none, and keeps what came before", () => {
    const good = toHex(encodeRequest(changeRequest("X", 20, fromHex("")), 1));
    const short = splitMessages(fromHex(`${good} 0f000000 1400 0000 00000000 00000000`));
    assert.deepEqual([short.messages.length, short.error], [1, "a message of 15 bytes"]);
  });

  it("finds no message in any prefix of one", () => {
    for (const name of GOLDEN_NAMES) {
      const bytes = goldenBytes(name);
      if (splitMessages(bytes).messages.length > 1) continue;
      for (let length = 1; length < bytes.length; length++) {
        const { messages, error } = splitMessages(bytes.subarray(0, length));
        assert.equal(messages.length, 0, `${name}, ${length} bytes`);
        assert.notEqual(error, undefined);
      }
    }
  });
});
