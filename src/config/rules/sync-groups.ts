/** Rules about sync groups: their routers exist, are in no other group, and would all win or lose an election together. */
import { error, type Finding, type Path } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts, Router } from "../schema.ts";
import { modeOf, priorityOf, weightOf } from "../settings.ts";

export function checkSyncGroups(parts: Parts): Finding[] {
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
