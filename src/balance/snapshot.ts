/** Services and servers as `status`, metrics and the tests see them. */
import type { HealthState } from "../checks/health.ts";
import type { CheckFailed, CheckPassed } from "../checks/result.ts";
import type { Listen } from "../ipvs/listen.ts";
import type { Protocol } from "../ipvs/settings.ts";
import type { Duration, Instant } from "../net/time.ts";
import { speakerOf } from "./examination.ts";
import type { Override } from "./override.ts";
import type { ServicePanic } from "./panic.ts";
import type { PlacementCause } from "./placement.ts";
import { type Count, countOf, type QuorumSettings, type ServiceQuorum } from "./quorum.ts";
import type { BalancedServer } from "./server.ts";
import type { Endpoint, ServiceSettings } from "./settings.ts";

interface ServerSnapshot {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** "up" when there is no check. */
  readonly state: HealthState;
  readonly since: Instant;
  /** Of several checks the one that decides. Absent until the first one that says something. */
  readonly last: { readonly result: CheckPassed | CheckFailed; readonly at: Instant } | undefined;
  /** Each of them, when there are several. */
  readonly checks: readonly { readonly check: string; readonly state: HealthState }[];
  /** Of the last success. */
  readonly latency: Duration | undefined;
  /** `undefined`: not in the table. */
  readonly weight: number | undefined;
  readonly cause: PlacementCause;
  readonly override: Override | undefined;
}

export interface ServiceSnapshot {
  readonly name: string;
  readonly protocol: Protocol;
  readonly listen: readonly Listen[];
  readonly scheduler: string;
  readonly servers: readonly ServerSnapshot[];
  /** Nobody is asked, for it is served elsewhere. */
  readonly resting: boolean;
  /** Failed servers get connections. */
  readonly panic: boolean;
  /** Of services that have one. */
  readonly sorry: ServerSnapshot | undefined;
  /** Of services that want one; `held` is `undefined` while checks are still to say so. */
  readonly quorum:
    | (Count & { readonly of: QuorumSettings["of"]; readonly held: boolean | undefined })
    | undefined;
}

export function snapshotOf(
  service: ServiceSettings,
  servers: readonly BalancedServer[],
  sorry: BalancedServer | undefined,
  quorum: ServiceQuorum | undefined,
  panic: ServicePanic | undefined,
  resting: boolean,
): ServiceSnapshot {
  const { name, protocol, listen, scheduler, policy } = service;
  return {
    name,
    protocol,
    listen,
    scheduler,
    servers: servers.map(serverSnapshot),
    resting,
    panic: panic?.on ?? false,
    sorry: sorry && serverSnapshot(sorry),
    quorum: policy.quorum && {
      of: policy.quorum.of,
      ...countOf(
        policy.quorum,
        servers.map(({ share }) => share),
      ),
      held: quorum?.held,
    },
  };
}

function serverSnapshot(one: BalancedServer): ServerSnapshot {
  const { server, checks } = one.configuration;
  const check = speakerOf(checks);
  return {
    name: server.name,
    endpoint: server.endpoint,
    state: one.state,
    since: one.since,
    last: check?.last,
    checks:
      checks.length > 1 ? checks.map(({ label, health }) => ({ check: label, state: health.state })) : [],
    latency: check?.latency,
    weight: one.placement.weight,
    cause: one.placement.cause,
    override: one.override,
  };
}
