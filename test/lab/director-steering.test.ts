/** Routes and rules that go where the addresses go, and what a crash leaves of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type DirectorNode, pairFile, startDirector, startPair } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { portOf, VIP } from "../support/topology.ts";
import { until } from "../support/until.ts";

const GATEWAY = portOf("c", "outer").address;
const STEERING = `routes = [
  { destination = "198.51.100.0/24", via = "${GATEWAY}", source = "${VIP}" },
  { destination = "203.0.113.0/24", type = "unreachable", table = 1000 },
]
rules = [{ from = "${VIP}", table = 1000, priority = 500 }]`;
const IN_FORCE = [
  "unreachable 203.0.113.0/24 table 1000 proto 75",
  `198.51.100.0/24 via ${GATEWAY} dev eth0 proto 75 src ${VIP}`,
  `500: from ${VIP} lookup 1000 proto 75`,
];

describe("routes and rules", { skip: labSkip() }, () => {
  const lab = sharedLab();
  const shown = async (node: DirectorNode): Promise<string[]> => {
    const text = await lab().exec(node, "sh", "-c", "ip -4 route show table all; ip -4 rule");
    const lines = text.split("\n").map((line) => line.trim().replace(/\s+/g, " "));
    return lines.filter((line) => line.includes("proto 75"));
  };
  const waitFor = async (node: DirectorNode, expected: readonly string[]) => {
    const found = async () => (await shown(node)).join("\n") === expected.join("\n");
    await until(`routes of ${node}`, found, { explain: async () => (await shown(node)).join("\n") });
  };

  it("are where the addresses are, also when an elector dies without a word, and change in place", async (context) => {
    const [first, second] = await startPair(context, lab(), pairFile({ router: STEERING }));
    await waitFor("d1", IN_FORCE);
    await waitFor("d2", []);
    first.signal("SIGKILL");
    await second.state("Master");
    await waitFor("d2", IN_FORCE);
    await waitFor("d1", []);
    second.write(pairFile({ router: STEERING.replace("priority = 500", "priority = 600") }));
    assert.equal((await second.reload()).kind, "accepted");
    await waitFor("d2", [...IN_FORCE.slice(0, 2), (IN_FORCE[2] ?? "").replace("500", "600")]);
    second.signal("SIGTERM");
    await waitFor("d2", []);
  });

  it("that a crash left behind are taken away when no file wants them any more, and a stranger's stay", async (context) => {
    await lab().exec("d1", "ip", "route", "add", "198.51.100.0/24", "via", GATEWAY, "metric", "9");
    context.after(() => lab().exec("d1", "ip", "route", "delete", "198.51.100.0/24", "metric", "9"));
    const first = startDirector(context, lab(), "d1", pairFile({ router: STEERING }));
    await first.state("Master");
    await waitFor("d1", IN_FORCE);
    await first.crash();
    await waitFor("d1", IN_FORCE);
    const again = startDirector(context, lab(), "d1", pairFile(), { successorOf: first });
    await again.state("Master");
    await waitFor("d1", []);
    assert.match(await lab().exec("d1", "ip", "route"), /198\.51\.100\.0\/24 via \S+ dev eth0 metric 9/);
  });
});
