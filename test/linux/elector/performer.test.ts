/** When announcements leave, and when they do not any more; what is left to be done. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ElectorAction } from "../../../src/elector/action.ts";
import { Performer } from "../../../src/linux/elector/performer.ts";
import { type IpAddress, ip } from "../../../src/net/ip.ts";
import type { VirtualAddress } from "../../../src/vrrp/settings.ts";
import { until } from "../../support/until.ts";

const FOUR: VirtualAddress = { address: ip("192.0.2.100"), prefixLength: 32, interface: "eth0" };
const SIX: VirtualAddress = { address: ip("2001:db8::100"), prefixLength: 128, interface: "eth0" };

const GIVES_WAY: ElectorAction = {
  kind: "event",
  event: {
    kind: "transition",
    router: "front",
    from: "Master",
    to: "Leaving",
    cause: "better-master",
    detail: "192.0.2.2 priority 150",
  },
};

test("neighbours hear of a new IPv6 address when the kernel serves it, and of IPv4 at once", async (context) => {
  const { kernel, performer } = open(context);
  claim(performer, [FOUR, SIX]);
  await until("several questions", () => kernel.asked >= 3);
  assert.deepEqual(kernel.announced, [FOUR.address]);
  kernel.served = true;
  await until("the announcement", () => kernel.announced.includes(SIX.address));
  const { asked } = kernel;
  announce(performer, [SIX]);
  await until("another", () => kernel.announced.length === 3);
  assert.deepEqual(kernel.announced, [FOUR.address, SIX.address, SIX.address]);
  assert.equal(kernel.asked, asked, "what was served once is not asked for again");
});

test("whatever wakes the elector has it ask again", async (context) => {
  const { kernel, performer } = open(context);
  claim(performer, [SIX]);
  await until("a question", () => kernel.asked > 0);
  kernel.served = true;
  performer.goOn();
  assert.deepEqual(kernel.announced, [SIX.address]);
});

test("an address that is let go meanwhile is never announced", async (context) => {
  const { kernel, performer } = open(context);
  claim(performer, [SIX]);
  act(performer, [{ kind: "release", router: "front", addresses: [SIX] }]);
  await until("the release", () => kernel.deleted === 1);
  kernel.served = true;
  performer.goOn();
  performer.goOn();
  assert.deepEqual(kernel.announced, []);
});

test("a router that gives way announces no more what it was about to", async (context) => {
  const { kernel, performer } = open(context);
  kernel.served = true;
  performer.perform([
    { kind: "announce", router: "front", addresses: [FOUR] },
    { kind: "announce", router: "back", addresses: [SIX] },
  ]);
  performer.perform([GIVES_WAY]);
  performer.goOn();
  await until("the other router's", () => kernel.announced.length > 0);
  assert.deepEqual(kernel.announced, [SIX.address]);
  kernel.served = false;
  claim(performer, [SIX]);
  await until("a question", () => kernel.asked > 0);
  kernel.served = true;
  act(performer, [GIVES_WAY, { kind: "announce", router: "front", addresses: [FOUR] }]);
  await until("what it says in giving way", () => kernel.announced.length > 1);
  assert.deepEqual(kernel.announced, [SIX.address, FOUR.address]);
});

test("says that the kernel has yet to be asked, until all was", async (context) => {
  const { performer } = open(context);
  assert.deepEqual(performer.lag, {});
  performer.perform([{ kind: "hold", router: "front", addresses: [FOUR] }]);
  assert.deepEqual(performer.lag, { behind: true });
  performer.goOn();
  await until("the end of the work", () => performer.lag.behind === undefined);
});

test("one that never seems to be served is announced all the same", async (context) => {
  const { kernel, performer } = open(context);
  claim(performer, [SIX]);
  await until("the announcement", () => kernel.announced.includes(SIX.address));
});

function open(context: TestContext) {
  const announced: IpAddress[] = [];
  const kernel = { served: false, asked: 0, deleted: 0, announced };
  const performer = new Performer(
    {
      expectIp6: () => {},
      indexOf: () => 2,
      sockets: {
        send: () => new Map(),
        announce: (_, addresses) => {
          kernel.announced.push(...addresses);
          return undefined;
        },
      },
      route: {
        addAddresses: (addresses) => addresses.map(() => undefined),
        deleteAddresses: (addresses) => {
          kernel.deleted += addresses.length;
          return addresses.map(() => undefined);
        },
        serves: (addresses) => {
          kernel.asked += 1;
          return addresses.map(() => kernel.served);
        },
        ask: () => [],
      },
    },
    { event: () => {}, will: () => {}, stopped: () => {}, refused: () => {} },
  );
  context.after(() => performer.close());
  return { kernel, performer };
}

function claim(performer: Performer, addresses: readonly VirtualAddress[]): void {
  act(performer, [
    { kind: "hold", router: "front", addresses },
    { kind: "announce", router: "front", addresses },
  ]);
}

function announce(performer: Performer, addresses: readonly VirtualAddress[]): void {
  act(performer, [{ kind: "announce", router: "front", addresses }]);
}

function act(performer: Performer, actions: readonly ElectorAction[]): void {
  performer.perform(actions);
  performer.goOn();
}
