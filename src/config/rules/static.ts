/** Rules about what is static: nothing is there twice, and nothing leans on what floats. */
import type { IpAddress } from "../../net/ip.ts";
import { error, type Finding, type Path } from "../issue.ts";
import type { Parts } from "../schema.ts";
import { routeFamily, routePlace, rulePlace } from "../steering.ts";
import { checkTraits } from "./addresses.ts";
import { checkLists, type Lists } from "./steering.ts";

/** An entry, and what the kernel knows it by. */
interface Claim {
  readonly path: Path;
  readonly key: string;
  readonly what: string;
}

export function checkStatic(parts: Parts): Finding[] {
  const { directors, routers, static: common } = parts;
  const floating = new Set(Object.values(routers).flatMap(addressesIn));
  const taken = new Set(Object.values(routers).flatMap((router) => claims([], router).map(({ key }) => key)));
  // What all directors have is looked at once, and then what each has beside it.
  const findings = [
    ...checkStaticLists(["static"], common, floating),
    ...twice(claims(["static"], common), taken),
  ];
  for (const [name, { interface: arm, static: own }] of Object.entries(directors)) {
    const path = ["directors", name, "static"];
    const all = [...addressClaims(path, own.addresses, arm), ...claims(path, own)];
    findings.push(
      ...checkStaticLists(path, own, floating),
      ...checkOwn(path, own.addresses, parts, floating),
      ...twice(all, new Set(taken)),
    );
  }
  return findings;
}

type Addresses = Parts["directors"][string]["static"]["addresses"];

function addressesIn({ addresses }: { readonly addresses: readonly { readonly address: IpAddress }[] }) {
  return addresses.map(({ address }) => address);
}

function checkStaticLists(path: Path, lists: Lists, floating: ReadonlySet<IpAddress>): Finding[] {
  const leaning = lists.routes.flatMap(({ source }, index) => {
    if (source === undefined || !floating.has(source)) return [];
    const message = `${source} floats: a backup does not have it, and its kernel refuses the route`;
    const hint = "write the route in the `routes` of the router";
    return [error([...path, "routes", index, "source"], "static-source-floats", message, hint)];
  });
  return [...checkLists(path, lists), ...leaning];
}

function checkOwn(
  path: Path,
  addresses: Addresses,
  parts: Parts,
  floating: ReadonlySet<IpAddress>,
): Finding[] {
  const owners = ownersOf(parts);
  return addresses.flatMap((written, index) => {
    const place = [...path, "addresses", index];
    const { address } = written;
    if (floating.has(address)) {
      const message = `${address} is a floating address, and cannot stay here as well`;
      return [error(place, "static-address-floats", message, "take it out of one of the two")];
    }
    const owner = owners.get(address);
    if (owner === undefined) return checkTraits(place, written);
    const message = `${address} is where director ${owner} speaks from: it has to be there before Keelson is`;
    return [error(place, "static-address-of-director", message, "leave it to the host's own network setup")];
  });
}

/** Who has an address of its own, or adverts leave from it. */
function ownersOf({ directors, routers }: Parts): ReadonlyMap<IpAddress, string> {
  const own = Object.entries(directors).map(([name, { address = [] }]) => ({ name, addresses: address }));
  const sources = Object.values(routers).flatMap(({ source = {} }) =>
    Object.entries(source).map(([name, addresses]) => ({ name, addresses })),
  );
  const pairs = [...own, ...sources].flatMap(({ name, addresses }) =>
    addresses.map((address): [IpAddress, string] => [address, name]),
  );
  return new Map(pairs);
}

function addressClaims(path: Path, addresses: Addresses, arm: string): Claim[] {
  return addresses.map((one, index) => {
    const key = `${one.address} on ${one.interface ?? arm}`;
    return { path: [...path, "addresses", index], key, what: "address" };
  });
}

function claims(path: Path, { routes, rules }: Lists): Claim[] {
  return [
    ...routes.map((one, index) => {
      return { path: [...path, "routes", index], key: routePlace(one), what: `IPv${routeFamily(one)} route` };
    }),
    ...rules.map((one, index) => {
      return { path: [...path, "rules", index], key: rulePlace(one), what: "rule" };
    }),
  ];
}

/** @param taken grows */
function twice(wanted: readonly Claim[], taken: Set<string>): Finding[] {
  return wanted.flatMap(({ path, key, what }) => {
    if (taken.has(key)) {
      const message = `the file has this ${what} for the same director already: ${key}`;
      return [error(path, "static-taken", message, "the kernel takes one of them only")];
    }
    taken.add(key);
    return [];
  });
}
