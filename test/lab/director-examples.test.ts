/** The examples without services as they are in the repository, and what a host without IPVS says about services. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it, test } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { pairFile, startDirector } from "../support/director-process.ts";
import { ipvsKernel } from "../support/kernel.ts";
import { labSkip } from "../support/lab.ts";
import { ipBatch } from "../support/namespaces.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { VIP } from "../support/topology.ts";
import { startStream } from "../support/traffic.ts";
import { until } from "../support/until.ts";
import { askWeb, startWebServer, webSkip } from "../support/web.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");
/** `ipvs/examples.kernel.ts` runs these. */
const IN_THE_IPVS_KERNEL = ["direct-routing.toml", "nat-two-arm.toml"];
const REFUSED = 1;
/** The documentation network of the examples: the client, and the directors' own addresses. */
const OWN = { c: "192.0.2.10/24", d1: "192.0.2.81/24", d2: "192.0.2.82/24" } as const;
const SERVICES = `[services.web]
listen = ["${VIP}:80"]
servers = { rs1 = { address = "192.168.1.11:80" } }`;

test("every example is run by somebody", () => {
  const found = readdirSync(EXAMPLES).filter((name) => name.endsWith(".toml"));
  assert.deepEqual(found.sort(), [...IN_THE_IPVS_KERNEL, "minimal-pair.toml", "nginx-pair.toml"].sort());
});

describe("the examples", { skip: labSkip() }, () => {
  const lab = sharedLab();
  before(async () => {
    for (const node of ["c", "d1", "d2"] as const) {
      await ipBatch([`address add ${OWN[node]} dev eth0`], lab().namespaceOf(node));
    }
  });

  it("minimal-pair.toml keeps an address alive", async (context) => {
    const file = example("minimal-pair.toml");
    const first = startDirector(context, lab(), "d1", file);
    const second = startDirector(context, lab(), "d2", file);
    await first.state("Master");
    await second.state("Backup");
    const stream = await startStream(lab(), { destination: ip("192.0.2.100") });
    await stream.answeredBy("d1");
    first.signal("SIGTERM");
    await stream.answeredBy("d2");
    const report = await stream.stop();
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
  });

  it("nginx-pair.toml keeps a pair of proxies alive, and does not take the address back", {
    skip: webSkip(),
  }, async (context) => {
    for (const node of ["d1", "d2"] as const) await startWebServer(lab(), node);
    const file = example("nginx-pair.toml");
    const first = startDirector(context, lab(), "d1", file, { name: "proxy1" });
    await first.state("Master", "proxy");
    const second = startDirector(context, lab(), "d2", file, { name: "proxy2" });
    await second.state("Backup", "proxy");
    const answeredBy = (node: string) =>
      until(`answer of ${node}`, async () => (await askWeb(lab(), "c", "192.0.2.80")) === node);
    await answeredBy("d1");
    first.signal("SIGTERM");
    assert.equal((await first.ended).status, 0);
    await answeredBy("d2");
    const again = startDirector(context, lab(), "d1", file, { name: "proxy1", successorOf: first });
    await again.router("a follower", ({ master }) => master !== undefined, "proxy");
    await again.event("ready");
    assert.equal(again.transitions("proxy").at(-1)?.to, "Backup");
    assert.equal(second.transitions("proxy").at(-1)?.to, "Master");
    await answeredBy("d2");
  });
});

/** The other tests of the lab run files without services here. */
const hasIpvs = existsSync("/proc/net/ip_vs") || ipvsKernel().kind === "native";

describe("a host without IPVS", { skip: labSkip() || (hasIpvs && "this kernel has IPVS") }, () => {
  const lab = sharedLab();

  it("refuses services in one sentence that names the module", async (context) => {
    const first = startDirector(context, lab(), "d1", pairFile({ more: SERVICES }));
    const { status } = await first.ended;
    assert.equal(status, REFUSED);
    const refusals = first.eventsOf("file-refused").flatMap(({ issues }) => issues);
    assert.equal(refusals.length, 1);
    assert.match(refusals.join(), /^[^\n]*no IPVS[^\n]*modprobe ip_vs[^\n]*$/);
    assert.equal(await lab().holds("d1", VIP), false);
  });

  it("goes on without them when a reload brings some", async (context) => {
    const first = startDirector(context, lab(), "d1", pairFile());
    await first.state("Master");
    await until("answer", () => first.status());
    first.write(pairFile({ more: SERVICES }));
    const outcome = await first.reload();
    assert.equal(outcome.kind, "refused");
    assert.match(JSON.stringify(outcome), /modprobe ip_vs/);
    assert.equal(first.transitions().at(-1)?.to, "Master");
    await first.holds(true);
  });
});

function example(name: string): string {
  return readFileSync(join(EXAMPLES, name), "utf8");
}
