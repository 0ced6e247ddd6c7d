import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { internetChecksum, pseudoHeaderSum } from "../../src/net/checksum.ts";
import { ip } from "../../src/net/ip.ts";
import { fromHex } from "../support/golden.ts";

const VRRP = 112;

describe("internetChecksum", () => {
  const plain: [string, string, number][] = [
    ["the example of RFC 1071 §3", "0001 f203 f4f5 f6f7", 0xffff - 0xddf2],
    ["nothing", "", 0xffff],
    ["zeros", "0000 0000", 0xffff],
    ["ones", "ffff ffff", 0],
    ["an odd length: a zero byte is added", "0102 03", 0xffff - 0x0402],
    ["a VRRP message without pseudo-header", "31336401 0064 0000 c0000264", 0xa802],
  ];
  for (const [name, hex, expected] of plain) {
    it(name, () => assert.equal(internetChecksum(fromHex(hex)), expected));
  }

  it("covers an IPv4 pseudo-header", () => {
    const message = fromHex("31336401 0064 0000 c0000264");
    const multicast = pseudoHeaderSum(ip("192.0.2.1"), ip("224.0.0.18"), VRRP, message.length);
    const unicast = pseudoHeaderSum(ip("192.0.2.1"), ip("192.0.2.2"), VRRP, message.length);
    assert.equal(internetChecksum(message, multicast), 0x0572);
    assert.equal(internetChecksum(message, unicast), 0x2382);
  });

  it("covers an IPv6 pseudo-header", () => {
    const message = fromHex("31336401 0064 0000 20010db8 00000000 00000000 00000100");
    const sum = pseudoHeaderSum(ip("2001:db8::1"), ip("2001:db8::2"), VRRP, message.length);
    assert.equal(internetChecksum(message, sum), 0xdfb0);
  });

  it("is 0 over a message that carries it", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 200 }),
        fc.nat(0xf_ffff),
        (bytes, pseudoHeader) => {
          bytes.fill(0, 2, 4);
          const checksum = internetChecksum(bytes, pseudoHeader);
          bytes.set([Math.floor(checksum / 256), checksum % 256], 2);
          // All zeros have the one sum that cannot be told from its complement.
          const nothing =
            bytes.every((byte, index) => byte === 0 || index === 2 || index === 3) && pseudoHeader === 0;
          assert.equal(internetChecksum(bytes, pseudoHeader), nothing ? internetChecksum(bytes) : 0);
        },
      ),
    );
  });
});
