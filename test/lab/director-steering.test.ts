/** Routes and rules that go where the addresses go, or stay where they are, and what a crash leaves of them. */
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

  it("that are static stay whoever dies, and go with an orderly stop or with a file that has them no more", async (context) => {
    const static_ = (more: string) => `[directors.lb1.static]\naddresses = ["10.9.0.1/24"]\n${more}`;
    const lists = `routes = [{ destination = "198.51.100.0/24", via = "10.9.0.9", source = "10.9.0.1", table = 1000 }]
rules = [{ from = "10.9.0.1", table = 1000, priority = 500 }]`;
    const route = "198.51.100.0/24 via 10.9.0.9 dev eth0 table 1000 proto 75 src 10.9.0.1";
    const rule = "500: from 10.9.0.1 lookup 1000 proto 75";
    const first = startDirector(context, lab(), "d1", pairFile({ more: static_(lists) }));
    await waitFor("d1", [route, rule]);
    await first.holds(true, "10.9.0.1");
    await lab().exec("d1", "ip", "address", "delete", "10.9.0.1/24", "dev", "eth0");
    await first.holds(false, "10.9.0.1");
    first.write(pairFile({ more: static_(lists.replace("500", "600")) }));
    assert.deepEqual(await first.reload(), {
      kind: "accepted",
      changes: [
        "static rule from 10.9.0.1/32 table 1000 priority 500 removed",
        "static rule from 10.9.0.1/32 table 1000 priority 600 added",
      ],
    });
    await first.event("static-changed", ({ changes }) =>
      changes.includes("address 10.9.0.1/24 dev eth0 put back"),
    );
    await waitFor("d1", [route, rule.replace("500", "600")]);
    const dead = first.balancer;
    first.signalBalancer("SIGKILL");
    await first.event("balancer-died");
    await until("another balancer", () => first.balancer !== undefined && first.balancer !== dead);
    assert.equal((await shown("d1")).length, 2);
    await first.crash();
    assert.equal((await shown("d1")).length, 2);
    const again = startDirector(context, lab(), "d1", pairFile({ more: static_("") }), {
      successorOf: first,
    });
    await waitFor("d1", []);
    await again.holds(true, "10.9.0.1");
    await again.state("Master");
    again.write(pairFile({ addresses: [`"${VIP}"`, '"10.9.0.1/24"'] }));
    assert.equal((await again.reload()).kind, "accepted");
    await again.router("that has it", ({ held }) => held.length === 2);
    assert.equal(again.transitions().at(-1)?.to, "Master");
    again.signal("SIGTERM");
    await again.ended;
    await again.holds(false, "10.9.0.1");
  });
});
