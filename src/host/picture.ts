/** What there is to know of a host, as the checks of `keelson doctor` judge it. */
import type { DirectorSettings } from "../config/settings.ts";
import type { Family, IpAddress } from "../net/ip.ts";
import type { AddressInfo } from "../netlink/address.ts";
import type { LinkInfo } from "../netlink/link.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Arm } from "../vrrp/node.ts";
import type { Listener } from "./listeners.ts";
import type { Ruleset } from "./rule-walk.ts";

/** One who sends adverts, as heard on an interface. */
export interface HeardAdvert {
  readonly interface: string;
  readonly family: Family;
  readonly source: IpAddress;
  readonly vrid: number;
  readonly priority: number;
  /** None when they cannot be read. */
  readonly addresses: readonly IpAddress[];
}

export interface HostPicture {
  readonly links: readonly LinkInfo[];
  readonly addresses: readonly (AddressInfo & { readonly interface: string })[];
  /** Whether we have put an address there. */
  owns(arm: Arm): boolean;
  /** The address that adverts of the family leave from, if there is one. */
  sourceOf(link: LinkInfo, family: Family): IpAddress | undefined;
  /** Of a path below /proc/sys/net; `undefined` where the kernel has no such setting. */
  sysctl(path: string): string | undefined;
  /** Why the kernel offers no IPVS. It is not asked where the file has no services. */
  readonly noIpvs: KernelRefusal | undefined;
  /** Whether the kernel's modules are known, and this one is neither loaded nor there to be loaded. */
  lacksModule(name: string): boolean;
  /** Why real-time scheduling is refused. */
  readonly noRealtime: string | undefined;
  /** What is wrong with programs that the file has run. */
  readonly scripts: readonly string[];
  readonly listeners: readonly Listener[];
  /** Who else looks after an interface; "netplan" has networkd do it. */
  readonly managers: ReadonlyMap<string, "NetworkManager" | "systemd-networkd" | "netplan">;
  /** Who made the machine, real or not: `Amazon EC2 t3.small`. */
  readonly machine: string;
  /** Whether something keeps the clock right; `undefined` when that cannot be told. */
  readonly clockKept: boolean | undefined;
  /** Of the firewall; `legacy`: tables of iptables that are not among them. */
  readonly rules:
    | (Ruleset & { readonly kind: "read"; readonly legacy: readonly string[] })
    | { readonly kind: "unread"; readonly why: string };
  /** Absent: nobody has listened. */
  readonly heard?: HeardAdverts;
  /** Where packets are balanced, when that is another network namespace. */
  readonly balancing?: BalancingPicture | { readonly namespace: string; readonly problem: string };
}

/** Of another network namespace. */
interface BalancingPicture
  extends Pick<HostPicture, "links" | "addresses" | "sysctl" | "noIpvs" | "listeners" | "rules"> {
  /** Its path. */
  readonly namespace: string;
}

export interface HeardAdverts {
  readonly adverts: readonly HeardAdvert[];
  /** Why interfaces could not be listened on, by their names. */
  readonly deaf: ReadonlyMap<string, string>;
}

/** A remedy of the first two kinds is safe, and can be undone. */
export type Remedy =
  | {
      readonly kind: "sysctl";
      readonly path: string;
      readonly value: string;
      /** Path of another network namespace. */
      readonly namespace?: string;
    }
  | { readonly kind: "module"; readonly name: string }
  | { readonly kind: "line"; readonly line: string };

export interface Finding {
  /** `error`: it does not work like this. `warning`: it works worse than it could. `note`: good to know. */
  readonly level: "error" | "warning" | "note";
  readonly text: string;
  readonly remedies: readonly Remedy[];
}

export interface Check {
  readonly name: string;
  /** Whether the file gives it anything to look at. */
  concerns(settings: DirectorSettings): boolean;
  judge(settings: DirectorSettings, host: HostPicture): Finding[];
}

export function error(text: string, ...remedies: readonly Remedy[]): Finding {
  return { level: "error", text, remedies };
}

export function warning(text: string, ...remedies: readonly Remedy[]): Finding {
  return { level: "warning", text, remedies };
}

export function note(text: string, ...remedies: readonly Remedy[]): Finding {
  return { level: "note", text, remedies };
}

export function line(text: string): Remedy {
  return { kind: "line", line: text };
}
