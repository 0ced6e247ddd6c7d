/** Static addresses, routes and rules in the real kernel, in a namespace of their own, as `ip` shows them. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it, mock } from "node:test";
import { SystemError } from "dgram-extras";
import { settingsFor } from "../../../src/config/settings.ts";
import { type StaticItem, staticText } from "../../../src/config/static.ts";
import { StaticKeeper } from "../../../src/linux/keepers/static-keeper.ts";
import { RouteClient } from "../../../src/linux/netlink/route-client.ts";
import type { KeelsonEvent } from "../../../src/log/event.ts";
import { clusterOf, DIRECTORS } from "../../config/support.ts";
import { labSkip } from "../../support/lab.ts";
import { destroyNamespaces, ipBatch, namespacePath } from "../../support/namespaces.ts";
import { run } from "../../support/processes.ts";
import { atExit } from "../../support/teardown.ts";

const NAMESPACE = `kl-${process.pid}-static`;
const AUDIT_MS = 5_000;

/** What a director of this file keeps. */
function statics(own: string): readonly StaticItem[] {
  return settingsFor(clusterOf(`${DIRECTORS}[directors.lb1.static]\n${own}\n`), "lb1").statics;
}

/** Each leans on what stands before it. */
const ADDRESSES = 'addresses = ["10.9.0.1/24", "2001:db8:9::1"]';
const ROUTES =
  'routes = [{ destination = "198.51.100.0/24", via = "10.9.0.9", source = "10.9.0.1", table = 100 }]';
const RULES = 'rules = [{ from = "10.9.0.1", table = 100, priority = 500 }]';
const ALL = statics([ADDRESSES, ROUTES, RULES].join("\n"));
const THERE = [
  "inet 10.9.0.1/24 scope global eth0",
  "inet6 2001:db8:9::1/128 scope global nodad",
  "198.51.100.0/24 via 10.9.0.9 dev eth0 table 100 proto 75 src 10.9.0.1",
  "500: from 10.9.0.1 lookup 100 proto 75",
];
const TEXTS = [
  "address 10.9.0.1/24 dev eth0",
  "address 2001:db8:9::1/128 dev eth0",
  "route 198.51.100.0/24 via 10.9.0.9 src 10.9.0.1 table 100 scope global",
  "rule from 10.9.0.1/32 table 100 priority 500",
];

/** `ip -batch` lines. */
function cable(name: string): string[] {
  return [
    `link add name ${name} type veth peer name ${name}-peer`,
    `link set ${name}-peer up`,
    `link set ${name} up`,
  ];
}

/** A journal without a disk, and what was told. */
function life(client: RouteClient, earlier: readonly StaticItem[] = []) {
  const told: string[] = [];
  const journal = {
    statics: earlier,
    isFull: false,
    setStatics(items: readonly StaticItem[]) {
      if (journal.isFull) throw new SystemError(28, "write", "the journal");
      journal.statics = items;
    },
  };
  const keeper = new StaticKeeper(journal, (event) => told.push(...textsOf(event)), client);
  const news = () => told.splice(0);
  return { keeper, journal, news, journalled: () => journal.statics.map(staticText) };
}

function textsOf(event: KeelsonEvent): readonly string[] {
  if (event.kind === "static-changed") return event.changes;
  if (event.kind === "static-drift") return event.changes.map((text) => `drift: ${text}`);
  return event.kind === "static-refused" ? [`${event.refusal.code}: ${event.what}`] : [event.kind];
}

describe("what is static", { skip: labSkip() }, () => {
  let client: RouteClient;

  before(async () => {
    atExit(() => destroyNamespaces([NAMESPACE]));
    await ipBatch([`netns add ${NAMESPACE}`]);
    client = new RouteClient(namespacePath(NAMESPACE));
  });
  beforeEach(async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    await ip("link set lo up", ...cable("eth0"));
  });
  afterEach(async () => {
    mock.timers.reset();
    await ip("link delete eth0");
  });
  after(() => {
    client.close();
    destroyNamespaces([NAMESPACE]);
  });

  const ip = (...lines: string[]) => ipBatch(lines, NAMESPACE);
  const audit = () => mock.timers.tick(AUDIT_MS);
  /** All but link-local addresses, the kernel's own routes and its own rules. */
  const shown = async (): Promise<string[]> => {
    const words = ["addr show dev eth0", "route show table all", "rule"];
    const lists = words.flatMap((list) => [`-4 ${list}`, `-6 ${list}`]);
    const texts = await Promise.all(
      lists.map((list) => run(["ip", "-netns", NAMESPACE, ...list.split(" ")], { timeoutMs: 5_000 })),
    );
    return (
      texts
        .flatMap(({ stdout }) => stdout.split("\n"))
        .map((line) => line.trim().replace(/\s+/g, " "))
        // Which kernels keep the protocol of an address is no matter here.
        .map((line) => line.replace(/^(inet.*) proto 75$/, "$1"))
        .filter((line) => /^inet6? .*scope global|proto 75|table 100|lookup 100/.test(line))
    );
  };

  it("comes, and goes without a trace", async () => {
    const { keeper, journalled, news } = life(client);
    keeper.configure(ALL);
    assert.deepEqual(await shown(), THERE);
    assert.deepEqual(journalled(), TEXTS);
    assert.deepEqual(
      news(),
      TEXTS.map((text) => `${text} added`),
    );
    audit();
    keeper.configure(ALL);
    assert.deepEqual(news(), []);
    keeper.remove();
    assert.deepEqual(await shown(), []);
    assert.deepEqual(journalled(), []);
    assert.deepEqual(news(), TEXTS.map((text) => `${text} removed`).toReversed());
  });

  it("is written down before it is there, or is not there", async () => {
    const { keeper, journal, news } = life(client);
    journal.isFull = true;
    keeper.configure(ALL);
    audit();
    assert.deepEqual(await shown(), []);
    assert.deepEqual(news(), ["ENOSPC: addresses, routes and rules"]);
    journal.isFull = false;
    audit();
    assert.deepEqual(await shown(), THERE);
    keeper.remove();
  });

  it("is put back when somebody has removed it, or a link was down", async () => {
    const { keeper, news } = life(client);
    keeper.configure(ALL);
    news();
    await ip("addr delete 10.9.0.1/24 dev eth0", "rule delete priority 500");
    audit();
    assert.deepEqual(await shown(), THERE);
    const [address = "", , route = "", rule = ""] = TEXTS;
    assert.deepEqual(
      news(),
      [address, route, rule].map((text) => `drift: ${text}`),
    );
    await ip("link set eth0 down");
    audit();
    await ip("link set eth0 up");
    audit();
    audit();
    assert.deepEqual((await shown()).toSorted(), THERE.toSorted());
    keeper.remove();
    assert.deepEqual(await shown(), []);
  });

  it("leaves alone what was there, says it once, and takes its place when it is gone", async () => {
    const strangers = ["addr %s 10.9.0.1/24 dev eth0", "route %s 198.51.100.0/24 dev eth0 table 100"];
    // Of a rule there may be two: the kernel tells them apart by their protocol.
    const beside = "rule %s from 10.9.0.1 table 100 priority 500";
    await ip(
      ...["addr %s 192.0.2.1/24 dev eth0", ...strangers, beside].map((line) => line.replace("%s", "add")),
    );
    const before = await shown();
    const { keeper, news, journalled } = life(client);
    keeper.configure(ALL);
    audit();
    const [address = "", six = "", route = "", rule = ""] = TEXTS;
    assert.deepEqual(news(), [`EEXIST: ${address}`, `EEXIST: ${route}`, `${six} added`, `${rule} added`]);
    assert.equal(journalled().includes(address), false);
    const problem = "exists already (EEXIST)";
    assert.deepEqual(keeper.snapshot(), [
      { text: address, problem },
      { text: six },
      { text: route, problem },
      { text: rule },
    ]);
    keeper.remove();
    assert.deepEqual(await shown(), before);
    keeper.configure(ALL);
    news();
    await ip(...strangers.map((line) => line.replace("%s", "delete")));
    audit();
    assert.deepEqual(news(), [`${address} added`, `${route} added`]);
    keeper.remove();
    await ip(beside.replace("%s", "delete"));
  });

  it("waits for an interface, and says so once", async () => {
    const { keeper, news } = life(client);
    keeper.configure(
      statics(
        'addresses = [{ address = "10.8.0.1/24", interface = "eth1" }]\nroutes = [{ destination = "198.51.100.0/24", interface = "eth1" }]',
      ),
    );
    audit();
    const texts = ["address 10.8.0.1/24 dev eth1", "route 198.51.100.0/24 dev eth1 table 254 scope link"];
    assert.deepEqual(
      news(),
      texts.map((text) => `ENODEV: ${text}`),
    );
    await ip(...cable("eth1"));
    audit();
    assert.deepEqual(
      news(),
      texts.map((text) => `${text} added`),
    );
    await ip("link delete eth1");
    keeper.remove();
    assert.deepEqual(news(), [], "what went with its interface is gone");
  });

  it("makes room for what floats in the next file, and comes back when that is not adopted", async () => {
    const { keeper, news, journalled } = life(client);
    keeper.configure(ALL);
    news();
    const [address = "", six = "", route = "", rule = ""] = TEXTS;
    const next = statics([ADDRESSES.replace('"10.9.0.1/24", ', ""), RULES].join("\n"));
    keeper.makeRoom(next);
    assert.deepEqual(await shown(), [THERE[1], THERE[3]]);
    assert.deepEqual(journalled(), [six, rule]);
    assert.deepEqual(news(), []);
    audit();
    assert.deepEqual((await shown()).toSorted(), THERE.toSorted());
    assert.deepEqual(news(), [
      `${route} removed`,
      `${address} removed`,
      `${address} added`,
      `${route} added`,
    ]);
    keeper.makeRoom(next);
    await ip("addr add 10.9.0.1/24 dev eth0");
    keeper.configure(next);
    assert.deepEqual(news(), [`${route} removed`, `${address} removed`]);
    keeper.remove();
    assert.deepEqual(await shown(), THERE.slice(0, 1));
  });

  it("that a crash has left is kept as it is, or taken away when no file wants it any more", async () => {
    const first = life(client);
    first.keeper.configure(ALL);
    first.keeper.close();
    const second = life(client, first.journal.statics);
    second.keeper.configure(ALL);
    assert.deepEqual(second.news(), []);
    second.keeper.close();
    const third = life(client, second.journal.statics);
    third.keeper.configure(statics(ADDRESSES));
    assert.deepEqual(await shown(), THERE.slice(0, 2));
    assert.deepEqual(
      third.news(),
      TEXTS.slice(2)
        .map((text) => `${text} removed`)
        .toReversed(),
    );
    third.keeper.remove();
    assert.deepEqual(await shown(), []);
  });

  it("is another one when anything of it is changed, and what leaned on it comes back at once", async () => {
    const { keeper, news } = life(client);
    keeper.configure(ALL);
    news();
    const labelled = ADDRESSES.replace('"10.9.0.1/24"', '{ address = "10.9.0.1/24", label = "eth0:a" }');
    keeper.configure(statics([labelled, ROUTES, RULES].join("\n")));
    const [address = "", , route = ""] = TEXTS;
    assert.deepEqual(news(), [`${address} removed`, `${address} label eth0:a added`, `${route} put back`]);
    assert.deepEqual(await shown(), ["inet 10.9.0.1/24 scope global eth0:a", ...THERE.slice(1)]);
    keeper.remove();
  });
});
