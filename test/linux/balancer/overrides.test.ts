import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { OverrideWish } from "../../../src/control/target.ts";
import { Overrides } from "../../../src/linux/balancer/overrides.ts";
import type { KeelsonEvent } from "../../../src/log/event.ts";
import { seconds } from "../../../src/net/time.ts";
import { server, service } from "../../balance/fixture.ts";

/** A service `web` with `rs1`, and a state directory for the time of the test. */
function desk(context: TestContext) {
  const state = mkdtempSync(join(tmpdir(), "keelson-"));
  context.after(() => rmSync(state, { recursive: true }));
  const said: string[] = [];
  const events: KeelsonEvent[] = [];
  const overrides = new Overrides(
    state,
    {
      has: (name, one) => name === "web" && one === "rs1",
      override: (name, one, override, by) =>
        said.push(`${name}/${one} ${override?.kind ?? "lifted"} by ${by}`),
    },
    (event) => events.push(event),
  );
  const ask = (what: OverrideWish["what"], name = "rs1") =>
    overrides.apply({ service: "web", server: name, by: "anna", what });
  return { overrides, ask, said, events };
}

describe("an operator's word", () => {
  it("is taken for servers of the file, one after the other, and taken back", (context) => {
    const { ask, said, overrides } = desk(context);
    const within = seconds(90);
    assert.match(JSON.stringify(ask({ kind: "drain", connections: 2, within })), /done.*at 2 .*after 90s/);
    assert.equal(ask({ kind: "undrain" }).kind, "done");
    assert.match(JSON.stringify(ask({ kind: "weight", weight: 7 })), /done.*weight 7.*--reset/);
    assert.equal(ask({ kind: "reset" }).kind, "done");
    assert.deepEqual(said, [
      "web/rs1 drain by anna",
      "web/rs1 lifted by anna",
      "web/rs1 weight by anna",
      "web/rs1 lifted by anna",
    ]);
    assert.equal(overrides.under([service([server("rs1")])]).size, 0);
  });

  it("is refused for other servers, and when there is nothing to take back", (context) => {
    const { ask, said } = desk(context);
    const refused: [OverrideWish["what"], string, RegExp][] = [
      [{ kind: "weight", weight: 1 }, "rs9", /no server web\/rs9/],
      [{ kind: "undrain" }, "rs1", /nobody drains web\/rs1/],
      [{ kind: "reset" }, "rs1", /no operator has given/],
    ];
    for (const [what, name, reason] of refused) {
      const outcome = ask(what, name);
      assert.match(outcome.kind === "refused" ? outcome.reason : outcome.kind, reason);
    }
    ask({ kind: "drain", connections: 0 });
    assert.equal(ask({ kind: "reset" }).kind, "refused", "a drain is no weight");
    assert.equal(said.length, 1);
  });

  it("is forgotten, and that is told, when a new file has no such server", (context) => {
    const { ask, overrides, events } = desk(context);
    ask({ kind: "drain", connections: 0 });
    assert.deepEqual([...overrides.under([service([server("rs1")])]).keys()], ["web/rs1"]);
    assert.equal(overrides.under([service([server("rs2")])]).size, 0);
    assert.deepEqual(events, [
      { kind: "override-forgotten", service: "web", server: "rs1", cause: "not-in-file" },
    ]);
  });
});
