/** Of which services of a wanted table something else is wished. */
import { serviceId, type Table } from "./settings.ts";

/** The `serviceId`s of those that came, went, or are not what they were. */
export function touchedServices(before: Table, after: Table): Set<string> {
  const old = new Map(before.map((service) => [serviceId(service), service]));
  const touched = new Set<string>();
  for (const service of after) {
    const id = serviceId(service);
    const was = old.get(id);
    old.delete(id);
    // Plain values, made in one place: their texts are the same when they are.
    if (was !== service && JSON.stringify(was) !== JSON.stringify(service)) touched.add(id);
  }
  for (const id of old.keys()) touched.add(id);
  return touched;
}
