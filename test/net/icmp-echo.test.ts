import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeEchoReply, encodeEchoRequest } from "../../src/net/icmp-echo.ts";
import { fromHex, goldenFrame, goldenPayload, toHex } from "../support/golden.ts";

const IP6_PAYLOAD = 14 + 40;
/** What ping asked with. */
const ECHOES = {
  4: { identifier: 2_499, sequence: 1, data: fromHex("bdbe016b 00000000 94f50e00 00000000") },
  6: { identifier: 2_500, sequence: 1, data: fromHex("bdbe016b 00000000 fb240f00 00000000") },
} as const;

describe("an ICMP echo", () => {
  it("is asked for as ping does", () => {
    assert.equal(toHex(encodeEchoRequest(4, ECHOES[4])), toHex(goldenPayload("echo-request-ipv4")));
    const theirs = goldenFrame("echo-request-ipv6").slice(IP6_PAYLOAD);
    // The kernel's part.
    theirs.fill(0, 2, 4);
    assert.equal(toHex(encodeEchoRequest(6, ECHOES[6])), toHex(theirs));
  });

  it("is answered by the kernel", () => {
    assert.deepEqual(decodeEchoReply(4, goldenPayload("echo-reply-ipv4")), ECHOES[4]);
    assert.deepEqual(decodeEchoReply(6, goldenFrame("echo-reply-ipv6").subarray(IP6_PAYLOAD)), ECHOES[6]);
  });

  const reply = goldenPayload("echo-reply-ipv4");
  const broken: readonly [what: string, bytes: Uint8Array][] = [
    ["a request", goldenPayload("echo-request-ipv4")],
    ["a reply of the other family", goldenFrame("echo-reply-ipv6").subarray(IP6_PAYLOAD)],
    ["a damaged one", reply.with(20, 1)],
    ["one without its end", reply.subarray(0, 17)],
    ["one that ends in its header", reply.subarray(0, 7)],
    ["nothing", new Uint8Array()],
  ];
  for (const [what, bytes] of broken) {
    it(`is not answered by ${what}`, () => assert.equal(decodeEchoReply(4, bytes), undefined));
  }
});
