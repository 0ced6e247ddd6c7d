import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { imprintOf } from "../../src/ipvs/imprint.ts";
import { attributesIn } from "../../src/netlink/attributes.ts";
import { genericBody } from "../../src/netlink/generic.ts";
import type { Message } from "../../src/netlink/message.ts";
import { goldenMessage } from "../netlink/golden.ts";

/** Of the command, and of the attribute that holds all others. */
const HEADERS = 8;

/** Of one destination, with its numbers by those of their attributes. */
function listed(numbers: Readonly<Record<number, number>>, address = [10, 0, 0, 1], packets = 0): Message {
  const body = genericBody(5, 1, (attributes) =>
    attributes.nested(2, (inside) => {
      inside.bytes(1, Uint8Array.from(address)).networkU16(2, 80);
      for (const [type, number] of Object.entries({ 3: 0, 4: 1, 7: 0, 8: 0, 9: 0, ...numbers }))
        inside.u32(Number(type), number);
      inside.u8(13, 0).nested(12, (stats) => stats.u32(1, packets));
    }),
  );
  return { type: 28, flags: 2, sequence: 1, body };
}

const others: readonly (readonly [string, Message, Message])[] = [
  ["another address", listed({}), listed({}, [10, 0, 0, 2])],
  ["another method", listed({}), listed({ 3: 3 })],
  ["another weight", listed({}), listed({ 4: 2 })],
  ["weight 0", listed({}), listed({ 4: 0 })],
  ["an upper threshold", listed({ 5: 0 }), listed({ 5: 9 })],
  ["one that is not there at all", listed({}), listed({ 5: 0 })],
  ["active connections of one that is waited for", listed({ 4: 0 }), listed({ 4: 0, 7: 1 })],
  ["inactive ones", listed({ 4: 0, 7: 1 }), listed({ 4: 0, 8: 1 })],
];
const same: readonly (readonly [string, Message, Message])[] = [
  ["connections of one with a weight", listed({}), listed({ 7: 3, 8: 4 })],
  ["persistent ones", listed({ 4: 0 }), listed({ 4: 0, 9: 1 })],
  ["counters", listed({}), listed({}, [10, 0, 0, 1], 7)],
];

describe("the imprint of a listing", () => {
  for (const [what, one, other] of others)
    it(`tells ${what}`, () => assert.notEqual(imprintOf([one]), imprintOf([other])));

  for (const [what, one, other] of same)
    it(`does not tell ${what}`, () => assert.equal(imprintOf([one]), imprintOf([other])));

  it("tells how many destinations there are, and in which order", () => {
    const [one, other] = [listed({}), listed({ 4: 2 })];
    const lists = [[], [one], [one, one], [one, other], [other, one]];
    assert.equal(new Set(lists.map(imprintOf)).size, lists.length);
  });

  it("tells every byte that the kernel says of a destination, but those of counters and connections", () => {
    const message = goldenMessage("ipvs-dest-reply");
    const bytes = message.body.slice();
    const before = imprintOf([message]);
    const told = new Set<number>();
    for (const { type, payload } of attributesIn(bytes.subarray(HEADERS))) {
      for (const [place, byte] of payload.entries()) {
        payload[place] = byte ^ 0x80;
        if (imprintOf([{ ...message, body: bytes }]) !== before) told.add(type);
        else assert([7, 8, 9, 10, 12].includes(type), `byte ${place} of attribute ${type} is not told`);
        payload[place] = byte;
      }
    }
    assert.deepEqual([...told], [1, 2, 3, 4, 13, 14, 15, 5, 6, 11]);
  });

  it("comes to an end whatever it reads", () => {
    const body = new Uint8Array(40);
    assert.match(imprintOf([{ ...listed({}), body }]), /^-?\d+ -?\d+$/);
  });
});
