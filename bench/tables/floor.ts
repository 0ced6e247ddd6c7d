/** The same table without anybody's thoughts about it: by `ipvsadm -R`, and as requests that were prepared before. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { IPVS_FAMILY } from "../../src/ipvs/command.ts";
import { stepRequest } from "../../src/ipvs/execution.ts";
import type { Table } from "../../src/ipvs/settings.ts";
import type { PlanStep } from "../../src/ipvs/step.ts";
import { NetlinkChannel } from "../../src/linux/netlink/netlink-channel.ts";
import { ip } from "../../src/net/ip.ts";
import { decodeFamily, getFamily } from "../../src/netlink/generic.ts";
import type { Lab } from "../../test/support/lab.ts";
import { inNamespace } from "../../test/support/namespaces.ts";
import { must } from "../../test/support/processes.ts";
import type { Results } from "../results.ts";
import { conditionOf } from "./condition.ts";
import { ipvsadmFile, type Site, type Size, site } from "./files.ts";

const NETLINK_GENERIC = 16;
const PATIENCE_MS = 300_000;

export async function measureFloor(lab: Lab, size: Size, results: Results): Promise<void> {
  results.add("tableFloor", conditionOf("floor", size), await writePrepared(lab, size));
}

export async function measureIpvsadm(lab: Lab, size: Size, results: Results): Promise<void> {
  const file = join(lab.folder, "saved-table");
  writeFileSync(file, ipvsadmFile(site(size)));
  const begun = performance.now();
  await must(inNamespace(lab.namespaceOf("d1"), ["sh", "-c", `ipvsadm -R <${file}`]), {
    timeoutMs: PATIENCE_MS,
  });
  results.add("tableFilled", conditionOf("ipvsadm -R", size), performance.now() - begun);
}

/** Milliseconds in which the kernel takes it; every answer is looked at. */
export async function writePrepared(lab: Lab, size: Size): Promise<number> {
  const channel = new NetlinkChannel({
    protocol: NETLINK_GENERIC,
    namespace: lab.namespacePathOf("d1"),
  });
  try {
    const [family] = channel.list(getFamily(IPVS_FAMILY), decodeFamily);
    if (family === undefined) throw new Error("this kernel has no IPVS");
    const requests = stepsFor(tableOf(site(size))).map((step) => stepRequest(family, step));
    const begun = performance.now();
    const refused = channel.ask(requests).find(({ refusal }) => refusal !== undefined)?.refusal;
    if (refused !== undefined) throw new Error(`${refused.call}: ${refused.text}`);
    return performance.now() - begun;
  } finally {
    channel.close();
  }
}

function tableOf(services: Site): Table {
  return services.map(({ address, port, servers }) => ({
    protocol: "tcp",
    address: ip(address),
    port,
    scheduler: "wrr",
    destinations: servers.map((server) => ({
      address: ip(server.address),
      port,
      forward: "direct",
      weight: server.weight,
    })),
  }));
}

function stepsFor(table: Table): PlanStep[] {
  return table.flatMap((service): PlanStep[] => [
    { kind: "add-service", service },
    ...service.destinations.map(
      (destination) => ({ kind: "add-destination", service, destination }) as const,
    ),
  ]);
}
