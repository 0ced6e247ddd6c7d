import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Job, sliced, takeBatch } from "../../../src/linux/elector/batch.ts";
import { ip } from "../../../src/net/ip.ts";
import type { VirtualAddress } from "../../../src/vrrp/settings.ts";

const CALL: Job = { kind: "call", call: () => {} };

function addresses(count: number): VirtualAddress[] {
  return Array.from({ length: count }, (_, index) => ({
    address: ip(`192.0.2.${index}`),
    prefixLength: 32,
    interface: "eth0",
  }));
}

/** `hA2`: router A holds two addresses; `r` releases, `a` announces, `call` is other work. */
function job(text: string): Job {
  if (text === "call") return CALL;
  const kind = ({ h: "hold", r: "release", a: "announce" } as const)[text[0] ?? ""];
  assert.ok(kind !== undefined, text);
  return { kind, router: text[1] ?? "", addresses: addresses(Number(text.slice(2))) };
}

function textOf(one: Job): string {
  return one.kind === "call" ? "call" : `${one.kind[0]}${one.router}${one.addresses.length}`;
}

const CASES: readonly (readonly [waiting: string, batch: string, left: string, why: string])[] = [
  ["hA1 aA1", "hA1", "aA1", "a claim alone"],
  ["hA1 aA1 hB1 aB1 hC1 aC1", "hA1 hB1 hC1", "aA1 aB1 aC1", "claims together"],
  ["aA1 aB1 aC1", "aA1 aB1 aC1", "", "then their announcements"],
  ["rA1 rB1 hC1", "rA1 rB1", "hC1", "releases together; a hold waits behind them"],
  ["hA1 rB1 hC1", "hA1", "rB1 hC1", "a hold does not overtake a release"],
  ["hA1 aA1 hA1", "hA1", "aA1 hA1", "nor an announcement of its own router"],
  ["aA1 hB1 aB1", "aA1", "hB1 aB1", "an announcement overtakes nothing"],
  ["hA1 call hB1", "hA1", "call hB1", "nothing overtakes a call"],
  ["call hA1", "", "call hA1", "a call is nobody's batch"],
  ["hA2 hB2 hC1", "hA2 hB2", "hC1", "up to the limit"],
  ["hA3 aA3 hB2 hC1", "hA3", "aA3 hB2 hC1", "and no farther: what follows is no smaller work"],
  ["hA9 hB1", "hA9", "hB1", "a larger one goes alone"],
  ["", "", "", "nothing"],
];
const LIMIT = 4;

describe("what goes to the kernel in one request:", () => {
  for (const [waiting, batch, left, why] of CASES) {
    test(`${waiting || "nothing"}: ${why}`, () => {
      const jobs = waiting.split(" ").filter(Boolean).map(job);
      assert.equal(takeBatch(jobs, LIMIT).map(textOf).join(" "), batch);
      assert.equal(jobs.map(textOf).join(" "), left);
    });
  }

  test("a deed on many addresses is cut into slices, in order", () => {
    const all = addresses(9);
    const slices = sliced({ kind: "hold", router: "A", addresses: all }, LIMIT);
    assert.deepEqual(slices.map(textOf), ["hA4", "hA4", "hA1"]);
    assert.deepEqual(
      slices.flatMap((one) => one.addresses),
      all,
    );
  });
});
