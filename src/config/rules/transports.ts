/** Rules about how adverts travel: what one version, family or way of sending has, another may lack. */
import { familyOf, isMulticast } from "../../net/ip.ts";
import { formatDuration, seconds } from "../../net/time.ts";
import { MAX_INTERVAL, MIN_INTERVAL_V2 } from "../../vrrp/intervals.ts";
import { MOST_ADVERTISED } from "../../vrrp/settings.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts, Router } from "../schema.ts";
import { electionFamily, ownAddress } from "../transport.ts";

export function checkTransports(parts: Parts): Finding[] {
  return Object.entries(parts.routers).flatMap(([name, router]) => {
    const path = ["routers", name];
    return [
      ...version(path, router),
      ...interval(path, router),
      ...group(path, router),
      ...unicast(path, router, parts),
      ...sources(path, router, Object.keys(parts.directors)),
      ...tooMany(path, router),
    ];
  });
}

function version(path: Path, router: Router): Finding[] {
  const family = electionFamily(router);
  if (router.version === 3) {
    const findings: Finding[] = [];
    if (router.password !== undefined) {
      const message = "version 3 has no passwords";
      findings.push(error([...path, "password"], "password-without-version-2", message, "remove it"));
    }
    if (router.checksum !== undefined && family === 6) {
      const message = "over IPv6 there is only one form of the checksum";
      findings.push(error([...path, "checksum"], "checksum-without-choice", message, "remove it"));
    }
    return findings;
  }
  if (family === 6) {
    const message = "VRRP version 2 knows no IPv6";
    return [
      error(
        [...path, "version"],
        "version-2-ipv6",
        message,
        "use version = 3, or begin with an IPv4 address",
      ),
    ];
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
  const family = electionFamily(router);
  if (isMulticast(router.group) && familyOf(router.group) === family) return [];
  const message = `${router.group} is no IPv${family} multicast group`;
  return [error(place, "bad-group", message, `the usual one is ${family === 4 ? "224.0.0.18" : "ff02::12"}`)];
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
  const family = electionFamily(router);
  return names
    .filter((name) => (router.source?.[name] ?? ownAddress(parts, name, family)) === undefined)
    .map((name) => {
      const message = `unicast needs an IPv${family} address of director ${name}`;
      return error(place, "unicast-without-address", message, `add \`address\` to [directors.${name}]`);
    });
}

function sources(path: Path, router: Router, directors: readonly string[]): Finding[] {
  const family = electionFamily(router);
  return Object.entries(router.source ?? {}).flatMap(([director, address]): Finding[] => {
    const place = [...path, "source", director];
    if (!directors.includes(director)) {
      const meant = nearest(director, directors);
      const hint = meant === undefined ? `known are: ${directors.join(", ")}` : `did you mean \`${meant}\`?`;
      const finding = error(place, "unknown-director", `there is no director ${director}`, hint);
      return [{ ...finding, at: "key" }];
    }
    if (familyOf(address) === family) return [];
    const message = `adverts of this router are IPv${family}: they cannot leave from ${address}`;
    return [
      error(place, "source-of-other-family", message, "the first of `addresses` decides about the family"),
    ];
  });
}

/** The others float along: all directors read the same file. */
function tooMany(path: Path, router: Router): Finding[] {
  const family = electionFamily(router);
  const count = router.addresses.filter(({ address }) => familyOf(address) === family).length;
  const most = MOST_ADVERTISED[family];
  if (count <= most) return [];
  const message = `an advert has room for ${most} of the ${count} IPv${family} addresses: the rest is not advertised`;
  return [warning([...path, "addresses"], "addresses-not-advertised", message)];
}
