/** What the kernel has of the wanted table before we ever wrote it. */
import type { KernelTable } from "./kernel-table.ts";
import { memberId, serviceId } from "./settings.ts";
import { memberText, serviceText } from "./step.ts";

/**
 * Wanted, and there already, though we did not make it: it is ours from now on. A line each: `tcp 192.0.2.1:80`.
 *
 * @param ours the `serviceId`s and `memberId`s of all that is wanted
 * @param owned those of all that we ever made or adopted
 */
export function adopted(
  actual: KernelTable,
  ours: ReadonlySet<string>,
  owned: ReadonlySet<string>,
): string[] {
  const isNew = (id: string) => ours.has(id) && !owned.has(id);
  const found = actual.services.flatMap((service) => [
    ...(isNew(serviceId(service)) ? [serviceText(service)] : []),
    ...service.destinations
      .filter((one) => isNew(memberId(service, one)))
      .map((one) => memberText(service, one)),
  ]);
  return found.sort();
}
