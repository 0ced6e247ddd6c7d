/** What another file changes in the kernel's table, as far as files alone can say it. */
import { plan } from "../ipvs/diff.ts";
import { type KernelTable, kernelTable, recordOfDestination, recordOfService } from "../ipvs/kernel-table.ts";
import { idsOf, type Table } from "../ipvs/settings.ts";
import type { PlanStep } from "../ipvs/step.ts";
import type { ServiceSettings } from "./settings.ts";
import { wantedFor } from "./table.ts";

/** While every server is healthy, and no operator has said anything else. */
export function tableChange(
  before: readonly ServiceSettings[],
  after: readonly ServiceSettings[],
): PlanStep[] {
  const was = healthyTable(before);
  return plan(healthyTable(after), inKernel(was), new Set(idsOf(was)));
}

function healthyTable(services: readonly ServiceSettings[]): Table {
  return services.flatMap((service) =>
    wantedFor(
      service,
      service.servers.map((server) => ({ server, weight: server.weight })),
    ),
  );
}

function inKernel(table: Table): KernelTable {
  return kernelTable(
    table.map((service) => ({
      service: { record: recordOfService(service) },
      destinations: service.destinations.map((one) => ({
        record: recordOfDestination(one),
        activeConnections: 0,
        inactiveConnections: 0,
      })),
    })),
  );
}
