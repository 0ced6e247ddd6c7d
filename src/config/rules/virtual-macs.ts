/** Rules about routers with a virtual MAC address: the interfaces that are made for them clash with no other. */
import { error, type Finding } from "../issue.ts";
import type { Parts, Router } from "../schema.ts";
import { armOf, priorityOf } from "../settings.ts";
import { virtualLinksOf } from "../virtual-mac.ts";

export function checkVirtualMacs(parts: Parts): Finding[] {
  return [...namesTaken(parts), ...virtualUnicast(parts), ...ownersAddresses(parts)];
}

function namesTaken(parts: Parts): Finding[] {
  const findings = new Map<string, Finding>();
  for (const [director, { interface: own }] of Object.entries(parts.directors)) {
    const arms = Object.values(parts.routers).flatMap((router) => armsOf(parts, director, router));
    const taken = new Map([own, ...arms].map((name) => [name, "an interface of the file"]));
    for (const [router, settings] of Object.entries(parts.routers)) {
      for (const { name } of virtualLinksOf(settings, armOf(parts, director, settings) ?? own)) {
        const by = taken.get(name);
        taken.set(name, by ?? `the interface of router ${router}`);
        if (by === undefined || findings.has(router)) continue;
        const message = `the interface ${name}, which is made for the virtual MAC address, is ${by} already`;
        const hint = 'name another: mac = { type = "virtual", interface = "vip0" }';
        findings.set(router, error(["routers", router, "mac"], "virtual-interface-taken", message, hint));
      }
    }
  }
  return [...findings.values()];
}

function armsOf(parts: Parts, director: string, router: Router): string[] {
  const arms = router.addresses.map((address) => address.interface);
  return [armOf(parts, director, router), ...arms].filter((name) => name !== undefined);
}

function virtualUnicast({ routers }: Parts): Finding[] {
  return Object.entries(routers).flatMap(([name, { mac, unicast }]) => {
    if (!unicast || mac.advertsFrom !== "virtual") return [];
    const message =
      "unicast adverts cannot leave from the virtual MAC address: answers would not find their way back";
    const place = ["routers", name, "mac", "adverts_from"];
    return [error(place, "virtual-adverts-with-unicast", message, 'write adverts_from = "parent"')];
  });
}

/** What an owner has anyway is on its interface already, with the MAC address of that. */
function ownersAddresses(parts: Parts): Finding[] {
  return Object.entries(parts.routers).flatMap(([name, router]) => {
    if (router.mac.type !== "virtual") return [];
    return router.addresses.flatMap(({ address }, index) => {
      const owner = Object.entries(parts.directors).find(([, { address: own = [] }]) =>
        own.includes(address),
      );
      if (owner === undefined || priorityOf(router, owner[0]) !== 255) return [];
      const message = `director ${owner[0]} has ${address} on its own interface already, with the MAC address of that`;
      const hint = 'float an address of its own, or write mac = "interface"';
      return [error(["routers", name, "addresses", index], "virtual-mac-of-owner", message, hint)];
    });
  });
}
