/** The reload pipeline where the host's files refuse. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Journal } from "../../src/linux/journal.ts";
import { Reloader } from "../../src/linux/reloader.ts";

type Steps = ConstructorParameters<typeof Reloader>[2];

const CLUSTER = `
[cluster]
name = "shop"
[directors.lb1]
interface = "eth0"
[routers.front]
vrid = 51
priority = { lb1 = 150 }
addresses = ["192.0.2.100"]
`;
const SOURCE = { kind: "text", text: CLUSTER, file: "cluster.toml" } as const;

function reloader(stateDir: string, steps: Partial<Steps> = {}): Reloader {
  const options = { config: "", node: "lb1", runDir: "", stateDir, strict: false };
  return new Reloader(options, new Journal(stateDir), {
    hostAddresses: () => [],
    openTable: () => undefined,
    handToElector: async () => true,
    accepted: () => {},
    ...steps,
  });
}

describe("a reload", () => {
  test("that cannot be written down is refused before anything is created, and the next one is not harmed", async () => {
    let handed = 0;
    const handToElector = async () => {
      handed += 1;
      return true;
    };
    const refusing = reloader("/dev/null/state", { handToElector });
    for (let attempt = 0; attempt < 2; attempt++) {
      const outcome = await refusing.apply(SOURCE);
      assert.equal(outcome.kind, "refused");
      assert.match(outcome.kind === "refused" ? outcome.reason : "", /ENOTDIR/);
    }
    assert.equal(handed, 0);
  });

  test("journals addresses before the elector hears of them", async (context) => {
    const stateDir = mkdtempSync(join(tmpdir(), "kl-reloader-"));
    context.after(() => rmSync(stateDir, { recursive: true }));
    let journalled: readonly string[] = [];
    const handToElector = async () => {
      journalled = [...new Journal(stateDir).addresses];
      return true;
    };
    const outcome = await reloader(stateDir, { handToElector }).apply(SOURCE);
    assert.equal(outcome.kind, "accepted");
    assert.deepEqual(journalled, ["eth0 192.0.2.100"]);
  });
});
