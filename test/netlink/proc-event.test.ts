import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeRequest } from "../../src/netlink/message.ts";
import { decodeProcEvent, type ProcEvent, procEventsRequest } from "../../src/netlink/proc-event.ts";
import { toHex } from "../support/golden.ts";
import { goldenBytes, goldenMessage } from "./golden.ts";

const PORT = { begin: 12, end: 16 };

describe("what the kernel tells of processes", () => {
  it("is asked for as forkstat does, but for its port, which the kernel knows", () => {
    const theirs = goldenBytes("proc-listen").fill(0, PORT.begin, PORT.end);
    const ours = encodeRequest(procEventsRequest("PROC_CN_MCAST_LISTEN"), 0);
    assert.equal(toHex(ours), toHex(theirs));
  });

  const cases: readonly [name: string, event: ProcEvent | undefined][] = [
    ["acknowledged", { kind: "acknowledged", errno: 0 }],
    ["fork", { kind: "fork", pid: 14_067, parent: 14_049 }],
    ["fork-thread", undefined],
    ["exec", { kind: "renamed", pid: 14_067 }],
    ["exit", { kind: "exit", pid: 14_067 }],
    ["exit-thread", undefined],
  ];
  for (const [name, event] of cases) {
    it(name, () => assert.deepEqual(decodeProcEvent(goldenMessage(`proc-${name}`)), event));
  }

  it("is nothing when it is of something else, or has no end", () => {
    const message = goldenMessage("proc-fork");
    const { body } = message;
    assert.equal(decodeProcEvent({ ...message, body: body.with(0, 2) }), undefined);
    assert.equal(decodeProcEvent({ ...message, body: body.with(20, 4) }), undefined);
    assert.equal(decodeProcEvent({ ...message, body: body.subarray(0, 50) }), undefined);
  });
});
