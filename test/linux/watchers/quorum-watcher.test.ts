import assert from "node:assert/strict";
import { it } from "node:test";
import type { ServiceHealth } from "../../../src/balance/engine.ts";
import { Bell } from "../../../src/linux/watchers/looking.ts";
import { watchQuorum } from "../../../src/linux/watchers/quorum-watcher.ts";
import { micros } from "../../../src/net/time.ts";
import { until } from "../../support/until.ts";

/** Well below the two seconds of a slow look. */
const HEARD = { deadlineMs: 1_500 };

it("a quorum is up while enough servers are healthy, and knows nothing before they are tried", async (context) => {
  const ending = new AbortController();
  context.after(() => ending.abort());
  const bell = new Bell();
  let health: ServiceHealth | undefined;
  let last = "";
  const tell = ({ up, detail }: { readonly up?: boolean; readonly detail: string }) => {
    last = `${up}: ${detail}`;
  };
  const delays = { upDelay: micros(0), downDelay: micros(0) };
  const settings = { kind: "quorum", name: "enough", service: "web", least: 2, ...delays } as const;
  void watchQuorum(settings, () => health, { bell, tell, signal: ending.signal });
  await until("a first look", () => last === "undefined: nothing is known yet");
  const steps: readonly [up: number, unknown: number, said: string][] = [
    [1, 1, "undefined: nothing is known yet"],
    [1, 0, "false: 1 of 3 servers of web are healthy, at least 2 wanted"],
    [2, 1, "true: 2 of 3 servers of web are healthy"],
    [0, 3, "true: 2 of 3 servers of web are healthy"],
    [0, 1, "false: 0 of 3 servers of web are healthy, at least 2 wanted"],
  ];
  for (const [up, unknown, said] of steps) {
    last = "";
    health = { up, unknown, total: 3 };
    bell.ring();
    await until("a look", () => last !== "", HEARD);
    assert.equal(last, said);
  }
});
