/** Of which services of a wanted table something else is wished. */
import { type ServiceKey, serviceId, type Table, type VirtualService } from "./settings.ts";

/** Those that came, went, or are not what they were. */
interface Touched {
  /** By their `serviceId`s. */
  readonly keys: ReadonlyMap<string, ServiceKey>;
  /** What was wished of them, and what is. */
  readonly before: Table;
  readonly after: Table;
}

export function touchedServices(before: Table, after: Table): Touched {
  // Of large tables nearly all are the same objects; only others are looked at.
  const [was, is] = [missingFrom(after, before), missingFrom(before, after)];
  for (const [id, service] of is) {
    const old = was.get(id);
    // Plain values, made in one place: their texts are the same when they are.
    if (old === undefined || JSON.stringify(old) !== JSON.stringify(service)) continue;
    was.delete(id);
    is.delete(id);
  }
  return { keys: new Map([...was, ...is]), before: [...was.values()], after: [...is.values()] };
}

function missingFrom(table: Table, services: Table): Map<string, VirtualService> {
  const there = new Set(table);
  const missing = services.filter((service) => !there.has(service));
  return new Map(missing.map((service) => [serviceId(service), service]));
}
