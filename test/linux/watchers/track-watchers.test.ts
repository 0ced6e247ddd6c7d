import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ScriptBook } from "../../../src/delivery/script-book.ts";
import { TrackWatchers } from "../../../src/linux/watchers/track-watchers.ts";
import { millis, seconds } from "../../../src/net/time.ts";
import { openFolder, program } from "../../delivery/support.ts";
import { until } from "../../support/until.ts";

describe("what is watched for tracks", () => {
  it("goes on undisturbed when the file says the same again, and ends when it is gone", async (context) => {
    const reports: string[] = [];
    const watchers = new TrackWatchers(new ScriptBook("/dev/null"), {
      report: ({ name, up, detail }) => reports.push(`${name} ${up}: ${detail}`),
      healthOf: () => undefined,
    });
    context.after(() => watchers.close());
    const command: [string] = [program(openFolder(context), "exit 3")];
    const timing = { interval: millis(100), timeout: seconds(5), rise: 1, fall: 3 };
    const settings = { kind: "script", name: "gateway", command, ...timing } as const;
    watchers.configure([settings]);
    await until("a first result", () => reports.length === 1);
    watchers.configure([{ ...settings }]);
    await until("the third one in a row", () => reports.includes("gateway false: exit status 3"));
    assert.deepEqual(reports.slice(0, 2), [
      "gateway undefined: exit status 3",
      "gateway undefined: exit status 3",
    ]);
    watchers.configure([]);
    const known = reports.length;
    watchers.configure([{ ...settings, name: "other" }]);
    await until("the other", () => reports.some((one) => one.startsWith("other")));
    assert.ok(reports.slice(known).every((one) => one.startsWith("other")));
  });
});
