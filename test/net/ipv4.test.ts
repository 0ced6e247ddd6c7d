import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { internetChecksum } from "../../src/net/checksum.ts";
import { decodeIp4 } from "../../src/net/ipv4.ts";
import { fromHex, goldenFrame } from "../support/golden.ts";

const ETHERNET_SIZE = 14;
const PACKET = goldenFrame("vrrp-v3-ipv4").subarray(ETHERNET_SIZE);
const PAYLOAD = PACKET.subarray(20);

describe("decodeIp4", () => {
  it("reads keepalived's header", () => {
    assert.deepEqual(decodeIp4(PACKET), {
      typeOfService: 0xc0,
      timeToLive: 255,
      protocol: 112,
      source: "192.0.2.1",
      destination: "224.0.0.18",
      payload: PAYLOAD,
    });
  });

  it("reads the header of every IPv4 capture", () => {
    for (const name of ["vrrp-v2-ipv4", "vrrp-v2-ipv4-unicast", "vrrp-v3-ipv4-owner-25cs"]) {
      assert.equal(decodeIp4(goldenFrame(name).subarray(ETHERNET_SIZE))?.protocol, 112, name);
    }
  });

  it("leaves Ethernet padding out of the payload", () => {
    assert.deepEqual(decodeIp4(Uint8Array.of(...PACKET, ...new Uint8Array(14)))?.payload, PAYLOAD);
  });

  it("leaves options out of the payload", () => {
    const options = fromHex("94040000");
    const header = Uint8Array.of(...PACKET.subarray(0, 20), ...options);
    const withOptions = Uint8Array.of(...checksummed(header, [0, 0x46], [3, header.length + 12]), ...PAYLOAD);
    assert.deepEqual(decodeIp4(withOptions)?.payload, PAYLOAD);
  });

  it("rejects every truncated prefix", () => {
    for (let length = 0; length < PACKET.length; length++) {
      assert.equal(decodeIp4(PACKET.subarray(0, length)), undefined, `${length} bytes`);
    }
  });

  const rejected: [string, ...[number, number][]][] = [
    ["version 6", [0, 0x65]],
    ["a header length of 16", [0, 0x44]],
    ["a total length inside the header", [3, 19]],
    ["more fragments to come", [6, 0x20]],
    ["a later fragment", [7, 1]],
  ];
  for (const [name, ...changes] of rejected) {
    it(`rejects ${name}, rightly summed`, () => {
      const packet = Uint8Array.of(...checksummed(PACKET.slice(0, 20), ...changes), ...PAYLOAD);
      assert.equal(decodeIp4(packet), undefined);
    });
  }

  it("rejects a wrong header checksum", () => {
    const packet = PACKET.slice();
    packet[8] = 254;
    assert.equal(decodeIp4(packet), undefined);
  });

  it("accepts a set Don't Fragment bit", () => {
    const packet = Uint8Array.of(...checksummed(PACKET.slice(0, 20), [6, 0x40]), ...PAYLOAD);
    assert.notEqual(decodeIp4(packet), undefined);
  });
});

function checksummed(header: Uint8Array, ...changes: [offset: number, value: number][]): Uint8Array {
  for (const [offset, value] of changes) header[offset] = value;
  header.fill(0, 10, 12);
  const checksum = internetChecksum(header);
  header.set([Math.floor(checksum / 256), checksum % 256], 10);
  return header;
}
