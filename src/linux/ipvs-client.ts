/** Reads and changes the kernel's IPVS table over generic netlink. There are no notifications: who wants to know must look. */
import { IPVS_FAMILY } from "../ipvs/command.ts";
import { decodeDestination, getDestinations } from "../ipvs/destination.ts";
import { stepRequest, stepVerdict } from "../ipvs/execution.ts";
import { decodeInfo, getInfo, type IpvsInfo } from "../ipvs/info.ts";
import { type KernelTable, kernelTable, type ServiceListing } from "../ipvs/kernel-table.ts";
import { decodeService, getServices, type ListedService } from "../ipvs/service.ts";
import type { PlanStep } from "../ipvs/step.ts";
import { EBADMSG, errorCode } from "../netlink/errno.ts";
import { decodeFamily, getFamily } from "../netlink/generic.ts";
import type { Message, Request } from "../netlink/message.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import { NetlinkChannel } from "./netlink-channel.ts";

const NETLINK_GENERIC = 16;

export interface Refused {
  readonly kind: "refused";
  readonly refusal: KernelRefusal;
}

export type TableReading = { readonly kind: "table"; readonly table: KernelTable } | Refused;

export interface StepOutcome {
  readonly step: PlanStep;
  /** `undefined`: done. */
  readonly refusal: KernelRefusal | undefined;
}

type Listing<T> = { readonly kind: "list"; readonly list: readonly T[] } | Refused;

/** Every method throws SystemError when the socket itself fails. */
export class IpvsClient {
  readonly #channel: NetlinkChannel;
  #family: number | undefined;

  /** `namespace` is a path such as /run/netns/x. */
  constructor(namespace?: string) {
    const options = namespace === undefined ? {} : { namespace };
    this.#channel = new NetlinkChannel({ protocol: NETLINK_GENERIC, ...options });
  }

  /** Finds the kernel's IPVS, and loads it if need be. Refused with ENOENT: this host has none. */
  resolve(): Refused | undefined {
    this.#family = undefined;
    const found = this.#list(getFamily(IPVS_FAMILY), decodeFamily);
    if (found.kind === "refused") return found;
    this.#family = found.list[0];
    return this.#family === undefined ? malformed("CTRL_CMD_GETFAMILY") : undefined;
  }

  info(): ({ readonly kind: "info" } & IpvsInfo) | Refused {
    const family = this.#familyId();
    if (typeof family !== "number") return family;
    const found = this.#list(getInfo(family), decodeInfo);
    if (found.kind === "refused") return found;
    const [info] = found.list;
    return info === undefined ? malformed("IPVS_CMD_GET_INFO") : { kind: "info", ...info };
  }

  /** The whole table, everybody's. */
  table(): TableReading {
    // Anew each time: the number changes when the module is loaded again, and its old number is another's or nobody's.
    const missing = this.resolve();
    if (missing !== undefined) return missing;
    const family = this.#familyId();
    if (typeof family !== "number") return family;
    const services = this.#dump(getServices(family), decodeService);
    if (services.kind === "refused") return services;
    const listings: ServiceListing[] = [];
    for (const service of services.list) {
      const destinations = this.#destinations(family, service);
      if (destinations.kind === "refused") return destinations;
      listings.push({ service, destinations: destinations.list });
    }
    return { kind: "table", table: kernelTable(listings) };
  }

  /** One outcome for each step, in order; a refusal does not stop the steps after it. */
  apply(steps: readonly PlanStep[]): StepOutcome[] {
    const family = this.#familyId();
    if (typeof family !== "number") return steps.map((step) => ({ step, refusal: family.refusal }));
    const first = this.#try(family, steps);
    const again = first.flatMap((verdict) => (verdict.kind === "instead" ? [verdict.step] : []));
    const second = this.#try(family, again).values();
    return first.map((verdict, index) => {
      const last = verdict.kind === "instead" ? second.next().value : verdict;
      const step = steps[index] ?? again[0];
      return { step, refusal: last?.kind === "refused" ? last.refusal : undefined };
    });
  }

  close(): void {
    this.#channel.close();
  }
}
