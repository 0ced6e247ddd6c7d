/** From an engine through a recording into another engine: it does the same. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readRecordedLine } from "../../src/control/recording.ts";
import type { ElectorAction } from "../../src/elector/action.ts";
import { Engine } from "../../src/elector/engine.ts";
import type { ElectorInput } from "../../src/elector/input.ts";
import { RecordingWriter } from "../../src/elector/recording.ts";
import { hmac } from "../../src/linux/elector/hmac.ts";
import { Bug } from "../../src/net/bug.ts";
import { ip } from "../../src/net/ip.ts";
import { macFromBytes } from "../../src/net/mac.ts";
import { after, type Instant, instant, micros, millis, seconds } from "../../src/net/time.ts";
import { encodeAdvert, MULTICAST_GROUPS } from "../../src/vrrp/advert.ts";
import { multicastTransport } from "../../src/vrrp/settings.ts";
import { HIGHER_ADDRESS, OWN_ADDRESS, routerSettings, VIP } from "../support/director.ts";

const PATH = { source: HIGHER_ADDRESS, destination: MULTICAST_GROUPS[4] };
const COUNT = 150;

function advert(vrid: number, priority: number, receivedAt: Instant): ElectorInput {
  const message = { version: 3, vrid, priority, interval: millis(100), addresses: [VIP] } as const;
  const bytes = encodeAdvert(message, PATH);
  return { kind: "packet", packet: { interface: "eth0", ...PATH, ttl: 255, bytes, receivedAt } };
}

type InputOf<K> = Extract<ElectorInput, { kind: K }>;
/** The first has every key that there can be. */
type Samples = { readonly [K in ElectorInput["kind"]]: readonly [Required<InputOf<K>>, ...InputOf<K>[]] };

const arm = { interface: "eth0", address: VIP };
const SAMPLES: Samples = {
  configure: [
    { kind: "configure", routers: [], journal: new Set() },
    {
      kind: "configure",
      routers: [
        routerSettings(),
        routerSettings({
          name: "back",
          transport: {
            ...multicastTransport(6),
            audience: { kind: "peers", peers: [ip("fe80::2")], minTtl: 255 },
            source: ip("fe80::1"),
          },
          tracks: [{ name: "uplink", source: { kind: "reported", patience: seconds(9) }, weight: -20 }],
          syncGroup: "all",
        }),
      ],
      journal: new Set(["eth0 192.0.2.100"]),
    },
  ],
  packet: [
    {
      kind: "packet",
      packet: {
        interface: "eth0",
        ...PATH,
        ttl: 255,
        bytes: Uint8Array.of(1, 2, 255),
        receivedAt: instant(9),
      },
    },
  ],
  clock: [{ kind: "clock", unixMicros: 1_767_225_600_000_000 }],
  marks: [
    { kind: "marks", marks: { front: { said: "12", heard: { "192.0.2.12": "7710162562058289152" } } } },
    { kind: "marks", marks: { front: { said: undefined, heard: {} } } },
  ],
  tick: [{ kind: "tick", heardUntil: instant(12), behind: true }, { kind: "tick" }],
  link: [{ kind: "link", interface: "eth0", up: false }],
  source: [
    { kind: "source", interface: "eth0", family: 6, address: ip("fe80::1") },
    { kind: "source", interface: "eth0", family: 4, address: undefined },
  ],
  address: [{ kind: "address", ...arm, present: true }],
  announcement: [{ kind: "announcement", ...arm, mac: macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, 1)) }],
  refused: [
    {
      kind: "refused",
      router: "front",
      action: "hold",
      refusal: { call: "RTM_NEWADDR", errno: 1, code: "EPERM", text: "Operation not permitted" },
    },
  ],
  performed: [{ kind: "performed" }],
  worked: [{ kind: "worked" }],
  track: [
    { kind: "track", name: "uplink", up: true, value: -3, detail: "it says so" },
    { kind: "track", name: "uplink", up: false, detail: "exit status 1" },
    { kind: "track", name: "uplink", detail: "not tried yet" },
  ],
  ready: [{ kind: "ready" }],
  drill: [{ kind: "drill" }],
  "step-down": [{ kind: "step-down" }],
  standby: [
    { kind: "standby", on: true },
    { kind: "standby", on: false },
  ],
  stop: [{ kind: "stop" }],
};

function readBack(line: string): Extract<ReturnType<typeof readRecordedLine>, { kind: "input" }> {
  const read = readRecordedLine(line);
  if (read.kind !== "input") throw new Bug(JSON.stringify(read));
  return read;
}

describe("what was recorded", () => {
  for (const input of Object.values(SAMPLES).flat()) {
    it(`is read back as it was: ${JSON.stringify(input).slice(0, 60)}`, () => {
      const writer = new RecordingWriter(hmac);
      const { n, at, input: found } = readBack(writer.line(input, instant(77)));
      assert.deepEqual([n, at], [1, 77]);
      assert.deepEqual(found, input);
    });
  }

  it("makes another engine do the same, though it was asked for its deadline at other times", () => {
    const writer = new RecordingWriter(hmac);
    const engine = new Engine();
    const lines: string[] = [];
    const done: ElectorAction[] = [];
    const feed = (input: ElectorInput, now: Instant) => {
      lines.push(writer.line(input, now));
      done.push(...engine.handle(input, now));
    };
    let now = instant(1_000_000);
    const routers = Array.from({ length: COUNT }, (_, index) => {
      const address = ip(`10.0.1.${1 + index}`);
      const addresses = [{ address, prefixLength: 32, interface: "eth0" }];
      return routerSettings({ name: `r${index}`, vrid: 1 + index, addresses });
    });
    feed({ kind: "link", interface: "eth0", up: true }, now);
    feed({ kind: "source", interface: "eth0", family: 4, address: OWN_ADDRESS }, now);
    feed({ kind: "configure", routers, journal: new Set() }, now);
    for (let step = 0; step < 400; step++) {
      // Whose deadline falls together with whose depends on what was heard when.
      if (step % 3 === 0) feed(advert(1 + ((step * 7) % COUNT), step % 2 === 0 ? 150 : 50, now), now);
      if (step === 250) feed({ kind: "drill" }, now);
      now = after(now, micros(2_500));
      if ((engine.nextDeadline() ?? now) < now) feed({ kind: "tick" }, now);
      if (step % 4 === 0) engine.nextDeadline();
    }
    const again = new Engine();
    const redone = lines.map(readBack).flatMap(({ at, input }) => again.handle(input, at));
    assert(done.length > COUNT, `${done.length} actions`);
    assert.deepEqual(redone, done);
  });
});

describe("a line that is none", () => {
  for (const [text, torn, reason] of [
    ['{"n":1,"at":', true, /^it is no JSON$/],
    ["", true, /^it is no JSON$/],
    ["null", false, /./],
    ['{"recording":2}', false, /^recording: /],
    ['{"n":1,"at":1,"kind":"sleep"}', false, /^kind: /],
    ['{"n":1,"at":0.5,"kind":"tick"}', false, /^at: /],
    ['{"n":1,"at":1e300,"kind":"tick"}', false, /^at: /],
    [
      '{"n":1,"at":1,"kind":"address","interface":"eth0","address":"192.0.2.256","present":true}',
      false,
      /^address: "192\.0\.2\.256" is no IP address$/,
    ],
    ['{"n":1,"at":1,"kind":"configure","routers":[{"name":"front"}],"journal":[]}', false, /^routers\.0: /],
  ] as const) {
    it(`says what is wrong: ${text}`, () => {
      const line = readRecordedLine(text);
      assert.equal(line.kind, "bad");
      if (line.kind !== "bad") return;
      assert.equal(line.torn, torn);
      assert.match(line.reason, reason);
    });
  }
});
