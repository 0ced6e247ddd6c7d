import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refusedSteps } from "../../src/ipvs/refusals.ts";
import type { PlanStep } from "../../src/ipvs/step.ts";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";
import { errorCode } from "../../src/netlink/errno.ts";

const service = { protocol: "tcp", address: ip("192.0.2.100"), port: 80, scheduler: "wlc" } as const;
const destination = { address: ip("10.0.0.11"), port: 80, forward: "nat", weight: 1 } as const;
const other = { ...service, port: 81 };

const refusal = (errno: number) => ({
  call: "IPVS_CMD_NEW_SERVICE",
  errno,
  code: errorCode(errno),
  text: "no",
});
const [ENOENT, ESRCH, EINVAL, EAFNOSUPPORT] = [2, 3, 22, 97];

describe("a refused plan", () => {
  it("tells of a service that could not be made once, and of others", () => {
    const steps: PlanStep[] = [
      { kind: "add-service", service },
      { kind: "add-destination", service, destination },
      { kind: "add-service", service: other },
      { kind: "add-destination", service: other, destination },
    ];
    const refused = refusedSteps(steps, [refusal(ENOENT), refusal(ESRCH), undefined, refusal(EINVAL)]);
    assert.deepEqual(
      refused.map(({ what }) => what),
      ["add tcp 192.0.2.100:80 (wlc)", "add tcp 192.0.2.100:81 → 10.0.0.11:80 (nat, weight 1)"],
    );
  });

  const persistence = { timeout: seconds(60), engine: "sip" } as const;
  const meanings: readonly [string, PlanStep, number, string | undefined][] = [
    [
      "a scheduler that is not there",
      { kind: "add-service", service },
      ENOENT,
      'this kernel has no scheduler "wlc" (module ip_vs_wlc)',
    ],
    [
      "a scheduler or an engine",
      { kind: "edit-service", service: { ...service, persistence }, changes: [] },
      ENOENT,
      'this kernel has no scheduler "wlc" (module ip_vs_wlc), or no persistence engine "sip" (module ip_vs_pe_sip)',
    ],
    [
      "a family that is not there",
      { kind: "add-service", service },
      EAFNOSUPPORT,
      "this kernel's IPVS has no IPv6 (CONFIG_IP_VS_IPV6)",
    ],
    [
      "what the kernel's own text says",
      { kind: "edit-destination", service, destination, changes: [] },
      ENOENT,
      undefined,
    ],
  ];
  for (const [name, step, errno, meaning] of meanings) {
    it(`explains ${name}`, () => assert.equal(refusedSteps([step], [refusal(errno)])[0]?.meaning, meaning));
  }
});
