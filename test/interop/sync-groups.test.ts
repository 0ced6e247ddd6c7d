/**
 * Elections that are won together, Keelson beside keepalived: two virtual routers, one on each arm of a pair of directors,
 * or one with an election for each family, which is two instances with one VRID over there. When one arm of the master
 * fails, both addresses move; when it is back, both return.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { IpAddress } from "../../src/net/ip.ts";
import { type DirectorNode, type DirectorProcess, startDirector } from "../support/director-process.ts";
import { interopSkip } from "../support/keelson.ts";
import { type Lab, openLab } from "../support/lab.ts";
import type { OwnedProcess } from "../support/processes.ts";
import { INNER_VIP, VIP, VIP6 } from "../support/topology.ts";
import { until } from "../support/until.ts";

const skip = interopSkip();
const PRIORITIES = { d1: 150, d2: 100 } as const;
const DIRECTORS = `[cluster]
name = "lab"
[directors.lb1]
interface = "eth0"
[directors.lb2]
interface = "eth0"
`;
const PATIENCE = { deadlineMs: 20_000 };

/** Both elections: VRID, address and arm. */
type Pair = readonly (readonly [name: "front" | "back", vrid: number, address: IpAddress, arm: string])[];

const ARMS: Pair = [
  ["front", 51, VIP, "eth0"],
  ["back", 52, INNER_VIP, "eth1"],
];
const FAMILIES: Pair = [
  ["front", 51, VIP, "eth0"],
  ["back", 51, VIP6, "eth0"],
];

for (const [first, title, pair, file] of [
  ["keelson", "a group", ARMS, groupFile()],
  ["keepalived", "a group", ARMS, groupFile()],
  ["keelson", "both families", FAMILIES, familiesFile()],
] as const) {
  test(`${title} of ${first}'s, followed by the other's, moves as one`, { skip }, async (context) => {
    const lab = await openLab(context);
    const second = first === "keelson" ? "keepalived" : "keelson";
    const arm = pair === ARMS ? "inner" : "outer";
    const told = [start(context, lab, first, "d1", pair, file)];
    await holdsBoth(lab, "d1", told, pair);
    told.push(start(context, lab, second, "d2", pair, file));
    await lab.unplug("d1", arm);
    await holdsBoth(lab, "d2", told, pair);
    await holdsNone(lab, "d1", told, pair);
    await lab.plug("d1", arm);
    await holdsBoth(lab, "d1", told, pair);
    await holdsNone(lab, "d2", told, pair);
  });
}

test("a group of two Keelsons moves as one when its master stops", { skip }, async (context) => {
  const lab = await openLab(context);
  const first = startDirector(context, lab, "d1", groupFile());
  await holdsBoth(lab, "d1", [() => first.explain()], ARMS);
  const second = startDirector(context, lab, "d2", groupFile());
  const told = [() => first.explain(), () => second.explain()];
  for (const router of ["front", "back"]) await second.state("Backup", router);
  first.signal("SIGTERM");
  assert.equal((await first.ended).status, 0, first.explain());
  await holdsBoth(lab, "d2", told, ARMS);
  await holdsNone(lab, "d1", told, ARMS);
});

type Explanation = () => string;

function start(
  context: TestContext,
  lab: Lab,
  product: "keelson" | "keepalived",
  node: DirectorNode,
  pair: Pair,
  file: string,
): Explanation {
  if (product === "keelson") {
    const director: DirectorProcess = startDirector(context, lab, node, file);
    return () => director.explain();
  }
  const keepalived = startKeepalived(lab, node, pair);
  return () => keepalived.stdout + keepalived.stderr;
}

function groupFile(): string {
  const routers = ARMS.map((one) => routerTable(...one));
  return `${DIRECTORS}${routers.join("")}[sync_groups.both]\nrouters = ["front", "back"]\n`;
}

function familiesFile(): string {
  const router = routerTable("front", 51, `${VIP}", "${VIP6}`, "eth0");
  return `${DIRECTORS}${router}election = "per-family"\n`;
}

function routerTable(name: string, vrid: number, addresses: string, arm: string): string {
  return `[routers.${name}]
vrid = ${vrid}
interface = "${arm}"
interval = "100ms"
priority = { lb1 = ${PRIORITIES.d1}, lb2 = ${PRIORITIES.d2} }
preempt = { damping = false }
addresses = ["${addresses}"]
`;
}

function startKeepalived(lab: Lab, node: DirectorNode, pair: Pair): OwnedProcess {
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
${pair.map((one) => instance(...one)).join("\n")}`,
  );
  const pidFiles = ["-p", join(folder, "parent.pid"), "-r", join(folder, "vrrp.pid")];
  return lab.start(node, ["keepalived", "-n", "-P", "-l", "-G", "-D", "-f", file, ...pidFiles]);
}

async function held(lab: Lab, node: DirectorNode, pair: Pair): Promise<number> {
  const found = await Promise.all(pair.map(([, , address]) => lab.holds(node, address)));
  return found.filter(Boolean).length;
}

async function holdsBoth(
  lab: Lab,
  node: DirectorNode,
  told: readonly Explanation[],
  pair: Pair,
): Promise<void> {
  await until(`both addresses on ${node}`, async () => (await held(lab, node, pair)) === 2, {
    ...PATIENCE,
    explain: () => told.map((one) => one()).join("\n\n"),
  });
}

async function holdsNone(
  lab: Lab,
  node: DirectorNode,
  told: readonly Explanation[],
  pair: Pair,
): Promise<void> {
  await until(`no address on ${node}`, async () => (await held(lab, node, pair)) === 0, {
    ...PATIENCE,
    explain: () => told.map((one) => one()).join("\n\n"),
  });
}
