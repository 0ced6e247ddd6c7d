/** All that can happen to the balance engine, as data. */
import type { CheckResult } from "../checks/result.ts";
import type { KernelDestination } from "../ipvs/kernel-table.ts";
import type { ServiceKey } from "../ipvs/settings.ts";
import type { IpAddress } from "../net/ip.ts";
import type { Override, Overrides } from "./override.ts";
import type { ServiceSettings } from "./settings.ts";

/** A destination as the kernel reported it. */
export type SeenDestination = Pick<
  KernelDestination,
  "address" | "port" | "weight" | "activeConnections" | "inactiveConnections"
>;

export type SeenService = ServiceKey & { readonly destinations: readonly SeenDestination[] };

export type BalanceInput =
  /**
   * The complete new list of services, without two that listen on the same address, nor a server twice in one service.
   * A `kernel` input comes before the first one, so that running services are taken over as they are.
   */
  | {
      readonly kind: "configure";
      readonly services: readonly ServiceSettings[];
      /** All that are in force. */
      readonly overrides: Overrides;
      /** In [0, 1): where the rounds of new checks begin. */
      readonly random: number;
    }
  /** `nextDeadline()` has passed. The only input that starts checks. */
  | { readonly kind: "tick" }
  /** A check that a `check` action started is over. */
  | { readonly kind: "checked"; readonly id: string; readonly result: CheckResult }
  /** The whole table of the kernel, ours and strangers', just read. */
  | { readonly kind: "kernel"; readonly services: readonly SeenService[] }
  /** Floating addresses that this director does not have now: what comes to them comes to another one. */
  | { readonly kind: "serving"; readonly elsewhere: ReadonlySet<IpAddress> }
  /** What an operator says of a server that there is, or that he takes it back. */
  | {
      readonly kind: "override";
      readonly service: string;
      readonly server: string;
      readonly override: Override | undefined;
      /** Who says it, or takes it back. */
      readonly by: string;
    };
