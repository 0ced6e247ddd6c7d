import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stepRequest, stepVerdict } from "../../src/ipvs/execution.ts";
import type { PlanStep } from "../../src/ipvs/step.ts";
import { ip } from "../../src/net/ip.ts";
import { errorCode } from "../../src/netlink/errno.ts";
import type { Answer } from "../../src/netlink/exchange.ts";
import { encodeRequest } from "../../src/netlink/message.ts";
import { goldenBytes } from "../netlink/golden.ts";
import { toHex } from "../support/golden.ts";

const service = { protocol: "tcp", address: ip("192.0.2.100"), port: 80, scheduler: "wlc" } as const;
const direct = { address: ip("192.0.2.12"), port: 80, forward: "direct", weight: 1 } as const;

const steps: readonly [PlanStep, golden: string | undefined, call: string][] = [
  [{ kind: "add-service", service }, "ipvs-new-service-tcp", "IPVS_CMD_NEW_SERVICE"],
  [
    { kind: "edit-service", service: { ...service, scheduler: "rr" }, changes: [] },
    "ipvs-set-service",
    "IPVS_CMD_SET_SERVICE",
  ],
  [{ kind: "remove-service", service }, undefined, "IPVS_CMD_DEL_SERVICE"],
  [{ kind: "add-destination", service, destination: direct }, "ipvs-new-dest-dr", "IPVS_CMD_NEW_DEST"],
  [
    {
      kind: "edit-destination",
      service,
      destination: { address: ip("192.0.2.99"), port: 8_080, forward: "nat", weight: 0 },
      changes: [],
    },
    "ipvs-set-dest-weight0",
    "IPVS_CMD_SET_DEST",
  ],
  [{ kind: "remove-destination", service, destination: direct }, undefined, "IPVS_CMD_DEL_DEST"],
];

describe("stepRequest", () => {
  for (const [step, golden, call] of steps) {
    it(`${step.kind} is ${call}${golden === undefined ? "" : `, as in ${golden}`}`, () => {
      const request = stepRequest(0x1c, step);
      assert.equal(request.call, call);
      if (golden !== undefined) assert.equal(toHex(encodeRequest(request, 1)), toHex(goldenBytes(golden)));
    });
  }
});

function refused(errno: number): Answer {
  const refusal = { call: "X", errno, code: errorCode(errno), text: "" };
  return { messages: [], refusal, interrupted: false };
}

describe("stepVerdict", () => {
  const done: Answer = { messages: [], refusal: undefined, interrupted: false };
  const kinds = [
    "add-service",
    "edit-service",
    "remove-service",
    "add-destination",
    "edit-destination",
    "remove-destination",
  ];
  const [EPERM, ENOENT, ESRCH, EEXIST] = [1, 2, 3, 17];
  const expected = new Map([
    [EPERM, ["refused", "refused", "refused", "refused", "refused", "refused"]],
    [ENOENT, ["refused", "refused", "done", "refused", "refused", "done"]],
    [ESRCH, ["refused", "refused", "done", "refused", "refused", "done"]],
    [EEXIST, ["instead", "refused", "refused", "instead", "refused", "refused"]],
  ]);
  for (const [errno, verdicts] of expected) {
    it(errorCode(errno), () => {
      assert.deepEqual(
        steps.map(([step]) => step.kind),
        kinds,
      );
      assert.deepEqual(
        steps.map(([step]) => stepVerdict(step, refused(errno)).kind),
        verdicts,
      );
    });
  }

  it("an acknowledged step is done", () => {
    for (const [step] of steps) assert.equal(stepVerdict(step, done).kind, "done");
  });

  it("what exists is set instead", () => {
    const add: PlanStep = { kind: "add-destination", service, destination: direct };
    const verdict = stepVerdict(add, refused(EEXIST));
    assert.deepEqual(verdict, {
      kind: "instead",
      step: { kind: "edit-destination", service, destination: direct, changes: [] },
    });
  });
});
