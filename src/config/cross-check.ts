/** What must hold between the parts of a file. */
import { error, type Finding, warning } from "./issue.ts";
import { checkAddresses } from "./rules/addresses.ts";
import { checkAnnouncements } from "./rules/announcements.ts";
import { checkAuthentication } from "./rules/authentication.ts";
import { checkBalancing } from "./rules/balancing.ts";
import { checkIpvs } from "./rules/ipvs.ts";
import { checkMarks } from "./rules/marks.ts";
import { checkNotifiers } from "./rules/notifiers.ts";
import { checkPriorities } from "./rules/priorities.ts";
import { checkQuorums } from "./rules/quorums.ts";
import { checkRouters } from "./rules/routers.ts";
import { checkServers } from "./rules/servers.ts";
import { checkServices } from "./rules/services.ts";
import { checkStatic } from "./rules/static.ts";
import { checkSteering } from "./rules/steering.ts";
import { checkSync } from "./rules/sync.ts";
import { checkSyncGroups } from "./rules/sync-groups.ts";
import { checkTracks } from "./rules/tracks.ts";
import { checkTransports } from "./rules/transports.ts";
import { checkVirtualMacs } from "./rules/virtual-macs.ts";
import type { Parts } from "./schema.ts";

/** Codes of findings that something is missing: pointless when parts of the file could not be read. */
const ABOUT_ABSENCE = new Set([
  "director-without-priority",
  "gateway-not-floating",
  "listen-not-floating",
  "no-directors",
  "no-servers",
  "nothing-to-do",
  "quorum-too-large",
  "sync-without-services",
  "unicast-without-address",
  "unicast-without-peers",
  "unknown-director",
  "unknown-router",
  "unknown-service",
  "unknown-track",
  "unused-track",
]);

/** Everything that is wrong or doubtful in parts that are each well-formed. */
export function crossCheck(parts: Parts): Finding[] {
  return [
    ...checkEmptiness(parts),
    ...checkRouters(parts),
    ...checkTransports(parts),
    ...checkAddresses(parts),
    ...checkSteering(parts),
    ...checkStatic(parts),
    ...checkAnnouncements(parts),
    ...checkAuthentication(parts),
    ...checkVirtualMacs(parts),
    ...checkPriorities(parts),
    ...checkTracks(parts),
    ...checkSyncGroups(parts),
    ...checkServices(parts),
    ...checkServers(parts),
    ...checkBalancing(parts),
    ...checkMarks(parts),
    ...checkQuorums(parts),
    ...checkIpvs(parts),
    ...checkSync(parts),
    ...checkNotifiers(parts),
  ];
}

export function isAboutAbsence({ code }: Finding): boolean {
  return ABOUT_ABSENCE.has(code);
}

function checkEmptiness({ directors, routers, services, static: common }: Parts): Finding[] {
  if (Object.keys(directors).length === 0) {
    return [error(["directors"], "no-directors", "the file has no directors", "add [directors.NAME]")];
  }
  const statics = [common, ...Object.values(directors).map((director) => director.static)];
  const tables = [routers, services, ...statics.flatMap((lists) => Object.values(lists))];
  if (tables.some((table) => Object.keys(table).length > 0)) return [];
  return [
    warning(
      [],
      "nothing-to-do",
      "the file has neither routers nor services, and nothing static",
      "add [routers.NAME]",
    ),
  ];
}
