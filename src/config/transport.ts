/** How a router's adverts travel, from the keys of the cluster file. */
import { type Family, familyOf, type IpAddress, isLinkLocal } from "../net/ip.ts";
import { MULTICAST_GROUPS } from "../vrrp/advert.ts";
import { multicastTransport, type Transport } from "../vrrp/settings.ts";
import { authenticationSettings } from "./authentication.ts";
import type { Parts, Router } from "./schema.ts";

/** Without a word in the file: no router on the way. */
const DEFAULT_MIN_TTL = 255;

/** All addresses of a router share one election, in the family of the first. */
export function electionFamily({ addresses: [first] }: Router): Family {
  return first === undefined ? 4 : familyOf(first.address);
}

export function transportOf(parts: Pick<Parts, "directors">, director: string, router: Router): Transport {
  const family = electionFamily(router);
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
  const source = router.source?.[director] ?? (unicast ? ownAddress(parts, director, family) : undefined);
  const peers = Object.keys(parts.directors)
    .filter((name) => name !== director)
    .flatMap((name) => router.source?.[name] ?? ownAddress(parts, name, family) ?? []);
  return {
    version,
    family,
    audience: unicast
      ? { kind: "peers", peers, minTtl }
      : {
          kind: "group",
          group: group ?? MULTICAST_GROUPS[family],
          ...directorsOf(parts, director, router, family),
        },
    checksum: checksum ?? defaults.checksum,
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
    return [router.source?.[name] ?? own.filter((address) => couldSpeak(address, family))].flat();
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
  return directors[director]?.address?.find((address) => familyOf(address) === family);
}
