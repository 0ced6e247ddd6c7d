/** The interface of the connection sync, and what would keep a director that hears of connections from forwarding. */
import { type Check, error, type Finding, line, warning } from "../picture.ts";

const BACKUP_ONLY = "ipv4/vs/backup_only";

export const sync: Check = {
  name: "sync",
  concerns: ({ table }) => table.sync !== undefined,
  judge({ table: { sync: wanted, sysctls } }, host) {
    if (wanted === undefined) return [];
    const { interface: name, router } = wanted;
    const link = host.links.find((one) => one.name === name);
    const findings: Finding[] = [];
    if (link === undefined) findings.push(error(`[ipvs.sync]: there is no interface ${name} on this host`));
    else if (!link.up) {
      const text = `[ipvs.sync]: interface ${name} is down: nobody hears of connections`;
      findings.push(warning(text, line(`ip link set ${name} up`)));
    }
    if (router === undefined && sysctls["backup_only"] === undefined && host.sysctl(BACKUP_ONLY) === "1") {
      const text = "[ipvs.sync] without `router`: this host would never forward";
      findings.push(error(text, { kind: "sysctl", path: BACKUP_ONLY, value: "0" }));
    }
    return findings;
  },
};
