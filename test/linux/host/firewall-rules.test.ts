/** Rules that nft writes, read back from the real kernel, and what the doctor says of them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { DirectorSettings } from "../../../src/config/settings.ts";
import { firewall } from "../../../src/host/checks/firewall.ts";
import { readRules } from "../../../src/linux/host/firewall-rules.ts";
import { ip } from "../../../src/net/ip.ts";
import { multicastTransport } from "../../../src/vrrp/settings.ts";
import { director, hostPicture, service } from "../../host/fixture.ts";
import { routerSettings } from "../../support/director.ts";
import { nftSkip } from "../../support/lab.ts";
import { destroyNamespaces, inNamespace, ipBatch, namespacePath } from "../../support/namespaces.ts";
import { must } from "../../support/processes.ts";
import { atExit } from "../../support/teardown.ts";

const NAMESPACE = `kl-${process.pid}-rules`;
const SIX = { address: ip("2001:db8::100"), prefixLength: 128, interface: "eth0" };
const PEER = ip("192.0.2.2");
const PEERS = { kind: "peers", peers: [PEER], minTtl: 255 } as const;
const GROUP = { ...multicastTransport(4).audience, directors: [PEER] };

const four = director({});
const known = director({
  routers: [routerSettings({ transport: { ...multicastTransport(4), audience: GROUP } })],
});
const unicast = director({
  routers: [routerSettings({ transport: { ...multicastTransport(4), audience: PEERS } })],
});
const six = director({ routers: [routerSettings({ transport: multicastTransport(6), addresses: [SIX] })] });
const nat = director({ services: [service("nat")] });

const WEB = { first: ip("192.0.2.100"), last: ip("192.0.2.109"), ports: { from: 80, to: 81 } };
const marked = director({ marks: [{ mark: 5, protocol: "tcp", ...WEB }] });

const STATEFUL = "ct state vmap { established : accept, related : accept, invalid : drop }";
const input = (...rules: string[]) =>
  `table inet filter { chain input { type filter hook input priority 0; policy drop; ${rules.join("; ")}; } }`;
const forward = (...rules: string[]) =>
  `table inet filter { chain forward { type filter hook forward priority 0; policy drop; ${rules.join("; ")}; } }`;

/** What is lost, in a few words. */
const VRRP = "adverts of the other directors";
const OWN = "this director's adverts";
const CLIENTS = "clients send to tcp port 80";
const ANSWERS = "servers of service web answer";
const ND = "neighbour discovery";

describe("a firewall", { skip: nftSkip() }, () => {
  before(async () => {
    atExit(() => destroyNamespaces([NAMESPACE]));
    await ipBatch([`netns add ${NAMESPACE}`]);
    // Rules may name it by its number: that of the picture.
    await ipBatch(["link add name eth0 index 2 type veth peer name peer0 index 3"], NAMESPACE);
  });
  after(() => destroyNamespaces([NAMESPACE]));

  async function judged(settings: DirectorSettings, text: string) {
    await must(inNamespace(NAMESPACE, ["nft", "-f", "-"]), {
      input: `flush ruleset\n${text.replaceAll("; }", "\n}\n")}\n`,
    });
    const rules = readRules(namespacePath(NAMESPACE));
    return firewall.judge(settings, hostPicture({ rules }));
  }

  const cases: readonly (readonly [
    title: string,
    settings: DirectorSettings,
    rules: string,
    lost: readonly string[],
  ])[] = [
    ["without rules", four, "", []],
    [
      "that drops what it does not know",
      four,
      input(STATEFUL, 'iifname "lo" accept', "tcp dport 22 accept"),
      [VRRP],
    ],
    ["that lets VRRP in", four, input(STATEFUL, "ip protocol 112 accept"), []],
    ["that lets VRRP in by a set", four, input("meta l4proto { 89, 112 } accept"), []],
    ["that lets VRRP in on its interface", four, input('iifname "eth0" meta l4proto 112 accept'), []],
    ["that lets VRRP in on another one", four, input('iifname "eth1" meta l4proto 112 accept'), [VRRP]],
    ["that lets its interface in, by number", four, input("iif eth0 accept"), []],
    ["that lets names in that begin like it", four, input('iifname "eth*" accept'), []],
    ["that lets all but its interface in", four, input('iifname != "eth0" accept'), [VRRP]],
    ["that lets multicast in", four, input("ip daddr 224.0.0.0/4 accept"), []],
    ["that lets multicast in by packet type", four, input("pkttype multicast accept"), []],
    ["that lets multicast in, for unicast adverts", unicast, input("ip daddr 224.0.0.0/4 accept"), [VRRP]],
    [
      "that lets a range of groups in",
      four,
      input("ip daddr { 224.0.0.10-224.0.0.20, 239.1.0.0/16 } accept"),
      [],
    ],
    [
      "that lets other ranges in",
      four,
      input("ip daddr { 224.0.0.19-224.0.0.20, 239.1.0.0/16 } accept"),
      [VRRP],
    ],
    ["that lets the other director in", known, input("ip saddr 192.0.2.2 accept"), []],
    ["that lets somebody else in", known, input("ip saddr 192.0.2.0/31 accept"), [VRRP]],
    ["that lets somebody in, when directors are not known", four, input("ip saddr 192.0.2.7 accept"), []],
    ["that lets a limited number in", four, input("limit rate 10/second accept"), []],
    [
      "that lets VRRP in by way of another chain",
      four,
      `table inet filter { chain routing { meta l4proto vmap { 89 : drop, 112 : accept }; }\n${input("jump routing").slice(19)}`,
      [],
    ],
    [
      "that goes to a chain which drops",
      four,
      `table inet filter { chain rest { drop; }\n chain input { type filter hook input priority 0; policy accept; goto rest; } }`,
      [VRRP],
    ],
    [
      "that returns before it drops",
      four,
      `table inet filter { chain rest { ip ttl 255 return; drop; }\n chain input { type filter hook input priority 0; jump rest; } }`,
      [],
    ],
    [
      "that rejects VRRP",
      four,
      "table ip filter { chain INPUT { type filter hook input priority 0; ip protocol 112 counter reject; } }",
      [VRRP],
    ],
    [
      "that drops IPv4 alone, for IPv6",
      six,
      "table ip filter { chain input { type filter hook input priority 0; policy drop; } }",
      [],
    ],
    ["that forgets neighbour discovery", six, input("meta l4proto 112 accept"), [ND]],
    [
      "that knows neighbour discovery",
      six,
      input("meta l4proto 112 accept", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"),
      [],
    ],
    [
      "that knows what is not tracked",
      six,
      input("meta l4proto 112 accept", "ct state untracked accept"),
      [],
    ],
    [
      "that drops before all else",
      four,
      "table inet raw { chain pre { type filter hook prerouting priority raw; ip ttl != 64 drop; } }",
      [VRRP],
    ],
    [
      "that lets nothing out",
      four,
      "table inet filter { chain output { type filter hook output priority 0; policy drop; tcp dport 22 accept; } }",
      [OWN],
    ],
    [
      "that drops ARP",
      four,
      "table arp filter { chain input { type filter hook input priority 0; policy drop; arp operation reply accept; } }",
      ["ARP"],
    ],
    [
      "that answers for no floating address",
      four,
      "table arp filter { chain output { type filter hook output priority 0; arp operation reply arp saddr ip 192.0.2.100 drop; } }",
      ["ARP"],
    ],
    [
      "that drops on the device",
      four,
      "table netdev filter { chain ingress { type filter hook ingress device eth0 priority 0; meta l4proto 112 drop; } }",
      [VRRP],
    ],
    [
      "that lets clients in",
      nat,
      input("meta l4proto 112 accept", "tcp dport { 80, 443 } ct state new accept"),
      [],
    ],
    ["that lets no clients in", nat, input("meta l4proto 112 accept", "tcp dport 443 accept"), [CLIENTS]],
    ["that lets no clients of a mark in", marked, input("meta l4proto 112 accept"), [CLIENTS]],
    [
      "that lets clients of a mark in",
      marked,
      input("meta l4proto 112 accept", "tcp dport 80-81 accept"),
      [],
    ],
    ["that lets answers through", nat, forward("ip saddr 192.0.2.11 tcp sport 80 accept"), []],
    ["that lets tracked answers through", nat, forward(STATEFUL), [ANSWERS]],
  ];
  for (const [title, settings, rules, lost] of cases) {
    it(title, async () => {
      const texts = (await judged(settings, rules)).map(({ text }) => text);
      assert.equal(texts.length, lost.length, texts.join("\n"));
      for (const [index, words] of lost.entries()) assert.ok(texts[index]?.includes(words), texts[index]);
    });
  }

  it("of our own comes behind IPVS: clients are gone by then", async () => {
    const at = (priority: number) =>
      `table inet keelson { chain input { type filter hook input priority ${priority}; ip daddr 192.0.2.100 drop; } }`;
    assert.deepEqual(await judged(nat, at(110)), []);
    assert.equal((await judged(nat, at(0))).length, 1);
    assert.equal((await judged(nat, at(-10))).length, 1);
  });

  it("is told the line that mends it, which does", async () => {
    const rules = input(STATEFUL);
    const [found] = await judged(four, rules);
    assert.match(
      found?.text ?? "",
      /^chain input of nftables' table inet filter drops from eth0 the adverts/,
    );
    assert.deepEqual(found?.remedies, [
      { kind: "line", line: "nft insert rule inet filter input meta l4proto 112 accept" },
    ]);
    for (const settings of [four, six, nat]) {
      const lines = (await judged(settings, rules)).flatMap(({ remedies }) => remedies);
      const inserted = lines.flatMap((one) => (one.kind === "line" ? [one.line.replace(/^nft /, "")] : []));
      assert.deepEqual(await judged(settings, [rules, ...inserted].join("\n")), []);
    }
  });

  it("is told what IPVS can do for its answers, where that is enough", async () => {
    const [found] = await judged(nat, forward(STATEFUL));
    assert.match(JSON.stringify(found?.remedies), /sysctls = \{ conntrack = 1 \}/);
    const table = { ...nat.table, sysctls: { conntrack: "1" } };
    assert.deepEqual(await judged({ ...nat, table }, forward(STATEFUL)), []);
  });

  it("of somebody who keeps it is mended in his words", async () => {
    const remedyIn = async (rules: string) => {
      const [found] = await judged(four, rules);
      const [remedy] = found?.remedies ?? [];
      return remedy?.kind === "line" ? remedy.line : undefined;
    };
    const chain = (name: string) => `chain ${name} { type filter hook input priority 0; policy drop; }`;
    assert.equal(
      await remedyIn(`table ip filter { ${chain("INPUT")} }`),
      "iptables -I INPUT -p 112 -j ACCEPT",
    );
    assert.match(
      (await remedyIn(`table inet firewalld { ${chain("filter_INPUT")} }`)) ?? "",
      /--add-protocol=vrrp/,
    );
    const ufw = `table ip filter { chain ufw-before-input { }\n ${chain("INPUT")} }`;
    assert.match(
      (await remedyIn(ufw)) ?? "",
      /^-A ufw-before-input -p 112 -j ACCEPT .+before\.rules, then ufw reload$/,
    );
  });
});
