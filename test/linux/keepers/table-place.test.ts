/** In which network namespace the table is kept: real namespaces, of a kernel that needs no IPVS for it. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { TablePlace } from "../../../src/linux/keepers/table-place.ts";
import { readMarkTable } from "../../../src/linux/netlink/netfilter.ts";
import { Journal } from "../../../src/linux/state/journal.ts";
import { ip } from "../../../src/net/ip.ts";
import { type MarkListing, markChanges } from "../../../src/netlink/mark-table.ts";
import type { KernelRefusal } from "../../../src/netlink/refusal.ts";
import { ownFolder } from "../../support/folders.ts";
import { labSkip, nftSkip } from "../../support/lab.ts";
import { destroyNamespaces, ipBatch, namespacePath } from "../../support/namespaces.ts";
import { atExit } from "../../support/teardown.ts";
import { until } from "../../support/until.ts";

/** 64 in a new namespace, whatever the host has. */
const TTL = "ipv4/ip_default_ttl";
const NO_IPVS: KernelRefusal = { call: "CTRL_CMD_GETFAMILY", errno: 2, code: "ENOENT", text: "none" };
const [ONE, TWO] = [`kl-${process.pid}-one`, `kl-${process.pid}-two`];
const [FIRST, SECOND] = [namespacePath(ONE), namespacePath(TWO)];

class Keepers {
  refusal: KernelRefusal | undefined;
  readonly said: string[] = [];

  open(): KernelRefusal | undefined {
    this.said.push("open");
    return this.refusal;
  }

  leave(): void {
    this.said.push("leave");
  }

  renewed(namespace: string): void {
    this.said.push(`renewed ${namespace}`);
  }
}

describe("the network namespace of the table", { skip: labSkip() }, () => {
  const folder = ownFolder("place");
  let journal: Journal;
  let runs = 0;

  atExit(() => destroyNamespaces([ONE, TWO]));
  after(() => {
    destroyNamespaces([ONE, TWO]);
    folder.remove();
  });
  beforeEach(async () => {
    destroyNamespaces([ONE, TWO]);
    await ipBatch([`netns add ${ONE}`, `netns add ${TWO}`]);
    journal = new Journal(join(folder.path, String(++runs)));
  });

  function run(): { readonly keepers: Keepers; readonly place: TablePlace } {
    const keepers = new Keepers();
    return { keepers, place: new TablePlace(journal, keepers) };
  }

  it("is the one that is chosen: its settings and its interfaces, and no other's", async () => {
    const own = readFileSync(`/proc/sys/net/${TTL}`, "utf8");
    await ipBatch(["link add name kl-there type veth peer name kl-peer"], ONE);
    const { place } = run();
    assert.equal(place.choose(FIRST), undefined);
    place.writeSysctl(TTL, "65");
    assert.equal(place.readSysctl(TTL), "65");
    const other = run().place;
    assert.equal(other.namespace, FIRST, "as the journal says");
    assert.equal(other.choose(SECOND), undefined);
    assert.equal(other.readSysctl(TTL), "64");
    assert.equal(readFileSync(`/proc/sys/net/${TTL}`, "utf8"), own);
    assert.equal(typeof place.interfaceIndex("kl-there"), "number");
    assert.deepEqual(
      [place, other].map((one) => one.interfaceIndex("kl-nowhere")),
      [undefined, undefined],
    );
    assert.equal(other.interfaceIndex("kl-there"), undefined);
  });

  it("is where packets get their marks", { skip: nftSkip() }, () => {
    const { place } = run();
    place.choose(FIRST);
    const vip = ip("198.51.100.7");
    const rule = { mark: 5, protocol: "tcp", first: vip, last: vip, ports: { from: 80, to: 80 } } as const;
    const { requests } = markChanges(undefined, [rule]);
    assert.equal(place.marks.write(requests), undefined);
    const changes = (listing: MarkListing | undefined) => markChanges(listing, [rule]).requests.length;
    assert.equal(changes(place.marks.read()), 0);
    assert.equal(readMarkTable(SECOND), undefined);
    assert.equal(changes(readMarkTable(FIRST)), 0);
  });

  it("is refused with the reason when it cannot be entered, and nothing is opened", () => {
    const { place, keepers } = run();
    assert.match(
      place.choose("/run/netns/kl-none") ?? "",
      /^there is no network namespace \/run\/netns\/kl-none: /,
    );
    assert.equal(place.choose("/dev/null"), "/dev/null is no network namespace");
    assert.deepEqual([keepers.said, place.namespace, journal.tablePlace], [[], undefined, undefined]);
    keepers.refusal = NO_IPVS;
    assert.match(place.choose(FIRST) ?? "", /this kernel offers no IPVS/);
    keepers.refusal = undefined;
    assert.equal(place.choose(SECOND), undefined, "another file may name another one");
  });

  it("stays for as long as the process lives", () => {
    const { place } = run();
    assert.equal(place.choose(FIRST), undefined);
    assert.equal(place.choose(FIRST), undefined);
    for (const other of [SECOND, undefined]) assert.match(place.choose(other) ?? "", /restart it/);
    assert.equal(place.namespace, FIRST);
  });

  it("is left when the next run has another one: with what was changed there still known", () => {
    run().place.choose(FIRST);
    journal.setTable(["tcp 192.0.2.1 80"]);
    const same = run();
    assert.equal(same.place.choose(FIRST), undefined);
    assert.deepEqual([same.keepers.said, journal.table.size], [["open"], 1]);
    const { place, keepers } = run();
    assert.equal(place.choose(undefined), undefined);
    assert.deepEqual(keepers.said, ["leave", "open"]);
    assert.deepEqual([journal.table.size, journal.tablePlace], [0, undefined]);
  });

  it("is another one of the same name when it was removed and made anew: told once, and nothing of it is known", async () => {
    const { place, keepers } = run();
    place.choose(FIRST);
    journal.setTable(["tcp 192.0.2.1 80"]);
    const client = place.connect();
    destroyNamespaces([ONE]);
    assert.equal(place.readSysctl(TTL), undefined);
    assert.throws(() => client.resolve(), { code: "ENOENT", message: new RegExp(FIRST) });
    assert.throws(() => place.connect(), { code: "ENOENT" });
    assert.deepEqual(keepers.said, ["leave", "open"]);
    await ipBatch([`netns add ${ONE}`]);
    client.resolve();
    client.resolve();
    assert.equal(place.readSysctl(TTL), "64");
    place.connect().close();
    client.close();
    assert.deepEqual(keepers.said, ["leave", "open", `renewed ${FIRST}`]);
    assert.deepEqual([journal.table.size, journal.tablePlace?.namespace], [0, FIRST]);
  });

  it("counts as another one when it was gone, even if it looks the same", () => {
    const name = join(folder.path, "there");
    symlinkSync(FIRST, name);
    const { place, keepers } = run();
    place.choose(name);
    const client = place.connect();
    rmSync(name);
    assert.throws(() => client.resolve(), { code: "ENOENT" });
    symlinkSync(FIRST, name);
    client.resolve();
    client.close();
    assert.deepEqual(keepers.said, ["leave", "open", `renewed ${name}`]);
  });

  it("is forgotten by the next run when it was made anew meanwhile, though it has the same number", async () => {
    run().place.choose(FIRST);
    journal.setTable(["tcp 192.0.2.1 80"]);
    const { ino } = statSync(FIRST);
    // The kernel gives the lowest number that is free, unless somebody else was faster.
    await until("a namespace with the same number", async () => {
      destroyNamespaces([ONE]);
      await ipBatch([`netns add ${ONE}`]);
      return statSync(FIRST).ino === ino;
    });
    const { place } = run();
    assert.deepEqual([place.namespace, journal.table.size], [undefined, 0]);
  });

  it("is still known by what an earlier version has written down of it", () => {
    const { dev, ino } = statSync(FIRST);
    journal.setTablePlace({ namespace: FIRST, id: `${dev}:${ino}` });
    assert.equal(run().place.namespace, FIRST);
  });

  it("is forgotten by the next run when it is gone meanwhile", () => {
    run().place.choose(FIRST);
    journal.setTable(["tcp 192.0.2.1 80"]);
    destroyNamespaces([ONE]);
    const { place } = run();
    assert.deepEqual([place.namespace, journal.table.size], [undefined, 0]);
  });
});
