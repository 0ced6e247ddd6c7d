import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { encodeRequest, NLM_F_ACK, type Request, splitMessages } from "../../src/netlink/message.ts";
import { removeTable, replaceTable } from "../../src/netlink/nftables.ts";
import { goldenBytes } from "./golden.ts";

/** In short, and without what nft does not ask for. */
function seen(datagrams: readonly Uint8Array[]) {
  return datagrams.flatMap((datagram) => {
    const { messages, error } = splitMessages(datagram);
    assert.equal(error, undefined);
    return messages.map(({ type, flags, body }) => {
      return { type, flags: flags & ~NLM_F_ACK, body: Buffer.from(body).toString("hex") };
    });
  });
}

function sent(requests: readonly Request[]) {
  return seen(requests.map((request) => encodeRequest(request, 1)));
}

describe("the table", () => {
  test("is written as nft writes it", () => {
    const addresses = ["10.0.0.100", "10.0.0.101", "2001:db8::100"].map(ip);
    assert.deepEqual(sent(replaceTable(addresses)), seen([goldenBytes("nft-batch-address-sets")]));
  });

  test("has as many elements as it must, in messages that fit", () => {
    const addresses = Array.from({ length: 2_500 }, (_, index) => ip(`10.0.${index >> 8}.${index & 255}`));
    const elements = replaceTable(addresses).filter(({ call }) => call === "NFT_MSG_NEWSETELEM");
    assert.equal(elements.length, 3);
    assert.ok(elements.every(({ body }) => body.length < 0x1_0000));
  });

  test("is removed in one transaction that makes it first, so that there is one", () => {
    const golden = seen([goldenBytes("nft-batch-address-sets")]);
    assert.deepEqual(sent(removeTable()), [...golden.slice(0, 3), ...golden.slice(-1)]);
  });
});
