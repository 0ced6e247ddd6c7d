import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ETHERNET_SIZE } from "../../src/net/ethernet.ts";
import { decodeFrame, encodeFrame } from "../../src/net/frame.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { goldenFrame, toHex } from "../support/golden.ts";

/** What a kernel numbers: identification and with it the checksum, or the flow label. */
const NUMBERED = { [4]: [4, 5, 10, 11], [6]: [1, 2, 3] } as const;

describe("adverts of a virtual MAC address, by keepalived", () => {
  for (const [name, family, source, destination] of [
    ["vrrp-v3-ipv4-vmac", 4, "192.0.2.1", "224.0.0.18"],
    ["vrrp-v3-ipv6-vmac", 6, "fe80::ff:fe00:a", "ff02::12"],
  ] as const) {
    it(`${name} is read`, () => {
      const packet = decodeFrame(goldenFrame(name));
      const read = [packet?.source, packet?.destination, packet?.ttl, packet?.tos, packet?.protocol];
      assert.deepEqual(read, [source, destination, 255, 0xc0, 112]);
    });

    it(`${name} is written, up to what a kernel numbers`, () => {
      const frame = goldenFrame(name);
      const packet = decodeFrame(frame);
      assert.ok(packet !== undefined);
      const written = encodeFrame(macFromBytes(frame.subarray(6, 12)), packet);
      assert.deepEqual(decodeFrame(written), packet);
      for (const offset of NUMBERED[family]) {
        for (const bytes of [frame, written]) bytes[ETHERNET_SIZE + offset] = 0;
      }
      if (family === 6) for (const bytes of [frame, written]) bytes[ETHERNET_SIZE] = 0x60;
      assert.equal(toHex(written), toHex(frame));
    });

    it(`no prefix of ${name} is read`, () => {
      const frame = goldenFrame(name);
      for (let length = 0; length < frame.length; length++) {
        assert.equal(decodeFrame(frame.subarray(0, length)), undefined, `${length} bytes`);
      }
    });
  }

  it("an ARP frame is none", () => assert.equal(decodeFrame(goldenFrame("garp-request-vmac")), undefined));
});
