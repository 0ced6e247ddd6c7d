/** Rules about how adverts travel: what one version, family or way of sending has, another may lack. */
import { type Family, familyOf, type IpAddress, isMulticast } from "../../net/ip.ts";
import { formatDuration, seconds } from "../../net/time.ts";
import { MAX_INTERVAL, MIN_INTERVAL_V2 } from "../../vrrp/intervals.ts";
import { MOST_ADVERTISED } from "../../vrrp/settings.ts";
import { electionFamilies } from "../elections.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts, Router } from "../schema.ts";
import { ownAddress, ownSource } from "../transport.ts";

export function checkTransports(parts: Parts): Finding[] {
  return Object.entries(parts.routers).flatMap(([name, router]) => {
    const path = ["routers", name];
    return [
      ...election(path, router),
      ...version(path, router),
      ...interval(path, router),
      ...group(path, router),
      ...unicast(path, router, parts),
      ...sources(path, router, Object.keys(parts.directors)),
      ...tooMany(path, router),
    ];
  });
}

function election(path: Path, router: Router): Finding[] {
  const [family, second] = electionFamilies(router);
  if (router.election === "shared" || second !== undefined) return [];
  const message = `all addresses of this router are IPv${family}: there is no second election to hold`;
  const hint = "add an address of the other family, or remove `election`";
  return [error([...path, "election"], "election-of-one-family", message, hint)];
}

function version(path: Path, router: Router): Finding[] {
  const families = electionFamilies(router);
  if (router.version === 3) {
    const findings: Finding[] = [];
    if (router.password !== undefined) {
      const message = "version 3 has no passwords";
      findings.push(error([...path, "password"], "password-without-version-2", message, "remove it"));
    }
    if (router.checksum !== undefined && !families.includes(4)) {
      const message = "over IPv6 there is only one form of the checksum";
      findings.push(error([...path, "checksum"], "checksum-without-choice", message, "remove it"));
    }
    return findings;
  }
  if (families.includes(6)) {
    const message = "VRRP version 2 knows no IPv6";
    const instead = families.includes(4) ? 'election = "shared"' : "begin with an IPv4 address";
    return [error([...path, "version"], "version-2-ipv6", message, `use version = 3, or ${instead}`)];
  }
  if (router.checksum !== undefined) {
    const message = "in version 2 there is only one form of the checksum";
    return [error([...path, "checksum"], "checksum-without-choice", message, "remove it")];
  }
  const message = "version 2 is for the time of a migration: its shortest interval is a second";
  const unsafe = router.password === undefined ? "" : ", and everybody on the link can read its password";
  return [warning([...path, "version"], "version-2", message + unsafe, "move all directors to version = 3")];
}

function interval(path: Path, { interval: length, version: number }: Router): Finding[] {
  const place = [...path, "interval"];
  if (number === 3 && length > MAX_INTERVAL) {
    return [
      error(place, "interval-of-version", `must be at most ${formatDuration(MAX_INTERVAL)} in version 3`),
    ];
  }
  if (number === 2 && (length < MIN_INTERVAL_V2 || length % seconds(1) !== 0)) {
    return [
      error(place, "interval-of-version", "must be whole seconds in version 2", 'write interval = "1s"'),
    ];
  }
  return [];
}

function group(path: Path, router: Router): Finding[] {
  if (router.group === undefined) return [];
  const place = [...path, "group"];
  if (router.unicast) {
    return [
      error(
        place,
        "group-with-unicast",
        "a router that speaks to its peers one by one has no group",
        "remove it",
      ),
    ];
  }
  const families = electionFamilies(router);
  const usual = families.map((family) => (family === 4 ? "224.0.0.18" : "ff02::12")).join(" and ");
  return listed(place, router.group).flatMap(({ address, at, isSecond }) => {
    if (isSecond) return [error(at, "bad-group", `${address} is the second of its family`, "one is enough")];
    if (isMulticast(address) && families.includes(familyOf(address))) return [];
    const message = `${address} is no IPv${families.join(" or IPv")} multicast group`;
    return [error(at, "bad-group", message, `usual is ${usual}`)];
  });
}

/** The value of a key that has an address, or a list of them; at most one of each family makes sense. */
function listed(place: Path, addresses: readonly IpAddress[]) {
  return addresses.map((address, index) => ({
    address,
    at: addresses.length === 1 ? place : [...place, index],
    isSecond: addresses.slice(0, index).some((other) => familyOf(other) === familyOf(address)),
  }));
}

function unicast(path: Path, router: Router, parts: Parts): Finding[] {
  if (!router.unicast) {
    if (router.min_ttl === undefined) return [];
    const message = "`min_ttl` is for unicast: multicast adverts must arrive with 255";
    return [error([...path, "min_ttl"], "min-ttl-without-unicast", message)];
  }
  const place = [...path, "unicast"];
  const names = Object.keys(parts.directors);
  if (names.length < 2) {
    return [error(place, "unicast-without-peers", "unicast needs another director to speak to")];
  }
  return electionFamilies(router).flatMap((family) => {
    const mute = names.filter((name) => {
      return (ownSource(router, name, family) ?? ownAddress(parts, name, family)) === undefined;
    });
    return mute.map((name) => {
      const message = `unicast needs an IPv${family} address of director ${name}`;
      return error(place, "unicast-without-address", message, `add \`address\` to [directors.${name}]`);
    });
  });
}

function sources(path: Path, router: Router, directors: readonly string[]): Finding[] {
  const families = electionFamilies(router);
  return Object.entries(router.source ?? {}).flatMap(([director, addresses]): Finding[] => {
    const place = [...path, "source", director];
    if (!directors.includes(director)) {
      const meant = nearest(director, directors);
      const hint = meant === undefined ? `known are: ${directors.join(", ")}` : `did you mean \`${meant}\`?`;
      const finding = error(place, "unknown-director", `there is no director ${director}`, hint);
      return [{ ...finding, at: "key" }];
    }
    return listed(place, addresses).flatMap(({ address, at, isSecond }) => {
      if (isSecond) {
        const message = `${address} is the second of its family`;
        return [error(at, "source-of-other-family", message, "adverts leave from one address")];
      }
      if (families.includes(familyOf(address))) return [];
      const message = `adverts of this router are IPv${families}: they cannot leave from ${address}`;
      const hint = "the first of `addresses` decides about the family";
      return [error(at, "source-of-other-family", message, hint)];
    });
  });
}

/** The others float along: all directors read the same file. */
function tooMany(path: Path, router: Router): Finding[] {
  return electionFamilies(router).flatMap((family) => tooManyOf(family, path, router));
}

function tooManyOf(family: Family, path: Path, router: Router): Finding[] {
  const count = router.addresses.filter(({ address }) => familyOf(address) === family).length;
  const most = MOST_ADVERTISED[family];
  if (count <= most) return [];
  const message = `an advert has room for ${most} of the ${count} IPv${family} addresses: the rest is not advertised`;
  return [warning([...path, "addresses"], "addresses-not-advertised", message)];
}
