/** Rules about sync groups: their routers exist, are in no other group, and would all win or lose an election together. */
import { electionFamilies } from "../elections.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts, Router } from "../schema.ts";
import { modeOf, OWNER_PRIORITY, priorityOf, weightOf } from "../settings.ts";

export function checkSyncGroups(parts: Parts): Finding[] {
  return [...checkMembers(parts), ...ties(parts)];
}

function checkMembers(parts: Parts): Finding[] {
  const takenBy = new Map<string, string>();
  return Object.entries(parts.sync_groups).flatMap(([group, { routers }]) => {
    const path = ["sync_groups", group, "routers"];
    const members = routers.map((name, index) => ({ name, place: [...path, index] }));
    return [
      ...members.flatMap((member) => membership(member, group, takenBy, Object.keys(parts.routers))),
      ...members.flatMap((member) => disagreement(member, members[0]?.name, parts)),
    ];
  });
}

interface Member {
  readonly name: string;
  readonly place: Path;
}

function membership(
  { name, place }: Member,
  group: string,
  takenBy: Map<string, string>,
  known: readonly string[],
): Finding[] {
  const other = takenBy.get(name);
  takenBy.set(name, other ?? group);
  if (!known.includes(name)) {
    const meant = nearest(name, known);
    const hint = meant === undefined ? `add [routers.${name}]` : `did you mean "${meant}"?`;
    return [error(place, "unknown-router", `there is no [routers.${name}]`, hint)];
  }
  if (other === undefined) return [];
  const where = other === group ? "in this group twice" : `in group ${other} already`;
  return [error(place, "router-grouped-twice", `router ${name} is ${where}`)];
}

/** Members that do not count alike would pull each other to and fro. */
function disagreement({ name, place }: Member, firstName: string | undefined, parts: Parts): Finding[] {
  const [router, first] = [parts.routers[name], parts.routers[firstName ?? ""]];
  if (router === undefined || first === undefined || name === firstName) return [];
  const directors = Object.keys(parts.directors);
  const priorities = (one: Router) => directors.map((director) => priorityOf(one, director));
  const differs = (trait: (one: Router) => unknown) =>
    JSON.stringify(trait(router)) !== JSON.stringify(trait(first));
  const differing = [
    ...(differs(priorities) ? ["priority"] : []),
    ...(differs(({ version }) => version) ? ["version"] : []),
    ...(differs(({ interval }) => interval) ? ["interval"] : []),
    ...(differs((one) => one.down_timer_adverts) ? ["down_timer_adverts"] : []),
    ...(differs((one) => directors.map((director) => modeOf(one, director))) ? ["mode"] : []),
    ...(differs(({ preempt }) => preempt) ? ["preempt"] : []),
    ...(differs((one) => weights(parts, one)) ? ["track weights"] : []),
  ];
  if (differing.length === 0) return [];
  const message = `${name} and ${firstName} are in one group, but have another ${differing.join(", ")}`;
  return [error(place, "group-disagrees", message, "give all routers of a group the same")];
}

function weights(parts: Parts, router: Router) {
  return router.track.flatMap((one) => {
    const weight = weightOf(parts, router, one);
    return weight === undefined ? [] : [{ name: one.name, weight }];
  });
}

const [LEAST, MOST] = [1, 254];

/**
 * Between equals addresses decide, in each election others: until it is known which of them counts, all may give way.
 * What is alike in a group is told once.
 */
function ties(parts: Parts): Finding[] {
  const groups = Object.values(parts.sync_groups);
  return Object.entries(parts.routers).flatMap(([name, router]): Finding[] => {
    const isFirst = groups.some(({ routers }) => routers[0] === name);
    const isGrouped = groups.some(({ routers }) => routers.includes(name));
    if (!isFirst && (isGrouped || electionFamilies(router).length < 2)) return [];
    const holders = new Map<number, { readonly director: string; readonly base: number }>();
    for (const director of Object.keys(parts.directors)) {
      const base = priorityOf(router, director);
      for (const priority of base === undefined ? [] : possiblePriorities(parts, router, base)) {
        const other = holders.get(priority);
        if (base === undefined || other?.base === base) continue;
        holders.set(priority, { director, base });
        if (other === undefined) continue;
        const message = `with these weights ${other.director} and ${director} can both come to priority ${priority}`;
        const hint =
          "elections that are won together are not to be decided by addresses: choose other weights";
        return [warning(["routers", name, "track"], "weights-tie", message, hint)];
      }
    }
    return [];
  });
}

/** With every weight or without it; a number in a file may be anything, and is left out. */
function possiblePriorities(parts: Parts, router: Router, base: number): ReadonlySet<number> {
  if (base === OWNER_PRIORITY) return new Set([base]);
  const counted = router.track.filter(({ name }) => {
    const track = Object.hasOwn(parts.tracks, name) ? parts.tracks[name] : undefined;
    return track?.type !== "file" || track.up_when !== "zero";
  });
  let sums = new Set([base]);
  for (const { weight } of weights(parts, { ...router, track: counted })) {
    sums = new Set([...sums].flatMap((sum) => [sum, sum + weight]));
  }
  return new Set(Array.from(sums, (sum) => Math.min(Math.max(sum, LEAST), MOST)));
}
