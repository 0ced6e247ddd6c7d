/** How a router's adverts travel, from the keys of the cluster file. */
import { type Family, familyOf, type IpAddress, isLinkLocal } from "../net/ip.ts";
import { MULTICAST_GROUPS } from "../vrrp/advert.ts";
import { multicastTransport, type Transport } from "../vrrp/settings.ts";
import { authenticationSettings } from "./authentication.ts";
import type { Parts, Router } from "./schema.ts";

/** Without a word in the file: no router on the way. */
const DEFAULT_MIN_TTL = 255;

export function transportOf(
  parts: Pick<Parts, "directors">,
  director: string,
  router: Router,
  family: Family,
): Transport {
  const defaults = multicastTransport(family);
  const {
    version,
    checksum,
    group,
    password,
    authentication,
    unicast,
    min_ttl: minTtl = DEFAULT_MIN_TTL,
  } = router;
  const source =
    ownSource(router, director, family) ?? (unicast ? ownAddress(parts, director, family) : undefined);
  const peers = Object.keys(parts.directors)
    .filter((name) => name !== director)
    .flatMap((name) => ownSource(router, name, family) ?? ownAddress(parts, name, family) ?? []);
  const ownGroup = group && firstOf(group, family);
  return {
    version,
    family,
    audience: unicast
      ? { kind: "peers", peers, minTtl }
      : {
          kind: "group",
          group: ownGroup ?? MULTICAST_GROUPS[family],
          ...directorsOf(parts, director, router, family),
        },
    checksum: family === 4 ? (checksum ?? defaults.checksum) : defaults.checksum,
    ...(source === undefined ? {} : { source }),
    ...(password === undefined ? {} : { password }),
    ...(authentication === undefined
      ? {}
      : { authentication: authenticationSettings(authentication, router.interval) }),
  };
}

/** Where the other directors of a router may speak from, when the file says it of every one. */
function directorsOf(
  { directors }: Pick<Parts, "directors">,
  self: string,
  router: Router,
  family: Family,
): { readonly directors?: readonly IpAddress[] } {
  const others = Object.keys(directors).filter((name) => name !== self);
  const addresses = others.map((name) => {
    const own = directors[name]?.address ?? [];
    return [ownSource(router, name, family) ?? own.filter((address) => couldSpeak(address, family))].flat();
  });
  return addresses.every((found) => found.length > 0) ? { directors: addresses.flat() } : {};
}

/** Over IPv6 adverts leave from a link-local address (RFC 9568 §5.1.2.1). */
function couldSpeak(address: IpAddress, family: Family): boolean {
  return familyOf(address) === family && (family === 4 || isLinkLocal(address));
}

/** A director's first address of this family. */
export function ownAddress(
  { directors }: Pick<Parts, "directors">,
  director: string,
  family: Family,
): IpAddress | undefined {
  return firstOf(directors[director]?.address ?? [], family);
}

/** Where a router's adverts of this family leave from, by its own word. */
export function ownSource({ source }: Router, director: string, family: Family): IpAddress | undefined {
  return firstOf(source?.[director] ?? [], family);
}

function firstOf(addresses: readonly IpAddress[], family: Family): IpAddress | undefined {
  return addresses.find((address) => familyOf(address) === family);
}
