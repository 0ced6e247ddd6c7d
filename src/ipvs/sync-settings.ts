/** Which sync daemons a director is to have. */
import type { Duration } from "../net/time.ts";
import type { SyncDaemon, SyncPlace, SyncRole } from "./sync-daemon.ts";

export interface SyncSettings extends SyncPlace {
  /** The router whose role they follow; absent: both run, whoever is master. */
  readonly router?: string;
  /** A planned move waits so long, while every packet is told of. */
  readonly beforeMove: Duration;
}

/** @param masters the routers that this director is master of; `undefined` when nobody knows yet: then so are the daemons */
export function wantedDaemons(
  settings: SyncSettings | undefined,
  masters: ReadonlySet<string> | undefined,
): SyncDaemon[] | undefined {
  if (settings === undefined) return [];
  const { router, beforeMove: _, ...place } = settings;
  const roles =
    router === undefined ? BOTH : masters && ([masters.has(router) ? "master" : "backup"] as const);
  return roles?.map((role) => ({ role, ...place }));
}

const BOTH: readonly SyncRole[] = ["master", "backup"];
