import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { closeAddresses, openAddresses } from "../../src/netlink/closed-table.ts";
import { goldenBytes } from "./golden.ts";
import { seen, sent } from "./sent.ts";

describe("the table of closed addresses", () => {
  test("is written as nft writes it", () => {
    const addresses = ["10.0.0.100", "10.0.0.101", "2001:db8::100"].map(ip);
    assert.deepEqual(sent(closeAddresses(addresses)), seen([goldenBytes("nft-batch-address-sets")]));
  });

  test("has as many elements as it must, in messages that fit", () => {
    const addresses = Array.from({ length: 2_500 }, (_, index) => ip(`10.0.${index >> 8}.${index & 255}`));
    const elements = closeAddresses(addresses).filter(({ call }) => call === "NFT_MSG_NEWSETELEM");
    assert.equal(elements.length, 5);
    assert.ok(elements.every(({ body }) => body.length < 0x1_0000));
  });

  test("is removed in one transaction that makes it first, so that there is one", () => {
    const golden = seen([goldenBytes("nft-batch-address-sets")]);
    assert.deepEqual(sent(openAddresses()), [...golden.slice(0, 3), ...golden.slice(-1)]);
  });
});
