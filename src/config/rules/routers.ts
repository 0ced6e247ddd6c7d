/** Rules about routers: VRIDs and floating addresses are each taken once, and times fit one another. */
import { formatDuration } from "../../net/time.ts";
import { handOverDeadline } from "../../vrrp/intervals.ts";
import { electionFamilies } from "../elections.ts";
import { error, type Finding, warning } from "../issue.ts";
import type { Parts } from "../schema.ts";
import { armOf, priorityOf } from "../settings.ts";

export function checkRouters(parts: Parts): Finding[] {
  return [
    ...vridsTaken(parts),
    ...addressesTaken(parts),
    ...addressesOfDirectors(parts),
    ...shortStops(parts),
    ...shortPatience(parts),
  ];
}

/** Two routers with one VRID on one interface, in one family, would hear each other's adverts as their own. */
function vridsTaken(parts: Parts): Finding[] {
  const takenBy = new Map<string, string>();
  const clashes = new Map<string, Finding>();
  for (const director of Object.keys(parts.directors)) {
    for (const [name, router] of Object.entries(parts.routers)) {
      const arm = armOf(parts, director, router);
      const keys = electionFamilies(router).map((family) => `${director} ${arm} ${router.vrid} ${family}`);
      const other = keys.map((key) => takenBy.get(key)).find((one) => one !== undefined);
      for (const key of keys) takenBy.set(key, takenBy.get(key) ?? name);
      if (other === undefined || clashes.has(name)) continue;
      const message = `VRID ${router.vrid} on ${arm} is taken by router ${other} already`;
      const hint = "each router of a network needs a VRID of its own, also beside other people's routers";
      clashes.set(name, error(["routers", name, "vrid"], "vrid-taken", message, hint));
    }
  }
  return [...clashes.values()];
}

function addressesTaken({ routers }: Parts): Finding[] {
  const takenBy = new Map<string, string>();
  return Object.entries(routers).flatMap(([name, { addresses }]) =>
    addresses.flatMap(({ address }, index) => {
      const other = takenBy.get(address);
      takenBy.set(address, other ?? name);
      if (other === undefined) return [];
      const where = other === name ? "this router" : `router ${other}`;
      return [
        error(
          ["routers", name, "addresses", index],
          "address-taken",
          `${address} is an address of ${where} already`,
        ),
      ];
    }),
  );
}

/** An address that stays on its director cannot float; only an owner (255) has it anyway. */
function addressesOfDirectors({ directors, routers }: Parts): Finding[] {
  const homes = new Map(
    Object.entries(directors).flatMap(([name, { address = [] }]) => address.map((one) => [one, name])),
  );
  return Object.entries(routers).flatMap(([name, router]) =>
    router.addresses.flatMap(({ address }, index) => {
      const director = homes.get(address);
      if (director === undefined || priorityOf(router, director) === 255) return [];
      const message = `${address} is director ${director}'s own address, and cannot float`;
      return [error(["routers", name, "addresses", index], "address-of-director", message)];
    }),
  );
}

/** A successor that missed the goodbye needs its time, or the addresses are nobody's for a while. */
function shortStops({ routers, stop }: Parts): Finding[] {
  return Object.entries(routers).flatMap(([name, { interval, down_timer_adverts: downTimerAdverts }]) => {
    const needed = handOverDeadline({ interval, downTimerAdverts });
    if (needed <= stop.timeout) return [];
    const message =
      `a stop waits ${formatDuration(stop.timeout)} for a successor, ` +
      `but with this interval one may take ${formatDuration(needed)}`;
    const hint = `shorten the interval, or set timeout = "${formatDuration(needed)}" in [stop]`;
    return [warning(["routers", name, "interval"], "stop-timeout-short", message, hint)];
  });
}

function shortPatience({ routers }: Parts): Finding[] {
  return Object.entries(routers)
    .filter(([, router]) => router.down_timer_adverts === 1)
    .map(([name]) => {
      const message = "one lost advert is a take-over, and so is a master that is late by one interval";
      const hint = "for a faster take-over shorten the interval, and leave this at 3";
      return warning(["routers", name, "down_timer_adverts"], "one-missing-advert", message, hint);
    });
}
