/** Two owners of the addresses, one of them keepalived's: one of them serves in the end, and both say what is wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Capture, openCapture } from "../support/capture.ts";
import { interopSkip, startKeelson } from "../support/keelson.ts";
import { startKeepalived } from "../support/keepalived.ts";
import { openLab } from "../support/lab.ts";
import { portOf } from "../support/topology.ts";
import { until } from "../support/until.ts";

const OWNER = { priority: 255, intervalMillis: 100 };
/** As Keelson asks for it by itself. */
const PUNCTUAL = { through: ["chrt", "--rr", "50"] };
/** One of the two speaks alone from then on. */
const IN_A_ROW = 10;
/** Five intervals, and two processes on a machine that may be busy. */
const LONGEST_WITH_TWO_MICROS = 700_000;

test("Keelson and keepalived that both own the addresses", { skip: interopSkip() }, async (context) => {
  const lab = await openLab(context);
  const capture = openCapture(context, lab);
  const keepalived = await startKeepalived(lab, "d2", { ...OWNER, ...PUNCTUAL });
  await until("keepalived's first advert", () => capture.adverts.length > 0);
  const keelson = await startKeelson(lab, "d1", OWNER);
  const { address } = portOf("d1", "outer");
  const first = await until("Keelson's first advert", () =>
    capture.adverts.find(({ source }) => source === address),
  );
  const winner = await until("one that speaks alone", () => speakerAlone(capture));
  const last = capture.adverts.findLast(({ source }) => source !== winner);
  const both = (last?.stampMicros ?? 0) - first.stampMicros;
  context.diagnostic(`${winner} serves; two spoke for ${Math.max(both, 0)} µs`);
  assert.ok(both < LONGEST_WITH_TWO_MICROS, `two spoke for ${both} µs`);
  await until("a word of it", () =>
    /duplicate-owner|both configured as address owner/.test(keelson.log + keepalived.log),
  );
});

function speakerAlone({ adverts }: Capture): string | undefined {
  const last = adverts.slice(-IN_A_ROW);
  const [first] = last;
  return last.length === IN_A_ROW && last.every(({ source }) => source === first?.source)
    ? first?.source
    : undefined;
}
