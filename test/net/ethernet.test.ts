import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NetworkReader, NetworkWriter } from "../../src/net/bytes.ts";
import { ETHERNET_SIZE, ETHERTYPE_ARP, readEthernet, writeEthernet } from "../../src/net/ethernet.ts";
import { goldenFrame } from "../support/golden.ts";

describe("the Ethernet header", () => {
  const frame = goldenFrame("garp-request-vmac");

  it("is read", () => {
    const header = readEthernet(new NetworkReader(frame));
    const destination = "ff:ff:ff:ff:ff:ff";
    assert.deepEqual(header, { destination, source: "00:00:5e:00:01:33", type: ETHERTYPE_ARP });
  });

  it("is written as it was read", () => {
    const writer = new NetworkWriter(new Uint8Array(ETHERNET_SIZE).fill(0xaa));
    writeEthernet(writer, readEthernet(new NetworkReader(frame)));
    assert.deepEqual(writer.finish(), frame.slice(0, ETHERNET_SIZE));
  });

  it("leaves an error on the reader when it is cut", () => {
    for (let length = 0; length < ETHERNET_SIZE; length++) {
      const reader = new NetworkReader(frame.subarray(0, length));
      readEthernet(reader);
      assert.notEqual(reader.error, undefined, `${length} bytes`);
    }
  });
});
