/** Which of the directors in the file this host is. */
import type { IpAddress } from "../net/ip.ts";
import type { ConfigIssue } from "./issue.ts";
import type { Cluster } from "./load.ts";

export interface Host {
  /** Of `--node`; it decides alone when it is there. */
  readonly node?: string;
  /** Short or with its domain, as `uname -n` says it. */
  readonly hostName: string;
  /** Those of this host, when they are known: a director's `address` must be among them. */
  readonly addresses?: readonly IpAddress[];
}

type DirectorResult =
  | { readonly kind: "found"; readonly director: string }
  | { readonly kind: "unknown"; readonly issue: ConfigIssue };

export function findDirector(cluster: Cluster, host: Host): DirectorResult {
  const director = nameOf(cluster, host);
  if (director === undefined) return unknown(cluster, host);
  const { address: own = [] } = cluster.directors[director] ?? {};
  const address = own.find((one) => host.addresses?.includes(one) === false);
  if (address === undefined) return { kind: "found", director };
  return refuse(
    cluster,
    "director-address-missing",
    `this host is director ${director}, but does not have its address ${address}`,
    hintFor(cluster, host) ?? `give the address to this host, or correct [directors.${director}]`,
  );
}

/** The host's name, or its first label; a director may be called either. */
function nameOf({ directors }: Cluster, { node, hostName }: Host): string | undefined {
  const full = (node ?? hostName).toLowerCase();
  const names = Object.keys(directors);
  if (names.includes(full) || node !== undefined) return names.find((name) => name === full);
  const short = firstLabel(full);
  const same = names.filter((name) => name === short || firstLabel(name) === short);
  return same.length === 1 ? same[0] : undefined;
}

function firstLabel(name: string): string {
  return name.split(".", 1)[0] ?? name;
}

function unknown(cluster: Cluster, host: Host): DirectorResult {
  const message =
    host.node === undefined
      ? `this host is called ${host.hostName}, and the file has no such director`
      : `the file has no director ${host.node}`;
  const known = `known are: ${Object.keys(cluster.directors).join(", ")}`;
  const advice = hintFor(cluster, host);
  const hint = advice === undefined ? known : `${advice}; ${known}`;
  return refuse(cluster, "unknown-director", message, hint);
}

/** The director whose address this host does have. */
function hintFor({ directors }: Cluster, { addresses }: Host): string | undefined {
  const other = Object.entries(directors).find(
    ([, { address }]) => address?.some((one) => addresses?.includes(one)) ?? false,
  );
  return other === undefined ? undefined : `by its address it is ${other[0]}: --node ${other[0]}`;
}

function refuse({ file }: Cluster, code: string, message: string, hint: string): DirectorResult {
  return { kind: "unknown", issue: { severity: "error", code, message, hint, file, line: 0, column: 0 } };
}
