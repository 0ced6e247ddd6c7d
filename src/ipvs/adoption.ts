/** What the kernel has of the wanted table before we ever wrote it. */
import type { KernelTable } from "./kernel-table.ts";
import { memberId, serviceId, type Table } from "./settings.ts";
import { memberText, serviceText } from "./step.ts";

/**
 * Wanted, and there already, though we did not make it: it is ours from now on. A line each: `tcp 192.0.2.1:80`.
 *
 * @param owned the `serviceId`s and `memberId`s of all that we ever made or adopted
 */
export function adopted(wanted: Table, actual: KernelTable, owned: ReadonlySet<string>): string[] {
  const ours = new Set(
    wanted.flatMap((service) => [
      serviceId(service),
      ...service.destinations.map((one) => memberId(service, one)),
    ]),
  );
  const isNew = (id: string) => ours.has(id) && !owned.has(id);
  const found = actual.services.flatMap((service) => [
    ...(isNew(serviceId(service)) ? [serviceText(service)] : []),
    ...service.destinations
      .filter((one) => isNew(memberId(service, one)))
      .map((one) => memberText(service, one)),
  ]);
  return found.sort();
}
