/**
 * Marks that our nftables rules give to packets, as a stranger's table sees them later on their way. A kernel with IPVS
 * shows the service behind a mark (`ipvs/spreading.ts`), one with both that the two meet (`marked-services.test.ts`).
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { NO_TABLE_SETTINGS } from "../../src/balance/settings.ts";
import type { DirectorSettings } from "../../src/config/settings.ts";
import { settingsFor } from "../../src/config/settings.ts";
import { MarkKeeper } from "../../src/linux/keepers/mark-keeper.ts";
import { askNetfilter, readMarkTable } from "../../src/linux/netlink/netfilter.ts";
import { watchTable } from "../../src/linux/netlink/table-watch.ts";
import { Journal } from "../../src/linux/state/journal.ts";
import type { KeelsonEvent } from "../../src/log/event.ts";
import type { IpAddress } from "../../src/net/ip.ts";
import type { MarkRule } from "../../src/netlink/mark-rule.ts";
import { MARK_TABLE } from "../../src/netlink/mark-table.ts";
import { clusterOf, DIRECTORS } from "../config/support.ts";
import { type Lab, nftSkip, openLab } from "../support/lab.ts";
import { type NodeName, portOf } from "../support/topology.ts";
import { until } from "../support/until.ts";

const { address: D1, address6: D1_6 } = portOf("d1", "outer");

/** Behind ours. */
const STRANGER = `table inet stranger {
  counter five { }
  counter six { }
  counter sent { }
  counter unmarked { }
  chain prerouting {
    type filter hook prerouting priority dstnat;
    tcp flags & (syn | rst) == syn goto marks
    meta l4proto udp goto marks
  }
  chain marks {
    meta mark 5 counter name five
    meta mark 6 counter name six
    meta mark 0 counter name unmarked
  }
  chain output {
    type filter hook output priority -100;
    meta mark 5 counter name sent
  }
}`;

type Packet = [node: NodeName, protocol: "tcp" | "udp", address: string | undefined, port: number];

function settings(...four: readonly string[]): Pick<DirectorSettings, "marks" | "table"> {
  const list = four.map((one) => `"${one}"`).join(", ");
  return settingsFor(
    clusterOf(`${DIRECTORS}
[services.shop]
listen = [
  { mark = 5, family = 4, match = { tcp = [${list}], udp = ["10.0.0.1-9:8000-8010"] } },
  { mark = 6, family = 6, match = { tcp = ["[${D1_6}]:*"] } },
]
check.type = "none"
`),
    "lb1",
  );
}

function rule(address: IpAddress, port: number): MarkRule {
  return { mark: 5, protocol: "tcp", first: address, last: address, ports: { from: port, to: port } };
}

describe("packets of services with marks", { skip: nftSkip() }, () => {
  const undos: (() => void | Promise<void>)[] = [];
  const keepers: MarkKeeper[] = [];
  const events: KeelsonEvent[] = [];
  let lab: Lab;

  const nft = (...words: readonly string[]) => lab.exec("d1", "nft", ...words);
  const ours = () => nft("list", "table", "inet", "keelson-marks").catch(() => "");
  const told = () =>
    events.splice(0).map((one) => ("changes" in one ? `${one.kind}: ${one.changes.join("; ")}` : one.kind));

  /** One run of the balancer, as far as marks go; the journal is that of the one before. */
  function startKeeper(): MarkKeeper {
    for (const keeper of keepers) keeper.close();
    const namespace = lab.namespacePathOf("d1");
    const keeper = new MarkKeeper(new Journal(lab.folder), (event) => events.push(event), {
      read: () => readMarkTable(namespace),
      write: (requests) => askNetfilter(requests, namespace),
      watch: (changed) => watchTable(MARK_TABLE, changed, namespace),
    });
    keepers.push(keeper);
    return keeper;
  }

  /** Who counts a packet that a node sends. */
  async function marked(...[node, protocol, address, port]: Packet): Promise<string> {
    await nft("reset", "counters", "table", "inet", "stranger");
    await lab.exec(node, "bash", "-c", `echo 2> /dev/null > /dev/${protocol}/${address}/${port} || true`);
    return until("a packet", async () => {
      const text = await nft("list", "counters", "table", "inet", "stranger");
      return (
        [...text.matchAll(/counter (\w+) \{\s+packets [1-9]/g)].map(([, name]) => name).join(" and ") ||
        undefined
      );
    });
  }

  before(async () => {
    lab = await openLab({ after: (undo) => undos.push(undo) });
    await nft(STRANGER);
  });
  after(async () => {
    for (const keeper of keepers) keeper.close();
    for (const undo of undos.reverse()) await undo();
  });

  it("carry them, from outside and from the director itself, and others do not", async () => {
    const keeper = startKeeper();
    keeper.configure(settings(`${D1}:80,443`));
    assert.deepEqual(keeper.report?.problem, undefined);
    const cases: readonly [...Packet, who: string][] = [
      ["c", "tcp", D1, 80, "five"],
      ["c", "tcp", D1, 443, "five"],
      ["c", "tcp", D1, 81, "unmarked"],
      ["c", "udp", D1, 80, "unmarked"],
      ["c", "udp", D1, 8_000, "five"],
      ["c", "udp", D1, 8_010, "five"],
      ["c", "udp", D1, 8_011, "unmarked"],
      ["c", "tcp", D1_6, 1, "six"],
      ["c", "udp", D1_6, 1, "unmarked"],
      ["d1", "tcp", D1, 443, "five and sent"],
    ];
    for (const [node, protocol, address, port, who] of cases)
      assert.equal(
        await marked(node, protocol, address, port),
        who,
        `${node} ${protocol} ${address} ${port}`,
      );
  });

  it("are the same after a crash without a write, and follow the file by what differs", async () => {
    told();
    const before = await nft("-a", "list", "table", "inet", "keelson-marks");
    const keeper = startKeeper();
    keeper.configure(settings(`${D1}:80,443`));
    assert.equal(keeper.report?.writes, 0);
    assert.equal(await nft("-a", "list", "table", "inet", "keelson-marks"), before);

    keeper.configure(settings(`${D1}:80`, `${D1}:8443`));
    assert.deepEqual(told(), [
      `marks-changed: tcp ${D1}:443 → mark 5 removed; tcp ${D1}:8443 → mark 5 added`,
    ]);
    assert.equal(await marked("c", "tcp", D1, 443), "unmarked");
    assert.equal(await marked("c", "tcp", D1, 8_443), "five");
    // The rules have kept their handles: nothing else was written.
    assert.equal(rulesOf(await nft("-a", "list", "table", "inet", "keelson-marks")), rulesOf(before));
  });

  it("get them back at once when somebody took an element, or all of it", async () => {
    const keeper = startKeeper();
    keeper.configure(settings(`${D1}:80`));
    const stranger = await nft("-s", "list", "table", "inet", "stranger");
    for (const words of [
      ["element", "inet", MARK_TABLE, "v4", `{ ${D1} . tcp . 80 }`],
      ["table", "inet", MARK_TABLE],
    ]) {
      told();
      await nft("delete", ...words);
      const isBack = () => told().some((one) => one.startsWith(`marks-drift: tcp ${D1}:80 → mark 5 added`));
      // Without being told it would look 5 s after its last look.
      await until("the element", isBack, { deadlineMs: 3_500 });
      assert.equal(await marked("c", "tcp", D1, 80), "five");
    }
    assert.equal(await nft("-s", "list", "table", "inet", "stranger"), stranger);
  });

  it("carry that of the interface that they come in by, before any other's", async () => {
    const by = (name: string) => ({ ...rule(D1, 80), interface: name, mark: 6 });
    const four = settings(`${D1}:80`);
    const keeper = startKeeper();
    keeper.configure({ ...four, marks: [...four.marks, by("eth1")] });
    assert.equal(await marked("c", "tcp", D1, 80), "five");
    keeper.configure({ ...four, marks: [...four.marks, by("eth0")] });
    assert.equal(await marked("c", "tcp", D1, 80), "six");
    assert.equal(await marked("d1", "tcp", D1, 80), "five and sent");
    const again = startKeeper();
    again.configure({ ...four, marks: [...four.marks, by("eth0")] });
    assert.equal(again.report?.writes, 0);
    again.configure(four);
    assert.equal(await marked("c", "tcp", D1, 80), "five");
  });

  it("lose them when the file of a later run marks nothing, and a stranger's table stays", async () => {
    const stranger = await nft("-s", "list", "table", "inet", "stranger");
    assert.notEqual(await ours(), "");
    startKeeper().configure({ marks: [], table: NO_TABLE_SETTINGS });
    assert.equal(await ours(), "");
    assert.equal(await nft("-s", "list", "table", "inet", "stranger"), stranger);
    assert.equal(await marked("c", "tcp", D1, 80), "unmarked");
  });
});

/** With their handles. */
function rulesOf(listing: string): string {
  return (listing.match(/^.*(?:chain|meta mark set).*$/gm) ?? []).join("\n");
}
