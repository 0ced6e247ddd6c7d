/** Rules about what is written beside a floating address: one family lacks what the other has. */
import { familyOf } from "../../net/ip.ts";
import { broadcastOf } from "../address.ts";
import { ip4Number, networkOf } from "../ip4.ts";
import { error, type Finding, type Path } from "../issue.ts";
import type { Parts, Router } from "../schema.ts";

type Floating = Router["addresses"][number];

const KEYS_OF_IP4: ReadonlySet<string> = new Set(["label", "scope", "broadcast"]);
const KEYS_OF_IP6: ReadonlySet<string> = new Set(["deprecated", "home"]);
/** Of point-to-point networks, which have no broadcast. */
const LONGEST_WITH_BROADCAST = 30;

export function checkAddresses({ routers }: Parts): Finding[] {
  return Object.entries(routers).flatMap(([name, { addresses }]) =>
    addresses.flatMap((floating, index) => checkTraits(["routers", name, "addresses", index], floating)),
  );
}

export function checkTraits(path: Path, written: Floating): Finding[] {
  const strange = foreignKeys(path, written);
  return strange.length > 0 ? strange : broadcast(path, written);
}

function foreignKeys(path: Path, { address, more }: Floating): Finding[] {
  const [foreign, family] = familyOf(address) === 4 ? [KEYS_OF_IP6, 6] : [KEYS_OF_IP4, 4];
  return Object.keys(more)
    .filter((key) => foreign.has(key))
    .map((key) => {
      const message = `\`${key}\` is for IPv${family} addresses, and ${address} is none`;
      return error([...path, key], "key-of-other-family", message, "remove it");
    });
}

function broadcast(path: Path, floating: Floating): Finding[] {
  const { address, prefixLength } = floating;
  const wanted = familyOf(address) === 4 ? broadcastOf(floating) : undefined;
  if (wanted === undefined) return [];
  const place = [...path, "broadcast"];
  if (prefixLength > LONGEST_WITH_BROADCAST) {
    const hint = `write the network's prefix length: "${address}/24"`;
    return [error(place, "broadcast-without-network", `a /${prefixLength} has no broadcast address`, hint)];
  }
  const { first, last } = networkOf(address, prefixLength);
  const number = ip4Number(wanted);
  if (first <= number && number <= last) return [];
  const message = `${wanted} is not in the network of ${address}/${prefixLength}`;
  return [
    error(place, "broadcast-without-network", message, "broadcast = true takes the network's last address"),
  ];
}
