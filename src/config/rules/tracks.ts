/** Rules about what routers watch: it is in the file, once for each router, and somebody watches it. */
import { error, type Finding, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts } from "../schema.ts";
import { isChecked } from "../service-check.ts";
import { OWNER_PRIORITY, priorityOf, weightOf } from "../settings.ts";
import { quorumOf } from "../track.ts";

export function checkTracks(parts: Parts): Finding[] {
  return [
    ...unknownTracks(parts),
    ...unusedTracks(parts),
    ...ownersWithWeights(parts),
    ...floatingTargets(parts),
    ...processBounds(parts),
    ...quorums(parts),
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
function ownersWithWeights(parts: Parts): Finding[] {
  const { directors, routers } = parts;
  return Object.entries(routers).flatMap(([name, router]) => {
    const owned = Object.keys(directors).some((director) => priorityOf(router, director) === OWNER_PRIORITY);
    const weighted = router.track.findIndex((one) => weightOf(parts, router, one) !== undefined);
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

function quorums({ services, tracks }: Parts): Finding[] {
  return Object.entries(tracks).flatMap(([name, table]) => {
    if (table.type !== "quorum") return [];
    const path = ["tracks", name, "service"];
    const service = Object.hasOwn(services, table.service) ? services[table.service] : undefined;
    if (service === undefined) {
      const meant = nearest(table.service, Object.keys(services));
      const hint = meant === undefined ? `add [services.${table.service}]` : `did you mean "${meant}"?`;
      return [error(path, "unknown-service", `there is no [services.${table.service}]`, hint)];
    }
    const count = Object.keys(service.servers).length;
    const least = quorumOf(table, count);
    if (least > count) {
      const message = `${table.service} has ${count} servers: ${least} can never be healthy`;
      return [error(["tracks", name, "healthy"], "quorum-too-large", message)];
    }
    if (service.check_while === "serving") {
      const message = `the servers of ${table.service} are not asked while it is served elsewhere: who gives way because of them never hears that they are back`;
      const hint = `check_while = "always" in [services.${table.service}]`;
      return [error(path, "quorum-while-serving", message, hint)];
    }
    const own = Object.values(service.servers).map(({ check }) => check);
    if (isChecked(service) || own.some((check) => check !== undefined && isChecked({ ...service, check })))
      return [];
    const message = `the servers of ${table.service} are not checked: they count as healthy whatever they do`;
    return [warning(path, "quorum-unchecked", message, "give the service a check")];
  });
}
