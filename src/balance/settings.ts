/** The services of a cluster file as the balancer runs them. */
import type { CheckSettings, ScriptCheck } from "../checks/settings.ts";
import type { Listen } from "../ipvs/listen.ts";
import type { DestinationTraits, Protocol, ServiceTraits } from "../ipvs/settings.ts";
import type { SyncSettings } from "../ipvs/sync-settings.ts";
import type { Timeouts } from "../ipvs/timeouts.ts";
import type { IpAddress } from "../net/ip.ts";
import type { Duration } from "../net/time.ts";
import type { ServicePolicy } from "./policy.ts";

/** How the kernel's table as a whole is treated. */
export interface TableSettings {
  /** An observer says what it would write, and writes nothing. */
  readonly mode: "active" | "observe";
  /** What becomes of the table at an orderly stop. */
  readonly onStop: "keep" | "remove" | "drain";
  /** Under net.ipv4.vs, by name. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Those that are absent stay as the kernel has them. */
  readonly timeouts: Partial<Timeouts>;
  /** Absent: other directors hear nothing of connections. */
  readonly sync?: SyncSettings;
  /** Path of the network namespace whose table it is; absent: that of Keelson itself. */
  readonly namespace?: string;
}

/** When the cluster file says nothing. */
export const NO_TABLE_SETTINGS: TableSettings = { mode: "active", onStop: "keep", sysctls: {}, timeouts: {} };

export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}

export interface ServerSettings extends DestinationTraits {
  readonly name: string;
  /** Its port is 0 when it is that of the service, whichever it is. */
  readonly endpoint: Endpoint;
  readonly weight: number;
  /** All have to pass; none: the server always counts as up. Those of its service are the very same list. */
  readonly checks: readonly CheckSettings[];
  /** Where it is asked by a check that names no port; 0: nowhere. */
  readonly askedAt: number;
}

export interface ServiceSettings extends ServiceTraits {
  readonly name: string;
  /** Of all endpoints. */
  readonly protocol: Protocol;
  /** One kernel service for each, all with the same servers. */
  readonly listen: readonly Listen[];
  /** A failed server is deleted once idle (or after `removeAfter`), or kept at weight 0. */
  readonly onFailure: "remove" | "drain";
  readonly removeAfter: Duration;
  readonly policy: ServicePolicy;
  /** Of servers that have none of their own. */
  readonly checks: readonly CheckSettings[];
  readonly servers: readonly ServerSettings[];
}

/** Each program once, whoever is asked by it. */
export function scriptChecks({ servers }: Pick<ServiceSettings, "servers">): ScriptCheck[] {
  const scripts = servers.flatMap(({ checks }) => checks).filter((check) => check.type === "script");
  return [...new Map(scripts.map((one) => [[one.command[0], one.user, one.group].join("\n"), one])).values()];
}
