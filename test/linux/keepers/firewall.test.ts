import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { Firewall } from "../../../src/linux/keepers/firewall.ts";
import { ip } from "../../../src/net/ip.ts";
import { closeAddresses, openAddresses } from "../../../src/netlink/closed-table.ts";
import type { Request } from "../../../src/netlink/message.ts";
import type { KernelRefusal } from "../../../src/netlink/refusal.ts";
import { routerSettings, VIP } from "../../support/director.ts";

const GONE: KernelRefusal = { call: "NFT_MSG_GETTABLE", errno: 2, code: "ENOENT", text: "" };
const CLOSED = routerSettings({ accept: false });

/** What a host was asked, and what it answers. */
function host(refusal: () => KernelRefusal | undefined = () => undefined) {
  const asked: (readonly Request[])[] = [];
  const told: string[] = [];
  const journal = {
    firewall: false,
    setFirewall(there: boolean) {
      journal.firewall = there;
    },
  };
  /** Whether somebody listened meanwhile. */
  const heard: boolean[] = [];
  const ask = (requests: readonly Request[]) => {
    asked.push(requests);
    heard.push(kernel.changed !== undefined);
    return refusal();
  };
  const kernel: { changed?: (() => void) | undefined } = {};
  const watch = (changed: () => void) => {
    kernel.changed = changed;
    return () => {
      kernel.changed = undefined;
    };
  };
  const firewall = new Firewall(journal, ({ kind }) => told.push(kind), { ask, watch });
  return { asked, heard, told, journal, kernel, firewall };
}

describe("the firewall", () => {
  beforeEach(() => mock.timers.reset());

  test("is left alone by a file that accepts, and by one that closes what it does not hold", () => {
    const { asked, firewall } = host();
    const observed = routerSettings({ accept: false, mode: "observe" });
    firewall.configure([routerSettings(), observed, routerSettings({ accept: false, priority: 255 })]);
    firewall.remove();
    assert.deepEqual(asked, []);
  });

  test("has the addresses of all that do not accept, and nothing when they are gone", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const { asked, journal, firewall } = host();
    const six = { address: ip("2001:db8::1"), prefixLength: 128, interface: "eth0" };
    firewall.configure([routerSettings(), CLOSED, routerSettings({ accept: false, addresses: [six] })]);
    assert.equal(journal.firewall, true);
    firewall.configure([routerSettings()]);
    assert.equal(journal.firewall, false);
    assert.deepEqual(asked, [closeAddresses([VIP, six.address]), openAddresses()]);
  });

  test("of an earlier run is removed when no file wants it any more", () => {
    const { asked, journal, firewall } = host();
    journal.firewall = true;
    firewall.configure([routerSettings()]);
    assert.deepEqual(asked, [openAddresses()]);
  });

  test("is put back when somebody has flushed it", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    let answers: (KernelRefusal | undefined)[] = [undefined, undefined, GONE, undefined];
    const { asked, told, firewall } = host(() => {
      const [first, ...rest] = answers;
      answers = rest;
      return first;
    });
    firewall.configure([CLOSED]);
    mock.timers.tick(10_000);
    assert.deepEqual(told, []);
    mock.timers.tick(10_000);
    assert.deepEqual(told, ["firewall-gone"]);
    assert.deepEqual(asked.at(-1), closeAddresses([VIP]));
    firewall.close();
  });

  test("is looked for at once when the kernel tells of a change, and then once a second at the most", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    let there = true;
    const { asked, told, kernel, firewall } = host(() => (there ? undefined : GONE));
    firewall.configure([CLOSED]);
    kernel.changed?.();
    assert.deepEqual([asked.length, told], [2, []]);
    there = false;
    kernel.changed?.();
    mock.timers.tick(999);
    assert.deepEqual([asked.length, told], [2, []]);
    mock.timers.tick(1);
    assert.deepEqual(told, ["firewall-gone", "table-refused"]);
    firewall.close();
    assert.equal(kernel.changed, undefined);
  });

  test("is tried again when the kernel refuses other addresses while a change is still to be looked at", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    let refusal: KernelRefusal | undefined;
    const { asked, kernel, firewall } = host(() => refusal);
    firewall.configure([CLOSED]);
    for (const _ of ["seen at once", "seen a second later"]) kernel.changed?.();
    mock.timers.tick(500);
    const six = { address: ip("2001:db8::1"), prefixLength: 128, interface: "eth0" };
    refusal = { ...GONE, code: "ENOBUFS", errno: 105 };
    firewall.configure([routerSettings({ accept: false, addresses: [six] })]);
    assert.equal(kernel.changed, undefined);
    refusal = undefined;
    const before = asked.length;
    mock.timers.tick(1_000);
    assert.deepEqual(asked.slice(before), [closeAddresses([six.address])]);
    firewall.close();
  });

  test("is not missed when it is not wanted any more", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    let there = true;
    const { told, kernel, firewall } = host(() => (there ? undefined : GONE));
    firewall.configure([CLOSED]);
    for (const _ of ["seen at once", "seen a second later"]) kernel.changed?.();
    firewall.configure([routerSettings()]);
    there = false;
    mock.timers.tick(10_000);
    assert.deepEqual(told, []);
  });

  test("is listened to before it is written and looked for: no change is between", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const { heard, firewall } = host();
    firewall.configure([CLOSED]);
    mock.timers.tick(10_000);
    assert.deepEqual(heard, [true, true]);
    firewall.close();
  });

  test("is tried again, ever more rarely, when the kernel refuses", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const { asked, told, firewall } = host(() => ({ ...GONE, code: "EPERM", errno: 1 }));
    firewall.configure([CLOSED]);
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      mock.timers.tick(seconds * 1_000 - 1);
      const before = asked.length;
      mock.timers.tick(1);
      assert.equal(asked.length, before + 1);
    }
    assert.deepEqual(told, ["table-refused"], "once, until a new file comes");
    firewall.configure([CLOSED]);
    assert.deepEqual(told, ["table-refused", "table-refused"]);
    firewall.close();
  });
});
