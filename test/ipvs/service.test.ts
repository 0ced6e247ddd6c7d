import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  decodeService,
  decodeServiceRecord,
  deleteService,
  getServices,
  newService,
  plainService,
  type ServiceIdentity,
  type ServiceRecord,
  setService,
} from "../../src/ipvs/service.ts";
import { ip, ipFromBytes } from "../../src/net/ip.ts";
import { encodeRequest, type Request, splitMessages } from "../../src/netlink/message.ts";
import { goldenBytes, goldenMessage } from "../netlink/golden.ts";
import { toHex } from "../support/golden.ts";
import { NO_STATISTICS } from "./statistics.ts";

const FAMILY = 0x1c;
const web: ServiceIdentity = { kind: "address", protocol: 6, address: ip("192.0.2.100"), port: 80 };
const udp = (port: number): ServiceIdentity => ({ ...web, protocol: 17, port });

const services: readonly [golden: string, service: ServiceRecord][] = [
  ["ipvs-new-service-tcp", plainService(web, "wlc")],
  [
    "ipvs-new-service-udp-persistent",
    { ...plainService(udp(53), "rr"), flags: 1, timeoutSeconds: 300, clientPrefix: 24 },
  ],
  [
    "ipvs-new-service-pe",
    { ...plainService(udp(5_060), "rr"), flags: 1, timeoutSeconds: 60, persistenceEngine: "sip" },
  ],
  ["ipvs-new-service-ops", { ...plainService(udp(514), "rr"), flags: 4 }],
  ["ipvs-new-service-sctp", plainService({ ...web, protocol: 132, port: 36_412 }, "wrr")],
  ["ipvs-new-service-fwmark", { ...plainService({ kind: "mark", family: 4, mark: 100 }, "sh"), flags: 0x18 }],
  ["ipvs-new-service-fwmark6", plainService({ kind: "mark", family: 6, mark: 100 }, "mh")],
];

function bytes(request: Request): string {
  return toHex(encodeRequest(request, 1));
}

function decoded(request: Request) {
  const [message] = splitMessages(encodeRequest(request, 1)).messages;
  assert(message !== undefined);
  return decodeService(message);
}

describe("services, as ipvsadm sends them", () => {
  for (const [golden, service] of services) {
    it(`${golden}, both ways`, () => {
      assert.equal(bytes(newService(FAMILY, service)), toHex(goldenBytes(golden)));
      assert.deepEqual(decodeService(goldenMessage(golden)), { record: service, statistics: NO_STATISTICS });
    });
  }

  it("ipvs-set-service", () => {
    assert.equal(bytes(setService(FAMILY, plainService(web, "rr"))), toHex(goldenBytes("ipvs-set-service")));
  });

  it("ipvs-del-service", () => {
    assert.equal(bytes(deleteService(FAMILY, udp(514))), toHex(goldenBytes("ipvs-del-service")));
  });

  it("ipvs-get-service-dump", () => {
    assert.equal(bytes(getServices(FAMILY)), toHex(goldenBytes("ipvs-get-service-dump")));
  });
});

describe("decodeService", () => {
  it("reads the kernel's answer, without its own HASHED flag", () => {
    assert.deepEqual(decodeService(goldenMessage("ipvs-service-reply")), {
      record: plainService(web, "rr"),
      statistics: NO_STATISTICS,
    });
    assert.deepEqual(decodeServiceRecord(goldenMessage("ipvs-service-reply")), plainService(web, "rr"));
  });

  it("reads every service as it was written", () => {
    const ip4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
    const ip6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const address = fc.record({ bytes: fc.oneof(ip4, ip6), protocol: fc.nat(255), port: fc.nat(65_535) });
    const mark = fc.record({ family: fc.constantFrom(4 as const, 6 as const), mark: fc.nat(0xffff_ffff) });
    const identity: fc.Arbitrary<ServiceIdentity> = fc.oneof(
      address.map((one) => ({
        kind: "address" as const,
        protocol: one.protocol,
        address: ipFromBytes(one.bytes),
        port: one.port,
      })),
      mark.map((one) => ({ kind: "mark" as const, ...one })),
    );
    const record = fc.tuple(identity, fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.nat(32), fc.boolean());
    fc.assert(
      fc.property(record, ([key, flags, timeoutSeconds, clientPrefix, sip]) => {
        const service = {
          ...plainService(key, "wrr"),
          flags: (flags & ~2) >>> 0,
          timeoutSeconds,
          clientPrefix,
          persistenceEngine: sip ? "sip" : "",
        };
        assert.deepEqual(decoded(newService(FAMILY, service))?.record, service);
      }),
    );
  });

  it("leaves alone what it does not know: another command, another family, no key", () => {
    const message = goldenMessage("ipvs-service-reply");
    assert.equal(decodeService(goldenMessage("ipvs-dest-reply")), undefined);
    assert.equal(decodeService({ ...message, body: message.body.with(12, 7) }), undefined);
    assert.equal(decodeService(goldenMessage("ipvs-get-service-dump")), undefined);
  });

  it("skips attributes that came later", () => {
    const message = goldenMessage("ipvs-new-service-tcp");
    const longer = Uint8Array.of(...message.body, 8, 0, 200, 0, 1, 2, 3, 4).with(
      4,
      message.body.length - 4 + 8,
    );
    assert.deepEqual(decodeService({ ...message, body: longer })?.record, plainService(web, "wlc"));
  });

  it("reads no prefix of a message", () => {
    const message = goldenMessage("ipvs-service-reply");
    for (let length = 0; length < message.body.length; length++) {
      const prefix = { ...message, body: message.body.subarray(0, length) };
      assert.deepEqual([decodeService(prefix), decodeServiceRecord(prefix)], [undefined, undefined]);
    }
  });
});
