/** Rules of this host's own firewall that keep directors from hearing one another, neighbours from finding addresses, or clients out. */
import type { Chain } from "../../netlink/ruleset.ts";
import { PROTOCOL_VRRP } from "../../vrrp/advert.ts";
import type { Direction } from "../packets.ts";
import { type Passage, passagesOf } from "../passages.ts";
import { type Check, error, type Finding, line, note } from "../picture.ts";
import { RuleWalk } from "../rule-walk.ts";

/** More of one chain are one mistake. */
const MOST_OF_A_CHAIN = 5;

export const firewall: Check = {
  name: "firewall",
  concerns: ({ routers, services }) => routers.length > 0 || services.length > 0,
  judge(settings, { rules, ...host }) {
    if (rules.kind === "unread")
      return [note(`the rules of this host's firewall are not looked at: ${rules.why}`)];
    const passages = passagesOf(settings, { ...host, rules });
    const found = rules.chains.flatMap((chain) => {
      const walk = new RuleWalk(rules, chain);
      const dropped = new Map<string, Finding>();
      for (const passage of passages) {
        if (dropped.size === MOST_OF_A_CHAIN) break;
        const text = lossOf(passage, chain);
        if (dropped.has(text) || !isOnTheWay(chain, passage) || !walk.drops(passage.packet)) continue;
        const { instead } = passage;
        const helps = instead !== undefined && !walk.drops(instead.packet);
        dropped.set(text, error(text, line(helps ? instead.line : remedyOf(passage, chain, rules.chains))));
      }
      return [...dropped.values()];
    });
    return [...found, ...legacyNotes(rules.legacy)];
  },
};

/** They are kept by another part of the kernel, which only its own programs can read. */
function legacyNotes(tables: readonly string[]): Finding[] {
  if (tables.length === 0) return [];
  const text = `the rules of legacy iptables (${tables.join(", ")}) are not looked at: see that they let IP protocol ${PROTOCOL_VRRP} and the services through`;
  return [note(text, line("iptables-legacy-save; ip6tables-legacy-save"))];
}

/** NF_INET_: PRE_ROUTING, LOCAL_IN, FORWARD, LOCAL_OUT, POST_ROUTING. */
const HOOKS: Readonly<Record<Direction, readonly number[]>> = { in: [0, 1], through: [2], out: [3, 4] };
/** LOCAL_IN and FORWARD, where IPVS takes packets. */
const TAKES: readonly number[] = [1, 2];
const NF_INET_INGRESS = 5;
/** NF_ARP_IN and NF_ARP_OUT, NF_NETDEV_INGRESS and NF_NETDEV_EGRESS. */
const EDGES: Readonly<Record<Direction, number | undefined>> = { in: 0, out: 1, through: undefined };

function isOnTheWay({ family, base }: Chain, { place, family: version, takenAt }: Passage): boolean {
  if (base === undefined) return false;
  const { hook, priority, devices } = base;
  const { direction, interface: name } = place;
  if (takenAt !== undefined && TAKES.includes(hook) && priority >= takenAt) return false;
  const isThere = name !== undefined && devices.includes(name);
  switch (family) {
    case "netdev":
      return hook === EDGES[direction] && isThere;
    case "arp":
      return version === undefined && hook === EDGES[direction];
    case "inet":
      if (hook === NF_INET_INGRESS) return direction === "in" && isThere;
      return version !== undefined && HOOKS[direction].includes(hook);
    case "ip":
    case "ip6":
      return version === (family === "ip" ? 4 : 6) && HOOKS[direction].includes(hook);
    case "bridge":
      return false;
  }
}

const WAYS: Readonly<Record<Direction, string>> = { in: " from ", out: " to ", through: "" };

function lossOf({ place, loss }: Passage, { family, table, name }: Chain): string {
  const where = place.interface === undefined ? "" : `${WAYS[place.direction]}${place.interface}`;
  return `chain ${name} of nftables' table ${family} ${table} drops${where} ${loss}`;
}

/** In the words of whoever keeps the table: it would undo what is done behind its back. */
function remedyOf(
  { protocol, match }: Passage,
  { family, table, name }: Chain,
  chains: readonly Chain[],
): string {
  const isKeptBy = (prefix: string) =>
    chains.some((one) => one.table === table && one.family === family && one.name.startsWith(prefix));
  const isVrrp = protocol === PROTOCOL_VRRP;
  if (table === "firewalld" && isVrrp)
    return "firewall-cmd --permanent --add-protocol=vrrp && firewall-cmd --reload";
  const six = family === "ip6" ? "6" : "";
  if (isKeptBy("ufw") && isVrrp)
    return `-A ufw${six}-before-${name.toLowerCase()} -p ${PROTOCOL_VRRP} -j ACCEPT   in /etc/ufw/before${six}.rules, then ufw reload`;
  // iptables alone writes its chains in capitals.
  if ((family === "ip" || family === "ip6") && name === name.toUpperCase() && isVrrp)
    return `ip${six}tables -I ${name} -p ${PROTOCOL_VRRP} -j ACCEPT`;
  return `nft insert rule ${family} ${table} ${name} ${match} accept`;
}
