/** Rules about a service's servers as a whole: what is too few of them, and who stands in. */
import { familyOfListen, isMark, serverText } from "../../ipvs/listen.ts";
import { familyOf } from "../../net/ip.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { servedBy } from "../match.ts";
import type { Parts, Service } from "../schema.ts";

export function checkQuorums(parts: Parts): Finding[] {
  const { services, routers } = parts;
  const floating = new Set(
    Object.values(routers).flatMap(({ addresses }) => addresses.map(({ address }) => address)),
  );
  return Object.entries(services).flatMap(([name, service]) => {
    const path = ["services", name];
    return [
      ...quorumOf(path, service),
      ...sorryServer(path, service, floating),
      ...slowStart(path, service),
      ...panics(path, name, service, parts),
    ];
  });
}

function quorumOf(path: Path, { quorum, servers }: Service): Finding[] {
  if (quorum === undefined) return [];
  const at = [...path, "quorum"];
  const { servers: count, weight, hysteresis } = quorum;
  const need = count ?? weight;
  if (need === undefined || (count !== undefined && weight !== undefined)) {
    const hint = "quorum = 2, { servers = 2 } or { weight = 10 }";
    return [error(at, "quorum-of-what", "a quorum is of `servers` or of `weight`: one of the two", hint)];
  }
  if (hysteresis >= need) {
    return [error(at, "hysteresis-too-wide", "a quorum with this `hysteresis` could never be lost")];
  }
  const weights = Object.values(servers).map((server) => server.weight);
  const all = weights.reduce((sum, one) => sum + (count === undefined ? one : Math.min(one, 1)), 0);
  if (need <= all || all === 0) return [];
  const message = `the servers come to ${all} in all: so much counts as the quorum, and one that fails loses it`;
  return [warning(at, "quorum-above-all", message)];
}

function sorryServer(
  path: Path,
  { sorry_server: sorry, servers, listen, forward }: Service,
  floating: ReadonlySet<string>,
): Finding[] {
  if (sorry === undefined) return [];
  const at = [...path, "sorry_server"];
  const { address, port } = sorry.address;
  const text = serverText(sorry.address);
  const same = Object.entries(servers).find(
    ([, one]) => one.address.address === address && one.address.port === port,
  );
  if (same !== undefined)
    return [error(at, "sorry-server-taken", `${text} is server ${same[0]} of this service`)];
  if (floating.has(address)) {
    const message = `${address} floats between the directors: a service cannot send its traffic there`;
    return [error(at, "sorry-server-floats", message, "write a server's own address")];
  }
  const way = sorry.forward ?? forward;
  const all = listen.flat();
  if (way !== "tunnel" && all.some((one) => familyOfListen(one) !== familyOf(address))) {
    const message = `${address} is of the other family than the service`;
    return [error(at, "sorry-server-of-other-family", message, 'only forward = "tunnel" leads there')];
  }
  if (way === "nat" || port === 0 || all.every((one) => !isMark(one) && one.port === port)) return [];
  const message = `${way === "direct" ? "direct routing" : "a tunnel"} keeps the port: the sorry server's is another one`;
  return [error(at, "sorry-server-port", message, `write "${address}" without a port`)];
}

function slowStart(path: Path, { slow_start: length, servers }: Service): Finding[] {
  if (length === 0) return [];
  const weights = Object.values(servers).map(({ weight }) => weight);
  if (weights.length === 0 || weights.some((weight) => weight > 1)) return [];
  const message = "no server of this service has a weight above 1, so there is nothing between";
  return [warning([...path, "slow_start"], "slow-start-of-one", message, "write weights of 10 or 100")];
}

/** It is for the master that nobody relieves: so it must have given the others the chance. */
function panics(path: Path, name: string, service: Service, { routers, tracks }: Parts): Finding[] {
  if (service.panic === undefined) return [];
  const at = [...path, "panic"];
  if (service.sorry_server !== undefined) {
    const message =
      "a service in panic sends clients to servers that fail, and its sorry server is there instead of them";
    return [error(at, "panic-or-sorry", message, "one of the two")];
  }
  const isOurs = servedBy(service.listen.flat());
  const stays = Object.entries(routers).find(
    ([, router]) =>
      router.addresses.some(({ address }) => isOurs(address)) &&
      !router.track.some(({ name: one }) => {
        const found = Object.hasOwn(tracks, one) ? tracks[one] : undefined;
        return found?.type === "quorum" && found.service === name;
      }),
  );
  if (stays === undefined) return [];
  const message = `router ${stays[0]} tracks no quorum of this service: it would not give way to the peer first`;
  return [error(at, "panic-without-giving-way", message, "add a quorum to `tracks`, and to its `track`")];
}
