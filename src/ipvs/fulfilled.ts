/** Which services of the kernel are as they are wished: of a very large table nearly all, at every look. */
import { isFulfilled } from "./diff.ts";
import type { KernelService, KernelTable } from "./kernel-table.ts";
import { serviceId, type Table, type VirtualService } from "./settings.ts";

interface Difference {
  readonly wanted: Table;
  readonly actual: KernelTable;
}

export class Fulfilled {
  /** Found to be so; what is seen or wished anew are other objects. */
  readonly #wishes = new WeakMap<KernelService, VirtualService>();

  /** Both without the services that are as they are wished. */
  without(wanted: Table, actual: KernelTable): Difference {
    const kernel = new Map(actual.services.map((service) => [serviceId(service), service]));
    const done = new Set<KernelService>();
    const open = wanted.filter((service) => {
      const there = kernel.get(serviceId(service));
      if (there === undefined || !this.#has(there, service)) return true;
      done.add(there);
      return false;
    });
    const services = actual.services.filter((service) => !done.has(service));
    return { wanted: open, actual: { ...actual, services } };
  }

  #has(there: KernelService, wanted: VirtualService): boolean {
    if (this.#wishes.get(there) === wanted) return true;
    if (!isFulfilled(wanted, there)) return false;
    this.#wishes.set(there, wanted);
    return true;
  }
}
