import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { savedText } from "../../src/ipvs/ipvsadm.ts";
import { plainDestination } from "../../src/ipvs/kernel-table.ts";
import { plainService } from "../../src/ipvs/service.ts";
import { ip } from "../../src/net/ip.ts";

const IDENTITY = { kind: "address", protocol: 6, address: ip("192.0.2.1"), port: 80 } as const;

describe("a saved table", () => {
  it("has thresholds, which ipvsadm reads and does not write", () => {
    const server = { ...plainDestination({ address: ip("10.0.0.1"), port: 80 }), weight: 1 };
    const destinations = [{ ...server, upperThreshold: 9, lowerThreshold: 4 }];
    assert.equal(
      savedText({ record: plainService(IDENTITY, "rr"), destinations }),
      "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1 -x 9 -y 4\n",
    );
  });

  it("has no words for a protocol that ipvsadm does not know", () => {
    const record = plainService({ ...IDENTITY, protocol: 33 }, "rr");
    assert.equal(savedText({ record, destinations: [] }), undefined);
  });
});
