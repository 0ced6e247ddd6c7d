import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addGuePort, decodeGuePort } from "../../src/netlink/fou.ts";
import { encodeRequest } from "../../src/netlink/message.ts";
import { toHex } from "../support/golden.ts";
import { goldenBytes, goldenMessage } from "./golden.ts";

/** What the controller called the family when the messages were captured. */
const FAMILY = 0x1c;

describe("ports for generic UDP encapsulation", () => {
  for (const [name, request] of [
    ["fou-add-gue", addGuePort(FAMILY, { family: 4, port: 6_080 })],
    ["fou-add-gue6", addGuePort(FAMILY, { family: 6, port: 6_081 })],
  ] as const) {
    it(`are opened as by iproute2: ${name}`, () => {
      assert.equal(toHex(encodeRequest(request, 1)), toHex(goldenBytes(name)));
    });
  }

  it("are read from the kernel's list", () => {
    assert.deepEqual(decodeGuePort(goldenMessage("fou-port-gue")), { family: 4, port: 6_080 });
    assert.deepEqual(decodeGuePort(goldenMessage("fou-port-gue6")), { family: 6, port: 6_081 });
  });

  it("are not those of another kind, nor what is cut off", () => {
    assert.equal(decodeGuePort(goldenMessage("fou-port-ipproto")), undefined);
    const message = goldenMessage("fou-port-gue");
    assert.equal(decodeGuePort({ ...message, body: message.body.subarray(0, 30) }), undefined);
  });
});
