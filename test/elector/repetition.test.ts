import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Repetition } from "../../src/elector/repetition.ts";
import { ip } from "../../src/net/ip.ts";
import { instant, millis } from "../../src/net/time.ts";
import type { ReceivedPacket } from "../../src/vrrp/packet.ts";

const PACKET: ReceivedPacket = {
  interface: "eth0",
  source: ip("192.0.2.12"),
  destination: ip("224.0.0.18"),
  ttl: 255,
  bytes: Uint8Array.of(0x31, 1, 100, 1),
  receivedAt: instant(0),
};
const ADVERT = { version: 3, vrid: 1, priority: 100, interval: millis(100), addresses: [] } as const;

describe("an advert that is repeated", () => {
  const cases: [string, Partial<ReceivedPacket>, number, boolean][] = [
    ["word for word, later", { receivedAt: instant(9), bytes: PACKET.bytes.slice() }, 1, true],
    ["from somebody else", { source: ip("192.0.2.13") }, 1, false],
    ["to somebody else", { destination: ip("192.0.2.11") }, 1, false],
    ["from further away", { ttl: 254 }, 1, false],
    ["with another byte", { bytes: Uint8Array.of(0x31, 1, 101, 1) }, 1, false],
    ["and longer", { bytes: Uint8Array.of(0x31, 1, 100, 1, 0) }, 1, false],
    ["when our own addresses have changed", {}, 2, false],
  ];
  for (const [how, changes, revision, known] of cases) {
    it(`${how}: ${known ? "is known" : "is judged anew"}`, () => {
      const repetition = new Repetition();
      assert.equal(repetition.of(PACKET, 1), undefined);
      repetition.note(PACKET, ADVERT, 1);
      assert.equal(repetition.of({ ...PACKET, ...changes }, revision), known ? ADVERT : undefined);
    });
  }
});
