/**
 * What a real server of direct routing needs on its own host, and the way there and back.
 *
 * The director changes nothing but the MAC address, so the server must have the service's address, on `lo`; and it must
 * keep silent about it, or neighbours send it what is meant for the director: by default Linux answers ARP for any of its
 * addresses on any interface (arp_ignore), and tells its neighbours of any when it asks for them (arp_announce). Neighbour
 * discovery has no such habit.
 */
import type { ServiceSettings } from "../balance/settings.ts";
import { addressesOf } from "../ipvs/listen.ts";
import { familyOf, type IpAddress } from "../net/ip.ts";
import { sysctlName } from "./sysctl-name.ts";

/** The servers of the cluster file that a host is, and what they serve. */
export interface RealServer {
  /** `rs1 of service web` */
  readonly names: readonly string[];
  /** Of the services, each once. */
  readonly addresses: readonly IpAddress[];
}

interface SysctlNeed {
  readonly kind: "sysctl";
  /** Below /proc/sys/net. */
  readonly path: string;
  readonly value: string;
  /** Others that do as well. */
  readonly alsoGood: readonly string[];
  readonly why: string;
}

type Need = SysctlNeed | { readonly kind: "address"; readonly address: IpAddress; readonly why: string };

/** What is there. */
export interface HostState {
  readonly addresses: readonly { readonly interface: string; readonly address: IpAddress }[];
  /** `undefined` where the kernel has no such setting. */
  sysctl(path: string): string | undefined;
}

/** What earlier calls did here, so that it can be undone. */
export interface Made {
  readonly addresses: readonly IpAddress[];
  readonly sysctls: readonly { readonly path: string; readonly before: string; readonly value: string }[];
}

export type Step =
  | { readonly kind: "set"; readonly path: string; readonly before: string; readonly value: string }
  | { readonly kind: "restore"; readonly path: string; readonly value: string }
  | { readonly kind: "add"; readonly address: IpAddress }
  | { readonly kind: "remove"; readonly address: IpAddress };

export const LOOPBACK = "lo";

/** @param who a server's name, or all addresses of a host */
export function realServerOf(
  services: readonly ServiceSettings[],
  who: { readonly name: string } | { readonly addresses: readonly IpAddress[] },
): RealServer {
  const names: string[] = [];
  const addresses = new Set<IpAddress>();
  for (const service of services) {
    for (const { name, endpoint, forward } of service.servers) {
      const isMeant = "name" in who ? who.name === name : who.addresses.includes(endpoint.address);
      if (!isMeant || forward !== "direct") continue;
      names.push(`${name} of service ${service.name}`);
      for (const address of service.listen.flatMap(addressesOf)) addresses.add(address);
    }
  }
  return { names, addresses: [...addresses] };
}

/** In the order in which they are met: first silence, then the addresses. */
export function needsOf({ addresses }: Pick<RealServer, "addresses">): Need[] {
  const why = "the director's packets are for it";
  const own = addresses.map((address) => ({ kind: "address", address, why }) as const);
  return addresses.some((address) => familyOf(address) === 4) ? [...SILENCE, ...own] : own;
}

/** The greater one counts of `all` and an interface's own. */
const SILENCE: readonly SysctlNeed[] = [
  {
    kind: "sysctl",
    path: "ipv4/conf/all/arp_ignore",
    value: "1",
    // 3 would answer: the addresses are of global scope.
    alsoGood: ["2", "8"],
    why: "it would answer ARP for the service's address, and clients would pass the director by",
  },
  {
    kind: "sysctl",
    path: "ipv4/conf/all/arp_announce",
    value: "2",
    alsoGood: [],
    why: "its own ARP requests would name the service's address as theirs",
  },
];

export function isMet(need: Need, host: HostState): boolean {
  if (need.kind === "address") return hasOnLoopback(host, need.address);
  const value = host.sysctl(need.path);
  return value === undefined || value === need.value || need.alsoGood.includes(value);
}

/** Where a service address stands that would be announced or answered for; `up` adds none beside it. */
export function obstacles({ addresses }: Pick<RealServer, "addresses">, host: HostState): string[] {
  return host.addresses
    .filter((one) => one.interface !== LOOPBACK && addresses.includes(one.address))
    .map(({ address, interface: name }) => {
      const remedy = `ip address del ${address} dev ${name}`;
      return `${address} is on ${name}, where this host answers for it: remove it (${remedy}), if this is no director`;
    });
}

/** From what is there to what is needed; what earlier calls made and is no longer needed goes. */
export function stepsUp(needs: readonly Need[], host: HostState, made: Made): Step[] {
  const wanted = needs.flatMap((need) => (need.kind === "address" ? [need.address] : []));
  const paths = new Set(needs.flatMap((need) => (need.kind === "sysctl" ? [need.path] : [])));
  const steps = needs
    .filter((need) => !isMet(need, host))
    .map((need): Step => {
      if (need.kind === "address") return { kind: "add", address: need.address };
      return { kind: "set", path: need.path, before: host.sysctl(need.path) ?? "", value: need.value };
    });
  const surplus = {
    addresses: made.addresses.filter((address) => !wanted.includes(address)),
    sysctls: made.sysctls.filter(({ path }) => !paths.has(path)),
  };
  return [...steps, ...stepsDown(host, surplus)];
}

/** First the addresses, then what keeps this host silent about them. What somebody else has changed since is theirs. */
export function stepsDown(host: HostState, made: Made): Step[] {
  const gone = made.addresses.filter((address) => hasOnLoopback(host, address));
  const changed = made.sysctls.filter(({ path, value }) => host.sysctl(path) === value);
  return [
    ...gone.map((address) => ({ kind: "remove", address }) as const),
    ...changed.reverse().map(({ path, before }) => ({ kind: "restore", path, value: before }) as const),
  ];
}

/** What is ours when `steps` are taken; a value that an earlier call found here stays the one to go back to. */
export function madeAfter(steps: readonly Step[], made: Made): Made {
  const removed = steps.flatMap((step) => (step.kind === "remove" ? [step.address] : []));
  const restored = new Set(steps.flatMap((step) => (step.kind === "restore" ? [step.path] : [])));
  const added = steps.flatMap((step) => (step.kind === "add" ? [step.address] : []));
  const set = steps.flatMap((step) => (step.kind === "set" ? [step] : []));
  const kept = made.sysctls.filter(
    ({ path }) => !restored.has(path) && !set.some((step) => step.path === path),
  );
  return {
    addresses: [...new Set([...made.addresses, ...added])].filter((address) => !removed.includes(address)),
    sysctls: [
      ...kept,
      ...set.map(({ path, before, value }) => {
        const earlier = made.sysctls.find((one) => one.path === path);
        return { path, before: earlier?.before ?? before, value };
      }),
    ],
  };
}

/** The line for a shell that meets it. */
export function needLine(need: Need): string {
  return stepLine(
    need.kind === "address"
      ? { kind: "add", address: need.address }
      : { kind: "set", path: need.path, before: "", value: need.value },
  );
}

/** The line for a shell that does the same. */
export function stepLine(step: Step): string {
  switch (step.kind) {
    case "set":
    case "restore":
      return `sysctl -w ${sysctlName(step.path)}=${step.value}`;
    case "add":
      return familyOf(step.address) === 4
        ? `ip address replace ${step.address}/32 dev ${LOOPBACK}`
        : `ip address replace ${step.address}/128 dev ${LOOPBACK} nodad preferred_lft 0`;
    case "remove":
      return `ip address del ${step.address}/${prefixLengthOf(step.address)} dev ${LOOPBACK}`;
  }
}

export function prefixLengthOf(address: IpAddress): number {
  return familyOf(address) === 4 ? 32 : 128;
}

function hasOnLoopback({ addresses }: HostState, address: IpAddress): boolean {
  return addresses.some((one) => one.interface === LOOPBACK && one.address === address);
}
