/**
 * What a real server of direct routing or of a tunnel needs on its own host, and the way there and back.
 *
 * The director leaves the packet's addresses as they are, so the server must have the service's address, on `lo` or at the
 * tunnel's end; and it must keep silent about it, or neighbours send it what is meant for the director: by default Linux
 * answers ARP for any of its addresses on any interface (arp_ignore), and tells its neighbours of any when it asks for them
 * (arp_announce). Neighbour discovery has no such habit. Out of a tunnel, packets come by the device that the kernel keeps for everybody's
 * (`tunl0`); and from there no way leads back to the client, which strict reverse path filtering takes amiss.
 */
import { unreachable } from "../net/bug.ts";
import { familyOf, type IpAddress } from "../net/ip.ts";
import type { GuePort } from "../netlink/fou.ts";
import { type Arm, armKey } from "../vrrp/node.ts";
import { type Device, isCheckedDevice, LOOPBACK, type RealServer } from "./served.ts";
import { sysctlName } from "./sysctl-name.ts";

interface SysctlNeed {
  readonly kind: "sysctl";
  /** Below /proc/sys/net. */
  readonly path: string;
  readonly value: string;
  /** Others that do as well. */
  readonly alsoGood: readonly string[];
  readonly why: string;
}

type Need = { readonly why: string } & (
  | SysctlNeed
  /** `device`: what it makes. */
  | { readonly kind: "module"; readonly module: string; readonly device?: string }
  | { readonly kind: "mode"; readonly name: string }
  | { readonly kind: "device"; readonly name: string; readonly address: IpAddress }
  | { readonly kind: "link"; readonly name: string }
  | { readonly kind: "port"; readonly port: GuePort }
  | { readonly kind: "address"; readonly arm: Arm }
);

/** What is there. */
export interface HostState {
  readonly addresses: readonly Arm[];
  /** `undefined` where the kernel has no such setting. */
  sysctl(path: string): string | undefined;
  /** Whether it is up; `undefined` where there is none. */
  linkUp(name: string): boolean | undefined;
  /** Whether this tunnel over IPv6 unwraps whatever comes. */
  modeAny(name: string): boolean;
  readonly guePorts: readonly GuePort[];
  /** Loaded. */
  hasModule(name: string): boolean;
}

/** What earlier calls did here, so that it can be undone. */
export interface Made {
  readonly addresses: readonly Arm[];
  readonly sysctls: readonly { readonly path: string; readonly before: string; readonly value: string }[];
  /** Names of those that were set up. */
  readonly links: readonly string[];
  readonly guePorts: readonly GuePort[];
}

export const NOTHING_MADE: Made = { addresses: [], sysctls: [], links: [], guePorts: [] };

export type Step =
  | { readonly kind: "set"; readonly path: string; readonly before: string; readonly value: string }
  | { readonly kind: "restore"; readonly path: string; readonly value: string }
  | { readonly kind: "add"; readonly arm: Arm }
  | { readonly kind: "remove"; readonly arm: Arm }
  | { readonly kind: "raise"; readonly name: string }
  | { readonly kind: "lower"; readonly name: string }
  | { readonly kind: "delete"; readonly name: string }
  | { readonly kind: "open"; readonly port: GuePort }
  | { readonly kind: "close"; readonly port: GuePort };

/** In the order in which they are met: modules first, for what they make; silence before addresses. */
export function needsOf({ addresses, devices, guePorts }: Omit<RealServer, "names">): Need[] {
  const own = addresses.map((arm) => {
    return { kind: "address", arm, why: "the director's packets are for it" } as const;
  });
  const modules = guePorts.map(({ family }) => (family === 4 ? "fou" : "fou6"));
  return [
    ...devices.map(makerOf),
    ...[...new Set(modules)].map(
      (name) => ({ kind: "module", module: name, why: "it unwraps UDP" }) as const,
    ),
    ...devices
      .filter(({ modeAny }) => modeAny)
      .map(({ name }) => ({ kind: "mode", name, why: "it unwraps no IPv4 otherwise" }) as const),
    ...devices.map(looseFilter),
    ...devices.map(({ name }) => ({ kind: "link", name, why: "unwrapped packets come by it" }) as const),
    ...guePorts.map(
      (port) => ({ kind: "port", port, why: "the director's packets are wrapped in UDP" }) as const,
    ),
    ...(addresses.some(({ address }) => familyOf(address) === 4) ? SILENCE : []),
    ...own,
  ];
}

/** Modules come with the devices that they make, and are loaded by who makes one. */
function makerOf({ name, module, checked: address }: Device): Need {
  return address === undefined
    ? { kind: "module", module, device: name, why: "it unwraps the director's packets" }
    : { kind: "device", name, address, why: "it unwraps the director's packets, which have checksums" };
}

/** 2, loose: the greater one counts of this and `all`, so that nothing has to change there. */
function looseFilter({ name }: Device): SysctlNeed {
  const why = "clients are not behind the tunnel, and strict filtering would drop their packets";
  return { kind: "sysctl", path: `ipv4/conf/${name}/rp_filter`, value: "2", alsoGood: [], why };
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
  switch (need.kind) {
    case "module":
      return need.device === undefined ? host.hasModule(need.module) : host.linkUp(need.device) !== undefined;
    case "mode":
      return host.modeAny(need.name);
    case "device":
      return host.linkUp(need.name) !== undefined;
    case "link":
      return host.linkUp(need.name) === true;
    case "port":
      return host.guePorts.some((one) => isSame(one, need.port));
    case "address":
      return has(host, need.arm);
    case "sysctl": {
      const value = host.sysctl(need.path);
      return value === undefined || value === need.value || need.alsoGood.includes(value);
    }
    default:
      return unreachable(need);
  }
}

/**
 * Where a service address stands that would be announced or answered for; `up` adds none beside it.
 *
 * @param made what `up` takes away by itself where it is needed no more, as from a device that was right for an earlier file
 */
export function obstacles(
  { addresses, devices }: Omit<RealServer, "names" | "guePorts">,
  host: HostState,
  made: Pick<Made, "addresses">,
): string[] {
  const fine = new Set([LOOPBACK, ...devices.map(({ name }) => name)]);
  const own = new Set(made.addresses.map(armKey));
  return host.addresses
    .filter((one) => !fine.has(one.interface) && !own.has(armKey(one)))
    .filter((one) => addresses.some(({ address }) => address === one.address))
    .map(({ address, interface: name }) => {
      const remedy = `ip address del ${address} dev ${name}`;
      return `${address} is on ${name}, where this host answers for it: remove it (${remedy}), if this is no director`;
    });
}

/** From what is there, modules included, to what is needed; what earlier calls made and is no longer needed goes. */
export function stepsUp(needs: readonly Need[], host: HostState, made: Made): Step[] {
  const steps = needs.filter((need) => !isMet(need, host)).flatMap((need) => stepTo(need, host));
  const wanted = new Set(needs.map(subjectOf));
  const surplus = {
    addresses: made.addresses.filter((arm) => !wanted.has(armKey(arm))),
    sysctls: made.sysctls.filter(({ path }) => !wanted.has(path)),
    links: made.links.filter((name) => !wanted.has(`link ${name}`)),
    guePorts: made.guePorts.filter((port) => !wanted.has(guePortText(port))),
  };
  return [...steps, ...stepsDown(host, surplus)];
}

function subjectOf(need: Need): string {
  switch (need.kind) {
    case "module":
      return `module ${need.module}`;
    case "mode":
      return `mode ${need.name}`;
    case "device":
      return `device ${need.name}`;
    case "link":
      return `link ${need.name}`;
    case "port":
      return guePortText(need.port);
    case "address":
      return armKey(need.arm);
    case "sysctl":
      return need.path;
    default:
      return unreachable(need);
  }
}

/** None to a module, a mode and a device: they come before anything else is looked at. */
function stepTo(need: Need, host?: HostState): Step[] {
  switch (need.kind) {
    case "module":
    case "mode":
    case "device":
      return [];
    case "link":
      return [{ kind: "raise", name: need.name }];
    case "port":
      return [{ kind: "open", port: need.port }];
    case "address":
      return [{ kind: "add", arm: need.arm }];
    case "sysctl":
      return [{ kind: "set", path: need.path, before: host?.sysctl(need.path) ?? "", value: need.value }];
    default:
      return unreachable(need);
  }
}

/** First the addresses, then what keeps this host silent about them. What somebody else has changed since is theirs. */
export function stepsDown(host: HostState, made: Made): Step[] {
  const gone = made.addresses.filter((arm) => has(host, arm));
  const own = made.links.filter((name) => isCheckedDevice(name) && host.linkUp(name) !== undefined);
  const changed = made.sysctls.filter(
    ({ path, value }) => host.sysctl(path) === value && !own.some((name) => isSettingOf(path, name)),
  );
  const open = made.guePorts.filter((port) => host.guePorts.some((one) => isSame(one, port)));
  return [
    ...gone.map((arm) => ({ kind: "remove", arm }) as const),
    ...open.map((port) => ({ kind: "close", port }) as const),
    ...own.map((name) => ({ kind: "delete", name }) as const),
    ...made.links
      .filter((name) => !own.includes(name) && host.linkUp(name))
      .map((name) => ({ kind: "lower", name }) as const),
    ...changed.reverse().map(({ path, before }) => ({ kind: "restore", path, value: before }) as const),
  ];
}

/** What is ours when `steps` are taken; a value that an earlier call found here stays the one to go back to. */
export function madeAfter(steps: readonly Step[], made: Made): Made {
  return steps.reduce(madeAfterStep, made);
}

function madeAfterStep(made: Made, step: Step): Made {
  switch (step.kind) {
    case "add":
      return { ...made, addresses: [...without(made.addresses, step.arm), step.arm] };
    case "remove":
      return { ...made, addresses: without(made.addresses, step.arm) };
    case "raise":
      return { ...made, links: [...new Set([...made.links, step.name])] };
    case "lower":
      return { ...made, links: made.links.filter((name) => name !== step.name) };
    case "delete":
      return {
        ...made,
        links: made.links.filter((name) => name !== step.name),
        sysctls: made.sysctls.filter(({ path }) => !isSettingOf(path, step.name)),
      };
    case "open":
      return { ...made, guePorts: [...made.guePorts.filter((one) => !isSame(one, step.port)), step.port] };
    case "close":
      return { ...made, guePorts: made.guePorts.filter((one) => !isSame(one, step.port)) };
    case "set": {
      const { path, before, value } = step;
      const earlier = made.sysctls.find((one) => one.path === path);
      const others = made.sysctls.filter((one) => one.path !== path);
      return { ...made, sysctls: [...others, { path, before: earlier?.before ?? before, value }] };
    }
    case "restore":
      return { ...made, sysctls: made.sysctls.filter(({ path }) => path !== step.path) };
    default:
      return unreachable(step);
  }
}

/** The line for a shell that meets it. */
export function needLine(need: Need): string {
  if (need.kind === "module") return `modprobe ${need.module}`;
  // Over netlink kernels before 6.17 refuse it.
  if (need.kind === "mode") return `ip -6 tunnel change ${need.name} mode any`;
  if (need.kind === "device") {
    const type = familyOf(need.address) === 4 ? "gre" : "ip6gre";
    return `ip link add ${need.name} type ${type} local ${need.address} icsum`;
  }
  return stepTo(need).map(stepLine).join("\n");
}

/** What it is about: `tunl0 up`. */
export function needText(need: Need): string {
  switch (need.kind) {
    case "module":
      return `module ${need.module}`;
    case "mode":
      return `${need.name} for any protocol`;
    case "device":
      return `${need.name} for GRE with checksums`;
    case "link":
      return `${need.name} up`;
    case "port":
      return guePortText(need.port);
    case "address":
      return `${need.arm.address} on ${need.arm.interface}`;
    case "sysctl":
      return `${need.path} = ${need.value}`;
    default:
      return unreachable(need);
  }
}

/** The line for a shell that does the same. */
export function stepLine(step: Step): string {
  switch (step.kind) {
    case "raise":
      return `ip link set ${step.name} up`;
    case "lower":
      return `ip link set ${step.name} down`;
    case "delete":
      return `ip link delete ${step.name}`;
    case "open":
      return `ip fou add port ${step.port.port} gue${step.port.family === 6 ? " -6" : ""}`;
    case "close":
      return `ip fou del port ${step.port.port}${step.port.family === 6 ? " -6" : ""}`;
    case "set":
    case "restore":
      return `sysctl -w ${sysctlName(step.path)}=${step.value}`;
    case "add": {
      const { address, interface: name } = step.arm;
      const traits = familyOf(address) === 4 ? "" : " nodad preferred_lft 0";
      return `ip address replace ${address}/${prefixLengthOf(address)} dev ${name}${traits}`;
    }
    case "remove": {
      const { address, interface: name } = step.arm;
      return `ip address del ${address}/${prefixLengthOf(address)} dev ${name}`;
    }
  }
}

export function prefixLengthOf(address: IpAddress): number {
  return familyOf(address) === 4 ? 32 : 128;
}

function isSame(left: GuePort, right: GuePort): boolean {
  return left.family === right.family && left.port === right.port;
}

function isSettingOf(path: string, name: string): boolean {
  return path.startsWith(`ipv4/conf/${name}/`);
}

function guePortText({ family, port }: GuePort): string {
  return `UDP port ${port} for GUE over IPv${family}`;
}

function has({ addresses }: HostState, arm: Arm): boolean {
  return addresses.some((one) => armKey(one) === armKey(arm));
}

function without(arms: readonly Arm[], gone: Arm): Arm[] {
  return arms.filter((arm) => armKey(arm) !== armKey(gone));
}
