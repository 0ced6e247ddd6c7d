import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type DestinationRecord,
  decodeDestination,
  decodeDestinationState,
  deleteDestination,
  getDestinations,
  newDestination,
  setDestination,
} from "../../src/ipvs/destination.ts";
import { plainDestination } from "../../src/ipvs/kernel-table.ts";
import type { ServiceIdentity } from "../../src/ipvs/service.ts";
import { ip, ipFromBytes } from "../../src/net/ip.ts";
import { AttributeWriter } from "../../src/netlink/attributes.ts";
import { genericBody } from "../../src/netlink/generic.ts";
import { encodeRequest, type Request, splitMessages } from "../../src/netlink/message.ts";
import { goldenBytes, goldenMessage } from "../netlink/golden.ts";
import { toHex } from "../support/golden.ts";
import { NO_STATISTICS } from "./statistics.ts";

const FAMILY = 0x1c;
const web: ServiceIdentity = { kind: "address", protocol: 6, address: ip("192.0.2.100"), port: 80 };
const web6: ServiceIdentity = { ...web, address: ip("2001:db8::100"), port: 443 };

function destination(address: string, port: number, settings: Partial<DestinationRecord>): DestinationRecord {
  return { ...plainDestination({ address: ip(address), port }), ...settings };
}

const destinations: readonly [golden: string, service: ServiceIdentity, DestinationRecord][] = [
  ["ipvs-new-dest-nat", web, destination("192.0.2.11", 8_080, { weight: 5 })],
  ["ipvs-new-dest-dr", web, destination("192.0.2.12", 80, { method: 3, weight: 1 })],
  [
    "ipvs-new-dest-tun",
    web,
    destination("198.51.100.13", 80, { method: 2, weight: 2, upperThreshold: 1_000, lowerThreshold: 800 }),
  ],
  [
    "ipvs-new-dest-gue",
    web,
    destination("198.51.100.14", 80, {
      method: 2,
      weight: 1,
      tunnelType: 1,
      tunnelPort: 6_080,
      tunnelFlags: 1,
    }),
  ],
  ["ipvs-new-dest-v6", web6, destination("2001:db8::11", 443, { weight: 1 })],
];

function bytes(request: Request): string {
  return toHex(encodeRequest(request, 1));
}

function decoded(request: Request) {
  const [message] = splitMessages(encodeRequest(request, 1)).messages;
  assert(message !== undefined);
  return decodeDestination(message, web);
}

describe("destinations, as ipvsadm sends them", () => {
  for (const [golden, service, one] of destinations) {
    it(`${golden}, both ways`, () => {
      assert.equal(bytes(newDestination(FAMILY, service, one)), toHex(goldenBytes(golden)));
      assert.deepEqual(decodeDestination(goldenMessage(golden), service)?.record, one);
    });
  }

  it("ipvs-set-dest-weight0", () => {
    const request = setDestination(FAMILY, web, destination("192.0.2.99", 8_080, {}));
    assert.equal(bytes(request), toHex(goldenBytes("ipvs-set-dest-weight0")));
  });

  it("ipvs-del-dest", () => {
    const request = deleteDestination(FAMILY, web, destination("192.0.2.12", 80, { method: 3, weight: 1 }));
    assert.equal(bytes(request), toHex(goldenBytes("ipvs-del-dest")));
  });

  it("ipvs-get-dest-dump", () => {
    assert.equal(bytes(getDestinations(FAMILY, web)), toHex(goldenBytes("ipvs-get-dest-dump")));
  });
});

describe("decodeDestination", () => {
  it("reads the kernel's answer", () => {
    assert.deepEqual(decodeDestination(goldenMessage("ipvs-dest-reply"), web), {
      record: destination("198.51.100.15", 80, { method: 2, weight: 1, tunnelType: 2 }),
      activeConnections: 0,
      inactiveConnections: 0,
      statistics: NO_STATISTICS,
    });
  });

  it("reads the same without its counters", () => {
    const { statistics: _, ...state } = decodeDestination(goldenMessage("ipvs-dest-reply"), web) ?? {};
    assert.deepEqual(decodeDestinationState(goldenMessage("ipvs-dest-reply"), web), state);
    assert.equal(decodeDestinationState(goldenMessage("ipvs-service-reply"), web), undefined);
  });

  it("reads an IPv4 destination of an IPv6 service, whatever fills its address up", () => {
    const listed = decodeDestination(goldenMessage("ipvs-new-dest-v6svc-v4tun"), web6);
    assert.deepEqual([listed?.record.address, listed?.record.method], ["198.51.100.16", 2]);
  });

  it("takes the family of the service when there is none of its own", () => {
    const listed = decodeDestination(answer(new AttributeWriter(), 16), web);
    assert.equal(listed?.record.address, "10.0.0.11");
  });

  it("takes a short address, connections, and a method without its other bits", () => {
    const more = new AttributeWriter().u32(7, 3).u32(8, 4);
    const listed = decodeDestination(answer(more, 4), web);
    assert.equal(listed?.record.address, "10.0.0.11");
    assert.deepEqual([listed.activeConnections, listed.inactiveConnections], [3, 4]);
    assert.equal(listed.record.method, 5);
  });

  it("prefers the counters of 64 bits, and has those of 32", () => {
    const stats = new AttributeWriter().nested(10, (inside) => inside.u32(1, 7));
    assert.equal(decodeDestination(answer(stats, 16), web)?.statistics.connections, 7);
    const wide = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0);
    stats.nested(12, (inside) => inside.bytes(1, wide).bytes(11, new Uint8Array()));
    assert.equal(decodeDestination(answer(stats, 16), web)?.statistics.connections, 2 ** 32);
  });

  it("reads every destination as it was written", () => {
    const ip4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
    const ip6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const long = fc.nat(0xffff_ffff);
    const short = fc.nat(0xffff);
    const record = fc.record(
      {
        address: fc.oneof(ip4, ip6).map((one) => ipFromBytes(one)),
        port: short,
        method: fc.nat(7),
        weight: long,
        upperThreshold: long,
        lowerThreshold: long,
        tunnelType: fc.nat(255),
        tunnelPort: short,
        tunnelFlags: short,
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(record, (one) => {
        assert.deepEqual(decoded(newDestination(FAMILY, web, one))?.record, one);
      }),
    );
  });

  it("reads no prefix of a message, and no other one", () => {
    const message = goldenMessage("ipvs-dest-reply");
    for (let length = 0; length < message.body.length; length++) {
      const prefix = { ...message, body: message.body.subarray(0, length) };
      assert.equal(decodeDestination(prefix, web), undefined);
      assert.equal(decodeDestinationState(prefix, web), undefined);
    }
    assert.equal(decodeDestination(goldenMessage("ipvs-service-reply"), web), undefined);
  });
});

/** A kernel's NEW_DEST with the attributes that must be there, and more. */
function answer(more: AttributeWriter, addressSize: number) {
  const address = new Uint8Array(addressSize);
  address.set([10, 0, 0, 11]);
  const must = new AttributeWriter().bytes(1, address).networkU16(2, 80).u32(3, 0x105).u32(4, 1);
  const inside = Uint8Array.of(...must.finish(), ...more.finish());
  return { type: FAMILY, flags: 2, sequence: 1, body: genericBody(5, 1, (out) => out.bytes(2, inside)) };
}
