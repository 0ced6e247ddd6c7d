/** Adverts that are no news, on real sockets: what waits unseen, and what is heard at once all the same. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Filter, monotonicMicros, RawSocket } from "dgram-extras";
import { vridFilter } from "../../../src/linux/sockets/advert-socket.ts";
import { Repeats } from "../../../src/linux/sockets/repeats.ts";
import { type Family, ip } from "../../../src/net/ip.ts";
import { instant, millis } from "../../../src/net/time.ts";
import { PROTOCOL_VRRP } from "../../../src/vrrp/advert.ts";
import { labSkip } from "../../support/lab.ts";
import { destroyNamespaces, ipBatch, namespacePath } from "../../support/namespaces.ts";
import { atExit } from "../../support/teardown.ts";
import { until } from "../../support/until.ts";

const NAMESPACE = `kl-${process.pid}-repeats`;
const TTL = 255;
const VRIDS = [51, 52];
const WORDS = Uint8Array.of(0x31, 51, 150, 1, 0, 10, 5, 6, 192, 0, 2, 100);
const OTHER_PRIORITY = WORDS.with(2, 151);
const ENDS = {
  [4]: { own: "127.0.0.1", other: "127.0.0.2" },
  [6]: { own: "::1", other: "2001:db8::1" },
} as const;

interface Sent {
  readonly from?: string;
  readonly to?: string;
  readonly ttl?: number;
}

function listener(family: Family, vrids: readonly number[] = VRIDS) {
  const options = {
    family,
    protocol: PROTOCOL_VRRP,
    namespace: namespacePath(NAMESPACE),
    device: "lo",
  } as const;
  const open = (filter: Filter) => new RawSocket({ ...options, filter });
  const sender = new RawSocket({ ...options, receive: false });
  const watched = open(vridFilter(family, vrids));
  const heard: string[] = [];
  watched.onReadable(() => {
    heard.push(...watched.drain().map(({ bytes }) => bytes.join()));
  });
  const precede = (steps: Filter) => watched.setFilter([...steps, ...vridFilter(family, vrids)]);
  const repeats = new Repeats({ family, open, precede, wake: () => {} });
  const { own } = ENDS[family];
  const send = (bytes: Uint8Array, { from = own, to = own, ttl = TTL }: Sent = {}) =>
    sender.send(bytes, to, { source: from, ttl });
  const packet = {
    interface: "lo",
    source: ip(own),
    destination: ip(own),
    ttl: TTL,
    bytes: WORDS,
    receivedAt: instant(0),
  };
  const expectation = { interface: "lo", family, vrid: 51, packet, interval: millis(100) };
  return {
    ...{ repeats, heard, send, packet, expectation },
    /** One of the news that is heard behind whatever was sent before it. */
    async news(bytes: Uint8Array = OTHER_PRIORITY, sent: Sent = {}) {
      const count = heard.length;
      send(bytes, sent);
      await until("the news", () => heard.length > count);
      return heard.splice(0);
    },
    async calm() {
      repeats.expect(expectation);
      await until("calm", () => {
        send(WORDS);
        return repeats.take().length > 0;
      });
      await this.news();
      repeats.take();
      heard.length = 0;
    },
    close() {
      repeats.close();
      for (const socket of [sender, watched]) socket.close();
    },
  };
}

describe("adverts that are no news", { skip: labSkip() }, () => {
  before(async () => {
    atExit(() => destroyNamespaces([NAMESPACE]));
    await ipBatch([`netns add ${NAMESPACE}`]);
    await ipBatch(["link set lo up", `addr add ${ENDS[6].other}/128 dev lo nodad`], NAMESPACE);
  });
  after(() => destroyNamespaces([NAMESPACE]));

  for (const family of [4, 6] as const) {
    it(`wait unseen, and are told by the last of them (IPv${family})`, async (test) => {
      const one = listener(family);
      test.after(() => one.close());
      await one.calm();
      const begun = monotonicMicros();
      for (let count = 0; count < 3; count++) one.send(WORDS);
      assert.deepEqual(await one.news(), [OTHER_PRIORITY.join()]);
      const [told, ...rest] = one.repeats.take();
      assert.deepEqual(rest, []);
      const receivedAt = told?.receivedAt ?? instant(0);
      assert.deepEqual(told, { ...one.packet, times: 3, receivedAt });
      assert.ok(receivedAt >= begun && receivedAt <= monotonicMicros());
      assert.deepEqual(one.repeats.take(), []);
    });

    const { other } = ENDS[family];
    const news: [string, Uint8Array, Sent][] = [
      ["another word", WORDS.with(11, 101), {}],
      ["another first word", OTHER_PRIORITY, {}],
      ["a word more", Uint8Array.of(...WORDS, 192, 0, 2, 101), {}],
      ["a word less", WORDS.subarray(0, 8), {}],
      ["another TTL", WORDS, { ttl: 254 }],
      ["another source", WORDS, { from: other }],
      ["another destination", WORDS, { to: other }],
      ["another VRID", WORDS.with(1, 52), {}],
    ];
    it(`are nothing else: it is heard at once (IPv${family})`, async (test) => {
      const one = listener(family);
      test.after(() => one.close());
      await one.calm();
      for (const [what, bytes, sent] of news) {
        assert.deepEqual(await one.news(bytes, sent), [bytes.join()], what);
        assert.deepEqual(one.repeats.take(), [], what);
      }
    });
  }

  it("are heard at once when they are news again, and those that waited are told", async (test) => {
    const one = listener(4);
    test.after(() => one.close());
    await one.calm();
    for (let count = 0; count < 2; count++) one.send(WORDS);
    await one.news();
    one.repeats.expect({ ...one.expectation, packet: undefined });
    assert.deepEqual(await one.news(WORDS), [WORDS.join()]);
    assert.deepEqual(
      one.repeats.take().map(({ times }) => times),
      [2],
    );
  });

  it("are told apart when there are many", async (test) => {
    const one = listener(4);
    test.after(() => one.close());
    const more = { ...one.expectation, vrid: 52, packet: { ...one.packet, bytes: WORDS.with(1, 52) } };
    one.repeats.expect(more);
    await one.calm();
    for (const bytes of [WORDS, more.packet.bytes, more.packet.bytes]) one.send(bytes);
    await one.news();
    assert.deepEqual(
      one.repeats.take().map(({ bytes, times }) => [bytes[1], times]),
      [
        [51, 1],
        [52, 2],
      ],
    );
  });

  it("are told apart when there are very many, and from all others", async (test) => {
    const every = Array.from({ length: 255 }, (_, index) => WORDS.with(1, 1 + index));
    const vrids = every.map(([, vrid = 0]) => vrid);
    const one = listener(4, vrids);
    test.after(() => one.close());
    const expected = every.filter((_, index) => index % 3 !== 0 && index < 200);
    for (const bytes of expected) {
      const [, vrid = 0] = bytes;
      one.repeats.expect({ ...one.expectation, vrid, packet: { ...one.packet, bytes } });
    }
    await one.calm();
    const others = every.filter((bytes) => !expected.includes(bytes));
    for (const bytes of every) one.send(bytes);
    await until("the others", () => one.heard.length >= others.length);
    assert.deepEqual(
      one.heard,
      others.map((bytes) => bytes.join()),
    );
    const told = one.repeats.take().map(({ bytes, times }) => [bytes.join(), times]);
    assert.deepEqual(
      told,
      expected.map((bytes) => [bytes.join(), 1]),
    );
  });
});
