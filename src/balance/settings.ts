/** The services of a cluster file as the balancer runs them. */
import type { CheckSettings } from "../checks/settings.ts";
import type { ForwardingMethod, Protocol } from "../ipvs/settings.ts";
import type { IpAddress } from "../net/ip.ts";
import type { Duration } from "../net/time.ts";

export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}

export interface ServerSettings {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly forward: ForwardingMethod;
  readonly weight: number;
  /** Absent: the server always counts as up. */
  readonly check?: CheckSettings;
}

export interface ServiceSettings {
  readonly name: string;
  readonly protocol: Protocol;
  /** One kernel service per listen address, all with the same servers. */
  readonly listen: readonly Endpoint[];
  readonly scheduler: string;
  /** A failed server is deleted once idle (or after `removeAfter`), or kept at weight 0. */
  readonly onFailure: "remove" | "drain";
  readonly removeAfter: Duration;
  readonly servers: readonly ServerSettings[];
}
