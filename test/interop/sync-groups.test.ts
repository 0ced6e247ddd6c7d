/**
 * Two virtual routers, one on each arm of a pair of directors, that stay together: Keelson beside keepalived. When one arm
 * of the master fails, both addresses move; when it is back, both return.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type DirectorNode, type DirectorProcess, startDirector } from "../support/director-process.ts";
import { interopSkip } from "../support/keelson.ts";
import { type Lab, openLab } from "../support/lab.ts";
import type { OwnedProcess } from "../support/processes.ts";
import { INNER_VIP, VIP } from "../support/topology.ts";
import { until } from "../support/until.ts";

const skip = interopSkip();
const PRIORITIES = { d1: 150, d2: 100 } as const;
const PATIENCE = { deadlineMs: 20_000 };

for (const first of ["keelson", "keepalived"] as const) {
  test(`a group of ${first}'s, followed by the other's, moves as one`, { skip }, async (context) => {
    const lab = await openLab(context);
    const second = first === "keelson" ? "keepalived" : "keelson";
    const told = [start(context, lab, first, "d1")];
    await holdsBoth(lab, "d1", told);
    told.push(start(context, lab, second, "d2"));
    await lab.unplug("d1", "inner");
    await holdsBoth(lab, "d2", told);
    await holdsNone(lab, "d1", told);
    await lab.plug("d1", "inner");
    await holdsBoth(lab, "d1", told);
    await holdsNone(lab, "d2", told);
  });
}

test("a group of two Keelsons moves as one when its master stops", { skip }, async (context) => {
  const lab = await openLab(context);
  const first = startDirector(context, lab, "d1", clusterFile());
  await holdsBoth(lab, "d1", [() => first.explain()]);
  const second = startDirector(context, lab, "d2", clusterFile());
  const told = [() => first.explain(), () => second.explain()];
  for (const router of ["front", "back"]) await second.state("Backup", router);
  first.signal("SIGTERM");
  assert.equal((await first.ended).status, 0, first.explain());
  await holdsBoth(lab, "d2", told);
  await holdsNone(lab, "d1", told);
});

type Explanation = () => string;

function start(
  context: TestContext,
  lab: Lab,
  product: "keelson" | "keepalived",
  node: DirectorNode,
): Explanation {
  if (product === "keelson") {
    const director: DirectorProcess = startDirector(context, lab, node, clusterFile());
    return () => director.explain();
  }
  const keepalived = startKeepalived(lab, node);
  return () => keepalived.stdout + keepalived.stderr;
}

function clusterFile(): string {
  const router = (name: string, vrid: number, address: string, arm: string) => `[routers.${name}]
vrid = ${vrid}
interface = "${arm}"
interval = "100ms"
priority = { lb1 = ${PRIORITIES.d1}, lb2 = ${PRIORITIES.d2} }
preempt = { damping = false }
addresses = ["${address}"]
`;
  return `[cluster]
name = "lab"
[directors.lb1]
interface = "eth0"
[directors.lb2]
interface = "eth0"
${router("front", 51, VIP, "eth0")}
${router("back", 52, INNER_VIP, "eth1")}
[sync_groups.both]
routers = ["front", "back"]
`;
}

function startKeepalived(lab: Lab, node: DirectorNode): OwnedProcess {
  const folder = join(lab.folder, `keepalived-${node}`);
  mkdirSync(folder, { recursive: true });
  const instance = (name: string, vrid: number, address: string, arm: string) => `vrrp_instance ${name} {
  interface ${arm}
  state BACKUP
  virtual_router_id ${vrid}
  priority ${PRIORITIES[node]}
  advert_int 0.1
  virtual_ipaddress {
    ${address}
  }
}
`;
  const file = join(folder, "keepalived.conf");
  writeFileSync(
    file,
    `global_defs {
  router_id ${node}
  vrrp_version 3
}
vrrp_sync_group both {
  group {
    front
    back
  }
}
${instance("front", 51, VIP, "eth0")}
${instance("back", 52, INNER_VIP, "eth1")}`,
  );
  const pidFiles = ["-p", join(folder, "parent.pid"), "-r", join(folder, "vrrp.pid")];
  return lab.start(node, ["keepalived", "-n", "-P", "-l", "-G", "-D", "-f", file, ...pidFiles]);
}

async function held(lab: Lab, node: DirectorNode): Promise<number> {
  const found = await Promise.all([VIP, INNER_VIP].map((address) => lab.holds(node, address)));
  return found.filter(Boolean).length;
}

async function holdsBoth(lab: Lab, node: DirectorNode, told: readonly Explanation[]): Promise<void> {
  await until(`both addresses on ${node}`, async () => (await held(lab, node)) === 2, {
    ...PATIENCE,
    explain: () => told.map((one) => one()).join("\n\n"),
  });
}

async function holdsNone(lab: Lab, node: DirectorNode, told: readonly Explanation[]): Promise<void> {
  await until(`no address on ${node}`, async () => (await held(lab, node)) === 0, {
    ...PATIENCE,
    explain: () => told.map((one) => one()).join("\n\n"),
  });
}
