/**
 * From the sync daemons that run to those that are wanted.
 *
 * The kernel has one of each role, and no way to change one that runs: what is to be another one is stopped first. Otherwise
 * one begins before the other ends. What we did not start belongs to somebody else, and stays.
 */
import type { RunningDaemon, SyncDaemon } from "./sync-daemon.ts";

export type SyncStep =
  | { readonly kind: "start-daemon"; readonly daemon: SyncDaemon }
  | { readonly kind: "stop-daemon"; readonly daemon: RunningDaemon };

/** A daemon that we have started, or are about to. */
export interface OwnDaemon extends SyncDaemon {
  /** Of its interface: another one of the same name is not the one that it speaks on. */
  readonly interfaceIndex: number;
}

/** @param owned all that we ever started and have not stopped */
export function syncPlan(
  wanted: readonly OwnDaemon[],
  running: readonly RunningDaemon[],
  owned: readonly OwnDaemon[],
): SyncStep[] {
  const leaving = running.filter((one) => {
    const own = owned.find((daemon) => isLike(one, daemon));
    const heir = wanted.find((daemon) => isLike(one, daemon));
    return own !== undefined && heir?.interfaceIndex !== own.interfaceIndex;
  });
  const taken = running.filter((one) => !leaving.includes(one)).map(({ role }) => role);
  const coming = wanted.filter(({ role }) => !taken.includes(role));
  const replaced = leaving.filter(({ role }) => coming.some((one) => one.role === role));
  const stop = (daemon: RunningDaemon) => ({ kind: "stop-daemon", daemon }) as const;
  return [
    ...replaced.map(stop),
    ...coming.map(({ interfaceIndex: _, ...daemon }) => ({ kind: "start-daemon", daemon }) as const),
    ...leaving.filter((one) => !replaced.includes(one)).map(stop),
  ];
}

/** What somebody else has started, a line each. */
export function strangeDaemons(running: readonly RunningDaemon[], owned: readonly OwnDaemon[]): string[] {
  return running.filter((one) => !owned.some((daemon) => isLike(one, daemon))).map(daemonText);
}

/** `start sync master on eth1 (id 51, 224.0.0.81 port 8848)` */
export function describeSyncStep({ kind, daemon }: SyncStep): string {
  return `${kind === "start-daemon" ? "start" : "stop"} ${daemonText(daemon)}`;
}

/** `sync master on eth1 (id 51, 224.0.0.81 port 8848)` */
export function daemonText({ role, interface: name, id, group, port }: SyncDaemon): string {
  return `sync ${role} on ${name} (id ${id}, ${group} port ${port})`;
}

/** Whether that is what was asked for: the kernel says more than it was told. */
export function isLike(running: RunningDaemon, { role, maxLength, ...place }: SyncDaemon): boolean {
  return (
    running.role === role &&
    running.interface === place.interface &&
    running.id === place.id &&
    running.group === place.group &&
    running.port === place.port &&
    running.ttl === place.ttl &&
    (maxLength === undefined || running.maxLength === maxLength)
  );
}
