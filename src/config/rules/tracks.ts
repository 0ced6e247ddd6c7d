/** Rules about what routers watch: it is in the file, once for each router, and somebody watches it. */
import { error, type Finding, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts } from "../schema.ts";
import { priorityOf } from "../settings.ts";

const OWNER_PRIORITY = 255;

export function checkTracks(parts: Parts): Finding[] {
  return [
    ...unknownTracks(parts),
    ...unusedTracks(parts),
    ...ownersWithWeights(parts),
    ...floatingTargets(parts),
    ...processBounds(parts),
  ];
}

function unknownTracks({ routers, tracks }: Parts): Finding[] {
  const known = Object.keys(tracks);
  return Object.entries(routers).flatMap(([router, { track }]) => {
    const seen = new Set<string>();
    return track.flatMap(({ name }, index) => {
      const path = ["routers", router, "track", index];
      const twice = seen.has(name);
      seen.add(name);
      if (twice) return [error(path, "track-taken", `this router tracks ${name} already`)];
      if (known.includes(name)) return [];
      const meant = nearest(name, known);
      const hint = meant === undefined ? `add [tracks.${name}]` : `did you mean "${meant}"?`;
      return [error(path, "unknown-track", `there is no [tracks.${name}]`, hint)];
    });
  });
}

function unusedTracks({ routers, tracks }: Parts): Finding[] {
  const used = new Set(Object.values(routers).flatMap(({ track }) => track.map(({ name }) => name)));
  return Object.keys(tracks)
    .filter((name) => !used.has(name))
    .map((name) => {
      const hint = `write track = ["${name}"] into a router`;
      return warning(["tracks", name], "unused-track", "no router tracks this", hint);
    });
}

/** Whoever owns the addresses keeps them whatever happens to what it watches. */
function ownersWithWeights({ directors, routers }: Parts): Finding[] {
  return Object.entries(routers).flatMap(([name, router]) => {
    const owned = Object.keys(directors).some((director) => priorityOf(router, director) === OWNER_PRIORITY);
    const weighted = router.track.findIndex(({ weight }) => weight !== undefined);
    if (!owned || weighted < 0) return [];
    const message = "priority 255 is never shifted: this weight does nothing on its owner";
    return [warning(["routers", name, "track", weighted], "weight-of-owner", message)];
  });
}

/** Its holder would ask itself. */
function floatingTargets({ routers, tracks }: Parts): Finding[] {
  const floating = new Map(
    Object.entries(routers).flatMap(([router, { addresses }]) =>
      addresses.map(({ address }) => [address, router]),
    ),
  );
  return Object.entries(tracks).flatMap(([name, table]) => {
    if (table.type !== "gateway") return [];
    return table.targets.flatMap((target, index) => {
      const router = floating.get(target);
      if (router === undefined) return [];
      const message = `${target} floats in router ${router}: its master would ask itself`;
      return [error(["tracks", name, "targets", index], "target-floats", message)];
    });
  });
}

function processBounds({ tracks }: Parts): Finding[] {
  return Object.entries(tracks).flatMap(([name, table]) => {
    if (table.type !== "process") return [];
    const { min, max } = table;
    if (max === undefined && min === 0) {
      const hint = "write max = 0 when it must not run";
      return [
        error(["tracks", name, "min"], "process-bounds", "any number of processes is at least 0", hint),
      ];
    }
    if (max === undefined || max >= min) return [];
    const message = `there is no number of processes from ${min} to ${max}`;
    return [error(["tracks", name, "max"], "process-bounds", message, "min is 1 when it is not written")];
  });
}
