/**
 * Routers that stay together on one director: one faulty member takes all down, none claims while another has to follow a
 * master elsewhere, and when one gives way the others do too.
 */
import { between, type Instant, times } from "../net/time.ts";
import { masterDownInterval } from "../vrrp/intervals.ts";
import type { VirtualRouter } from "../vrrp/router.ts";
import { paceOf, type RouterSettings } from "../vrrp/settings.ts";

const LEAST_PRIORITY = 1;
/** Who has given way claims again after one master-down interval: by then it must be known who decides. */
const ROUNDS = 2;
/** What one member does may bring about what others do, but not for ever. */
const MOST_ROUNDS = 4;

export class SyncGroups {
  #groups: ReadonlyMap<string, readonly VirtualRouter[]> = new Map();

  adopt(routers: readonly VirtualRouter[]): void {
    const groups = new Map<string, VirtualRouter[]>();
    for (const router of routers) {
      const { syncGroup } = router.settings;
      if (syncGroup !== undefined) groups.set(syncGroup, [...(groups.get(syncGroup) ?? []), router]);
    }
    this.#groups = groups;
  }

  /** A member of the router's group that cannot take part. */
  faultySibling(router: RouterSettings, now: Instant): string | undefined {
    const faulty = this.#siblingsOf(router).find((sibling) => !sibling.isHealthy(now));
    return faulty?.settings.name;
  }

  /** No other member has to follow a master elsewhere. */
  siblingsMayServe(router: RouterSettings): boolean {
    return this.#siblingsOf(router).every(mayServe);
  }

  /**
   * Addresses rank equals in one way here and in another there: the first member that hears anybody decides for all, or
   * all directors would give way at once.
   */
  decidesTies({ name, syncGroup }: RouterSettings, now: Instant): boolean {
    if (syncGroup === undefined) return true;
    const decider = this.#groups.get(syncGroup)?.find(({ heardAt, settings }) => {
      const wait = times(masterDownInterval(LEAST_PRIORITY, paceOf(settings)), ROUNDS);
      return heardAt !== undefined && between(heardAt, now) < wait;
    });
    return decider === undefined || decider.settings.name === name;
  }

  /** All members of each group that one of these routers is in. */
  of(routers: Iterable<VirtualRouter>): readonly (readonly VirtualRouter[])[] {
    if (this.#groups.size === 0) return [];
    const names = new Set(Array.from(routers, ({ settings }) => settings.syncGroup ?? ""));
    return Array.from(names, (name) => this.#groups.get(name) ?? []);
  }

  #siblingsOf({ name, syncGroup }: RouterSettings): readonly VirtualRouter[] {
    const members = syncGroup === undefined ? undefined : this.#groups.get(syncGroup);
    return members?.filter(({ settings }) => settings.name !== name) ?? [];
  }
}

/** What a sync group takes notice of. */
export function standing({ settings, state, isSilent, isProvoked }: VirtualRouter): string {
  return settings.syncGroup === undefined ? "" : `${state} ${isSilent} ${isProvoked}`;
}

/** After something happened to one member: what follows from it for the others. */
export function settleGroup(members: readonly VirtualRouter[], now: Instant): void {
  for (let round = 0; round < MOST_ROUNDS && settleOnce(members, now); round++);
}

function mayServe({ state, isSilent }: VirtualRouter): boolean {
  return state === "Master" || isSilent;
}

/** `true` when something has changed. */
function settleOnce(members: readonly VirtualRouter[], now: Instant): boolean {
  const before = members.map(({ state }) => state);
  const faulty = members.filter((member) => !member.isHealthy(now));
  for (const member of members) {
    const doomed = faulty.some((other) => other !== member);
    if (doomed ? member.listening : member.state === "Fault") member.reconsider(now);
  }
  const leader = members.find(({ hasGivenWay }) => hasGivenWay);
  if (leader !== undefined) {
    const masters = members.filter(({ state }) => state === "Master");
    for (const member of masters) member.yield("group-yields", leader.settings.name, now);
  }
  if (members.every(mayServe)) {
    const silent = members.filter(({ isSilent }) => isSilent);
    for (const member of silent) member.claim(now);
  }
  const provoked = members.filter((member) => member.takeProvoked());
  if (provoked.length > 0) for (const member of members) member.announceAgain(now);
  return members.some(({ state }, index) => state !== before[index]);
}
