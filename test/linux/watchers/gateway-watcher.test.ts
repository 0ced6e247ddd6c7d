import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { RawSocket } from "dgram-extras";
import { watchGateway } from "../../../src/linux/watchers/gateway-watcher.ts";
import { ip } from "../../../src/net/ip.ts";
import { millis, seconds } from "../../../src/net/time.ts";
import { IS_ROOT } from "../../delivery/support.ts";
import { until } from "../../support/until.ts";

const SKIP = IS_ROOT ? false : "needs root, for raw sockets";

/** For who answers. */
const PATIENT = seconds(20);
const SPOOFED =
  /^false: no answer from 192\.0\.2\.1 within 100ms \(replies dropped so far: wrong-source \d+\)$/;

function watching(
  context: TestContext,
  targets: readonly string[],
  link = "lo",
  timeout = PATIENT,
): string[] {
  const reports: string[] = [];
  const ending = new AbortController();
  context.after(() => ending.abort());
  const settings = { interval: millis(100), timeout, rise: 2, fall: 2 };
  void watchGateway(
    { kind: "gateway", name: "gateway", targets: targets.map(ip), interface: link, ...settings },
    ({ up, detail }) => reports.push(`${up}: ${detail}`),
    ending.signal,
  );
  return reports;
}

describe("a gateway that is tracked", { skip: SKIP }, () => {
  for (const target of ["127.0.0.1", "::1"]) {
    it(`is up while the kernel behind ${target} answers`, async (context) => {
      const reports = watching(context, [target]);
      await until("three answers", () => reports.length >= 3, { explain: () => reports.join("\n") });
      for (const report of reports) assert.match(report, /^true: \S+ answered in [\d.]+(us|ms)$/);
    });
  }

  it("is up when one of several answers, whatever the others do", async (context) => {
    const reports = watching(context, ["127.0.0.2", "2001:db8::1", "127.0.0.3"]);
    await until("three answers", () => reports.length >= 3, { explain: () => reports.join("\n") });
    assert.match(reports.at(-1) ?? "", /^true: 127\.0\.0\.[23] answered/);
  });

  it("is down after failures in a row, with what the kernel said", async (context) => {
    const missing = watching(context, ["192.0.2.1"], "nonexistent0");
    await until("two failures", () => missing.length >= 2);
    assert.match(
      missing[0] ?? "",
      /^undefined: 192\.0\.2\.1: .*No such device|^undefined: 192\.0\.2\.1: .*ENODEV/i,
    );
    assert.match(missing[1] ?? "", /^false: /);
  });

  it("is down when nobody answers in time, and not up by what others say", async (context) => {
    const reports = watching(context, ["192.0.2.1"], "lo", millis(100));
    const spy = new RawSocket({ family: 4, protocol: 1, device: "lo" });
    context.after(() => spy.close());
    spy.onReadable(() => {
      for (const { bytes } of spy.drain()) if (bytes[0] === 8) spy.send(answerTo(bytes), "127.0.0.1");
    });
    await until("a verdict, and a word about the stranger", () => reports.some((one) => SPOOFED.test(one)), {
      explain: () => reports.join("\n"),
    });
    assert.ok(!reports.some((one) => one.startsWith("true")));
  });
});

/** The echo reply to a request: another type, and the checksum that follows from it. */
function answerTo(request: Uint8Array): Uint8Array {
  const reply = request.with(0, 0);
  const sum = ((request[2] ?? 0) << 8) + (request[3] ?? 0) + 0x0800;
  const checksum = sum > 0xffff ? sum - 0xffff : sum;
  return reply.with(2, checksum >> 8).with(3, checksum & 0xff);
}
