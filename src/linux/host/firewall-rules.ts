/** The rules of this host's firewall, read from the kernel itself: no program has to be there for it. */
import type { HostPicture } from "../../host/picture.ts";
import { EINVAL, ENOENT, EOPNOTSUPP, EPROTONOSUPPORT } from "../../netlink/errno.ts";
import { NETLINK_NETFILTER } from "../../netlink/nftables.ts";
import {
  decodeChain,
  decodeElements,
  decodeRule,
  listChains,
  listElements,
  listRules,
  type Rule,
  type RuleSet,
} from "../../netlink/ruleset.ts";
import { readNetworkFile } from "../namespace.ts";
import { NetlinkChannel } from "../netlink/netlink-channel.ts";
import { refusalOf } from "../refusal.ts";

/** Of more nothing is read: what they decide counts as unknown. */
const MOST_SETS = 1_000;
/** What a kernel without nftables says. */
const ABSENT: readonly number[] = [EINVAL, ENOENT, EOPNOTSUPP, EPROTONOSUPPORT];

/** @param namespace path of a network namespace; the process's own when absent */
export function readRules(namespace?: string): HostPicture["rules"] {
  let rules: HostPicture["rules"] = {
    kind: "read",
    chains: [],
    rules: [],
    sets: [],
    legacy: legacyTables(namespace),
  };
  const refusal = refusalOf(() => {
    const channel = new NetlinkChannel({
      protocol: NETLINK_NETFILTER,
      ...(namespace === undefined ? {} : { namespace }),
    });
    try {
      const chains = channel.list(listChains(), decodeChain);
      const found = channel.list(listRules(), decodeRule);
      rules = {
        kind: "read",
        chains,
        rules: found,
        sets: setsOf(channel, found),
        legacy: legacyTables(namespace),
      };
    } finally {
      channel.close();
    }
  });
  if (refusal === undefined || ABSENT.includes(refusal.errno)) return rules;
  return { kind: "unread", why: refusal.text };
}

/** Of all sets that rules ask. */
function setsOf(channel: NetlinkChannel, rules: readonly Rule[]): RuleSet[] {
  const asked = new Map<string, { readonly rule: Rule; readonly set: string }>();
  for (const rule of rules) {
    for (const step of rule.steps) {
      if (step.kind === "lookup")
        asked.set(`${rule.family} ${rule.table} ${step.set}`, { rule, set: step.set });
    }
  }
  return [...asked.values()].slice(0, MOST_SETS).flatMap(({ rule: { family, table }, set: name }) => {
    const [answer] = channel.ask([listElements({ family, table }, name)]);
    // It may be gone since its rule was read.
    if (answer === undefined || answer.refusal !== undefined) return [];
    const parts = answer.messages.flatMap((message) => decodeElements(message) ?? []);
    return [{ family, table, name, elements: parts.flatMap(({ elements }) => elements) }];
  });
}

/** Tables of iptables that are older than nftables: `filter`. */
function legacyTables(namespace: string | undefined): string[] {
  const names = ["ip_tables_names", "ip6_tables_names"].map((name) => readNetworkFile(name, namespace) ?? "");
  return [...new Set(names.flatMap((text) => text.split("\n")).filter((name) => name !== ""))];
}
