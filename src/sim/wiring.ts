/**
 * From the directors of a cluster file to machines on switches.
 *
 * The file says which interface of each director a router speaks on and which carries an address: these hang together on
 * one switch, whatever the interfaces are called.
 */
import { familyOf, type IpAddress, ip } from "../net/ip.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { Layout } from "./cluster.ts";
import { hostMac } from "./frame.ts";
import type { Interface } from "./kernel.ts";
import type { DirectorPlan } from "./node.ts";

export interface DirectorFile {
  readonly name: string;
  readonly routers: readonly RouterSettings[];
}

type Wiring =
  | { readonly kind: "wired"; readonly layout: Layout }
  | { readonly kind: "impossible"; readonly reason: string };

/** Beyond these there is no room for host numbers beside the neighbours. */
const MOST_DIRECTORS = 30;
const FIRST_HOST = 11;

export function wire(seed: number, files: readonly DirectorFile[]): Wiring {
  if (files.length > MOST_DIRECTORS)
    return {
      kind: "impossible",
      reason: `${files.length} directors: ${MOST_DIRECTORS} at most are simulated`,
    };
  const networks = networksOf(files);
  for (const { name } of files) {
    const taken = new Map<string, string>();
    for (const [socket, network] of networks) {
      const [node, own = ""] = socket.split(" ");
      if (node !== name) continue;
      const other = taken.get(network);
      if (other !== undefined) {
        const reason = `${other} and ${own} of ${name} would hang on one switch, by the routers that use them`;
        return { kind: "impossible", reason };
      }
      taken.set(network, own);
    }
  }
  const directors = files.map((file, index): DirectorPlan => {
    const own = [...networks].filter(([socket]) => socket.startsWith(`${file.name} `));
    const interfaces = own.map(([socket, network], arm): Interface => {
      const name = socket.slice(file.name.length + 1);
      const host = FIRST_HOST + index;
      return { name, network, mac: hostMac(host, arm), sources: sourcesOf(file, name, host, arm), up: true };
    });
    return { name: file.name, interfaces, routers: file.routers, driftPpm: 0 };
  });
  return { kind: "wired", layout: { seed, directors } };
}

/** By director and interface ("lb1 eth0"): the name of the switch, which is that of the first interface on it. */
function networksOf(files: readonly DirectorFile[]): ReadonlyMap<string, string> {
  const networks = new Map<string, string>();
  /** By what is meant to be on one switch. */
  const meant = new Map<string, string>();
  const plug = (node: string, own: string, what: string) => {
    const socket = `${node} ${own}`;
    const mine = networks.get(socket) ?? socket;
    const others = meant.get(what) ?? mine;
    networks.set(socket, others);
    for (const map of [networks, meant])
      for (const [key, name] of map) if (name === mine) map.set(key, others);
    meant.set(what, others);
  };
  for (const { name, routers } of files) {
    for (const router of routers) {
      plug(name, router.interface, `adverts of ${router.name}`);
      for (const { address, interface: own } of router.addresses) plug(name, own, `address ${address}`);
      for (const { source } of router.tracks)
        if (source.kind === "interface") plug(name, source.interface, `${name} ${source.interface}`);
    }
  }
  return new Map(Array.from(networks, ([socket, name]) => [socket, name.slice(name.indexOf(" ") + 1)]));
}

/** Those that the file names, and one of each family that is spoken and has none. */
function sourcesOf({ routers }: DirectorFile, own: string, host: number, arm: number): readonly IpAddress[] {
  const speaking = routers.filter((router) => router.interface === own).map(({ transport }) => transport);
  const named = speaking.flatMap(({ source }) => source ?? []);
  const families = new Set([...speaking.map(({ family }) => family), 4 as const]);
  const missing = [...families].filter((family) => !named.some((address) => familyOf(address) === family));
  const invented = missing.map((family) =>
    ip(family === 4 ? `198.19.${arm}.${host}` : `fe80::${arm}:${host}`),
  );
  return [...new Set([...named, ...invented])];
}
