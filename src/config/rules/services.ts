/** Rules about virtual services: where they listen, and how their servers are checked. */
import { addressesOf, firstPort, isMark, listenText } from "../../ipvs/listen.ts";
import type { IpAddress } from "../../net/ip.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts, Service } from "../schema.ts";
import { type CheckTable, checkTables } from "../service-check.ts";

/** The kernel knows more with every version: an unknown one may still be right. */
const SCHEDULERS = "rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf twos".split(" ");

export function checkServices(parts: Parts): Finding[] {
  const each = Object.entries(parts.services).flatMap(([name, service]) => {
    const path = ["services", name];
    return [
      ...schedulerUnknown(path, service),
      ...checksDoubtful(path, service),
      ...unchecked(path, service),
      ...servedEverywhere(path, service),
      ...empty(path, service),
    ];
  });
  return [...listensTaken(parts), ...listensOutOfReach(parts), ...each];
}

function listensTaken({ services }: Parts): Finding[] {
  const takenBy = new Map<string, string>();
  return Object.entries(services).flatMap(([name, { protocol, listen }]) =>
    listen.flatMap((entry, index) => {
      const taken = entry.flatMap((one) => {
        const key = isMark(one) ? listenText(one) : `${protocol} ${listenText(one)}`;
        const other = takenBy.get(key);
        takenBy.set(key, other ?? name);
        if (other === undefined) return [];
        return [`${other === name ? "this service" : `service ${other}`} listens on ${key} already`];
      });
      const [first] = taken;
      if (first === undefined) return [];
      const message = taken.length === 1 ? first : `${first}, and ${taken.length - 1} more are taken`;
      return [error(["services", name, "listen", index], "listen-taken", message)];
    }),
  );
}

/** Addresses float where Keelson runs: a balancer in another namespace has others. */
function listensOutOfReach({ ipvs: { namespace }, routers, services }: Parts): Finding[] {
  const floating = new Set(
    Object.values(routers).flatMap(({ addresses }) => addresses.map((one) => one.address)),
  );
  const isElsewhere = namespace !== undefined;
  return Object.entries(services).flatMap(([name, { listen }]) =>
    listen.flatMap((entry, index) => {
      const address = entry.flatMap(addressesOf).find((one) => floating.has(one) === isElsewhere);
      if (address === undefined) return [];
      const path = ["services", name, "listen", index];
      return isElsewhere ? [floatsHere(path, address)] : [floatsNowhere(path, address)];
    }),
  );
}

function floatsNowhere(path: Path, address: IpAddress): Finding {
  const message = `${address} is an address of no router, so it does not float`;
  return warning(path, "listen-not-floating", message, "add it to the `addresses` of a router");
}

function floatsHere(path: Path, address: IpAddress): Finding {
  const message = `${address} floats where Keelson runs, and what comes for it never reaches the \`namespace\` of [ipvs]`;
  const hint = "have an address of that namespace, and a route to it by way of a floating one";
  return warning(path, "listen-out-of-namespace", message, hint);
}

function schedulerUnknown(path: Path, { scheduler }: Service): Finding[] {
  if (SCHEDULERS.includes(scheduler)) return [];
  const meant = nearest(scheduler, SCHEDULERS);
  const hint = meant === undefined ? "the kernel must have it" : `did you mean "${meant}"?`;
  const message = `"${scheduler}" is no scheduler that Keelson has heard of`;
  return [warning([...path, "scheduler"], "unknown-scheduler", message, hint)];
}

function checksDoubtful(path: Path, { check, servers }: Service): Finding[] {
  const own = Object.entries(servers)
    .filter(([, server]) => server.check !== undefined)
    .flatMap(([name, server]) => checkTables([...path, "servers", name, "check"], server.check));
  const all = [...checkTables([...path, "check"], check), ...own];
  return all.flatMap(([place, table]) => checkDoubtful(place, table));
}

function checkDoubtful(path: Path, check: CheckTable): Finding[] {
  const findings: Finding[] = [];
  if (check.type === "none") return findings;
  if (check.timeout !== undefined && check.timeout > check.interval) {
    const message = "the timeout is longer than the interval: a server that hangs is checked less often";
    findings.push(warning([...path, "timeout"], "check-timeout-long", message));
  }
  if (check.type !== "http") return findings;
  if (check.method === "HEAD" && check.contains !== undefined) {
    const message = "the answer to HEAD has no body that could contain anything";
    findings.push(error([...path, "contains"], "contains-without-body", message, 'use method = "GET"'));
  }
  const host = Object.keys(check.headers).find((name) => name.toLowerCase() === "host");
  if (host === undefined) return findings;
  const finding = error(
    [...path, "headers", host],
    "host-header",
    "the Host header has a key of its own: `host`",
  );
  return [...findings, { ...finding, at: "key" }];
}

function servedEverywhere(path: Path, { check_while: when, listen }: Service): Finding[] {
  if (when === "always" || !listen.flat().some(isMark)) return [];
  const message = "packets with a mark may come at any time: the servers are asked always";
  return [warning([...path, "check_while"], "check-while-marked", message)];
}

function unchecked(path: Path, { protocol, check, listen, servers }: Service): Finding[] {
  if (check !== undefined) return [];
  const hasPort = firstPort(listen.flat()) !== undefined;
  const everyPortKnown = hasPort || Object.values(servers).every(({ address }) => address.port !== 0);
  if (protocol === "tcp" && everyPortKnown) return [];
  const all = Object.values(servers);
  if (all.length > 0 && all.every((server) => server.check !== undefined)) return [];
  const some = all.some((server) => server.check !== undefined);
  const which = some ? "those of these servers that have no `check`" : "these servers";
  const message = `nobody checks ${which}: a dead one goes on getting traffic`;
  const hint =
    'name a TCP or HTTP port or a script in `check`, or say that this is meant: check = { type = "none" }';
  return [warning(path, "unchecked-service", message, hint)];
}

function empty(path: Path, { servers }: Service): Finding[] {
  if (Object.keys(servers).length > 0) return [];
  return [warning(path, "no-servers", "this service has no servers", `add [${path.join(".")}.servers.NAME]`)];
}
