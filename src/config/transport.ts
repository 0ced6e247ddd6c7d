/** How a router's adverts travel, from the keys of the cluster file. */
import { type Family, familyOf, type IpAddress } from "../net/ip.ts";
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
      : group === undefined
        ? defaults.audience
        : { kind: "group", group },
    checksum: checksum ?? defaults.checksum,
    ...(source === undefined ? {} : { source }),
    ...(password === undefined ? {} : { password }),
    ...(authentication === undefined
      ? {}
      : { authentication: authenticationSettings(authentication, router.interval) }),
  };
}

/** A director's first address of this family. */
export function ownAddress(
  { directors }: Pick<Parts, "directors">,
  director: string,
  family: Family,
): IpAddress | undefined {
  return directors[director]?.address?.find((address) => familyOf(address) === family);
}
