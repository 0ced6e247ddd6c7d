/** Services of a new file that are as they were. */
import type { ServiceSettings } from "../../balance/settings.ts";
import { same } from "../../config/same.ts";

/** The new services, each that says what it said before as the old object: nothing of it need be made or compared anew. */
export function keepUnchanged(
  before: readonly ServiceSettings[],
  after: readonly ServiceSettings[],
): ServiceSettings[] {
  const known = new Map(before.map((service) => [service.name, service]));
  return after.map((service) => {
    const old = known.get(service.name);
    return old !== undefined && same(old, service) ? old : service;
  });
}
