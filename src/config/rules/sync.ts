/** Rules about the sync of connections: who speaks, where, and what keeps the kernel from it. */
import { familyOfListen } from "../../ipvs/listen.ts";
import { familyOf, isMulticast } from "../../net/ip.ts";
import { MULTICAST_GROUPS } from "../../vrrp/advert.ts";
import { error, type Finding, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts } from "../schema.ts";

const PATH = ["ipvs", "sync"];

type Sync = NonNullable<Parts["ipvs"]["sync"]>;

export function checkSync(parts: Parts): Finding[] {
  const { sync } = parts.ipvs;
  if (sync === undefined) return [];
  return [
    ...namesUnknown(parts, sync),
    ...groupDoubtful(sync),
    ...idOfEverybody(sync),
    ...neverForwarding(parts, sync),
    ...withoutInterface(parts, sync),
    ...withoutServices(parts),
    ...otherFamilies(parts),
  ];
}

function namesUnknown({ directors, routers }: Parts, { router, interface: arms }: Sync): Finding[] {
  const named = typeof arms === "object" ? Object.keys(arms) : [];
  const strangers = named
    .filter((name) => !Object.hasOwn(directors, name))
    .map((name): Finding => {
      const path = [...PATH, "interface", name];
      return {
        ...error(path, "unknown-director", `there is no [directors.${name}]`, meant(name, directors)),
        at: "key",
      };
    });
  if (router === undefined || Object.hasOwn(routers, router)) return strangers;
  const message = `there is no [routers.${router}]`;
  return [...strangers, error([...PATH, "router"], "unknown-router", message, meant(router, routers))];
}

function meant(name: string, known: Readonly<Record<string, unknown>>): string | undefined {
  const close = nearest(name, Object.keys(known));
  return close === undefined ? undefined : `did you mean "${close}"?`;
}

function groupDoubtful({ group }: Sync): Finding[] {
  if (group === undefined) return [];
  const path = [...PATH, "group"];
  if (!isMulticast(group)) {
    const message = `${group} is no multicast group`;
    return [
      error(path, "sync-group-not-multicast", message, "224.0.0.81 is the kernel's own, ff02::81 over IPv6"),
    ];
  }
  if (group !== MULTICAST_GROUPS[familyOf(group)]) return [];
  return [
    error(path, "sync-group-of-vrrp", `${group} is where adverts are sent`, "leave it out: 224.0.0.81"),
  ];
}

function idOfEverybody({ id }: Sync): Finding[] {
  if (id !== 0) return [];
  const message = "a backup with id 0 takes over the connections of every cluster on its network";
  return [warning([...PATH, "id"], "sync-id-of-everybody", message, "1 … 255, one for each cluster")];
}

/** With `backup_only` the kernel forwards nothing while it hears of connections. */
function neverForwarding({ ipvs }: Parts, { router }: Sync): Finding[] {
  const { backup_only: setting = "0" } = ipvs.sysctls;
  if (setting === "0" || router !== undefined) return [];
  const message = "a director that always hears of connections would never forward with `backup_only`";
  const hint = "write `router` in [ipvs.sync], or leave it out";
  return [error(["ipvs", "sysctls", "backup_only"], "backup-only-for-ever", message, hint)];
}

/** A director's own interface is where Keelson runs. */
function withoutInterface({ directors, ipvs }: Parts, { interface: arms }: Sync): Finding[] {
  if (ipvs.namespace === undefined || typeof arms === "string") return [];
  const without = Object.keys(directors).filter((name) => arms === undefined || !Object.hasOwn(arms, name));
  if (without.length === 0) return [];
  const message = `[ipvs] has a \`namespace\`, and the interface there is not named for ${without.join(", ")}`;
  const hint = "write `interface` in [ipvs.sync]: one of that namespace";
  return [error(PATH, "sync-without-interface", message, hint)];
}

function withoutServices({ services }: Parts): Finding[] {
  if (Object.keys(services).length > 0) return [];
  return [
    warning(PATH, "sync-without-services", "the file has no services whose connections could be told of"),
  ];
}

/** The kernel's messages have no room for two families. */
function otherFamilies({ services }: Parts): Finding[] {
  return Object.entries(services).flatMap(([name, { listen, servers }]) => {
    const families = listen.flat().map(familyOfListen);
    return Object.entries(servers).flatMap(([server, { address }]) => {
      const family = familyOf(address.address);
      if (families.every((one) => one === family)) return [];
      const message = `the kernel refuses to sync connections while an IPv${family} server has what is for IPv${family === 4 ? 6 : 4}`;
      const path = ["services", name, "servers", server, "address"];
      return [
        error(path, "sync-with-other-family", message, "a server of the same family, or no [ipvs.sync]"),
      ];
    });
  });
}
