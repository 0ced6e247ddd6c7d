import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decodeDaemon,
  deleteDaemon,
  getDaemons,
  newDaemon,
  type SyncDaemon,
} from "../../src/ipvs/sync-daemon.ts";
import { ip } from "../../src/net/ip.ts";
import { encodeRequest, type Request } from "../../src/netlink/message.ts";
import { goldenBytes, goldenMessage } from "../netlink/golden.ts";
import { toHex } from "../support/golden.ts";

const PLACE = { interface: "v0", id: 51, port: 8_849, ttl: 3 } as const;
const MASTER: SyncDaemon = { role: "master", ...PLACE, group: ip("224.0.0.82") };
const BACKUP = {
  role: "backup",
  ...PLACE,
  id: 7,
  ttl: 2,
  group: ip("224.0.0.82"),
  maxLength: 1_400,
} as const;
const BACKUP6 = { role: "backup", ...PLACE, group: ip("ff02::81"), maxLength: 1_400 } as const;

describe("the sync daemons", () => {
  const cases: readonly (readonly [golden: string, Request])[] = [
    ["ipvs-new-daemon-master", newDaemon(0x1c, MASTER)],
    ["ipvs-new-daemon-backup-full", newDaemon(0x1c, BACKUP)],
    ["ipvs-new-daemon-backup-v6-full", newDaemon(0x1c, BACKUP6)],
    ["ipvs-del-daemon", deleteDaemon(0x1c, "backup")],
    ["ipvs-get-daemon-dump", getDaemons(0x1c)],
  ];
  for (const [golden, request] of cases) {
    it(`are asked for as ipvsadm does: ${golden}`, () => {
      assert.equal(toHex(encodeRequest(request, 1)), toHex(goldenBytes(golden)));
    });
  }

  it("are read as the kernel lists them", () => {
    assert.deepEqual(decodeDaemon(goldenMessage("ipvs-daemon-reply")), {
      role: "master",
      interface: "v0",
      id: 7,
      group: "224.0.0.81",
      port: 8_848,
      ttl: 1,
      maxLength: 1_472,
    });
    assert.deepEqual(decodeDaemon(goldenMessage("ipvs-daemon-reply-v6")), BACKUP6);
    assert.equal(decodeDaemon(goldenMessage("ipvs-get-info-reply")), undefined);
  });

  it("are nothing when a listing is cut short", () => {
    const message = goldenMessage("ipvs-daemon-reply");
    for (let length = 0; length < message.body.length; length++) {
      assert.equal(decodeDaemon({ ...message, body: message.body.subarray(0, length) }), undefined);
    }
  });
});
