/** What each scheduler, and each limit that the kernel knows, does with clients' connections, held against its definition. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { type DirectorProcess, pairFile } from "../../support/director-process.ts";
import type { Lab } from "../../support/lab.ts";
import { ipBatch } from "../../support/namespaces.ts";
import { Party } from "../../support/party.ts";
import { INNER_VIP, portOf } from "../../support/topology.ts";
import { until } from "../../support/until.ts";
import { setMark } from "./spreading.ts";

const VIP = "198.51.100.100";
/** Three servers on one host. */
const SERVERS = ["192.168.1.21", "192.168.1.22", "192.168.1.23"] as const;
const [A, B, C] = SERVERS;
const SORRY = C;
/**
 * Of services, and of their servers: where two services led to one port of a server, two connections from one port of a
 * client would be one there.
 */
const PORTS = {
  weighted: 700,
  source: 701,
  maglev: 702,
  kept: 703,
  guarded: 704,
  dh: 705,
  lblc: 706,
  lblcr: 707,
} as const;
const [ONCE, LIMITED] = [708, 709];
/** Where clients think they go; caches answer in their stead, found by marks. */
const PLACES = "203.0.113.0/24";
/** Each has a quarter of the places. */
const MARKS = { dh: 11, lblc: 12, lblcr: 13 } as const;
const MANY = 1_000;
const TOLERANCE = 0.05;

/** Of a, b and c. */
type Counts = readonly number[];
/** So many more connections that stay, and who has how many then; or the end of all that one has. */
type Step = { readonly hold: number; readonly have: Counts } | { readonly leave: string };

interface Definition {
  readonly says: string;
  readonly weights: Counts;
  readonly upperThreshold?: number;
  readonly steps: readonly Step[];
  readonly thenRefused?: true;
}

/** What the head of net/netfilter/ipvs/ip_vs_NAME.c says of the scheduler, and its formula; C connections, weight W. */
const DEFINITIONS: Readonly<Record<string, Definition>> = {
  lc: {
    says: "the fewest connections, whatever the weights",
    weights: [3, 2, 1],
    steps: [{ hold: 9, have: [3, 3, 3] }, { leave: B }, { hold: 3, have: [3, 3, 3] }],
  },
  wlc: {
    says: "the fewest connections for the weight, C / W",
    weights: [3, 2, 1],
    steps: [{ hold: 12, have: [6, 4, 2] }, { leave: A }, { hold: 6, have: [6, 4, 2] }],
  },
  sed: {
    says: "the shortest expected delay, (C + 1) / W, so that a slow server may wait idle",
    weights: [9, 1],
    steps: [
      { hold: 8, have: [8, 0] },
      { hold: 2, have: [9, 1] },
    ],
  },
  nq: {
    says: "an idle server however slow, and the shortest expected delay when there is none",
    weights: [9, 1],
    steps: [
      { hold: 2, have: [1, 1] },
      { hold: 8, have: [9, 1] },
    ],
  },
  fo: {
    says: "the greatest weight that is available, here: below its upper threshold",
    weights: [1, 3, 2],
    upperThreshold: 5,
    steps: [
      { hold: 5, have: [0, 5, 0] },
      { hold: 5, have: [0, 5, 5] },
      { hold: 5, have: [5, 5, 5] },
    ],
    thenRefused: true,
  },
  ovf: {
    says: "the greatest weight until its connections exceed that, then the next one",
    weights: [3, 2, 1],
    steps: [
      { hold: 4, have: [4, 0, 0] },
      { hold: 3, have: [4, 3, 0] },
      { hold: 2, have: [4, 3, 2] },
    ],
    thenRefused: true,
  },
};
const FIRST_PORT = 710;
const TCP_PORTS = [
  ...Object.values(PORTS),
  ...Object.keys(DEFINITIONS).map((_, index) => FIRST_PORT + index),
];

const CLUSTER = pairFile({
  addresses: [`"${VIP}/24"`, `{ address = "${INNER_VIP}/24", interface = "eth1" }`],
  more: `[services]
weighted = { listen = ["${VIP}:${PORTS.weighted}"], scheduler = "wrr", ${servers([5, 3, 2])} }
source = { listen = ["${VIP}:${PORTS.source}"], scheduler = "sh", ${servers([1, 1, 1])} }
maglev = { listen = ["${VIP}:${PORTS.maglev}"], scheduler = "mh", ${servers([1, 1, 1])} }
kept = { listen = ["${VIP}:${PORTS.kept}"], scheduler = "rr", persistence = { timeout = "60s", prefix = 30 }, ${servers([1, 1, 1])} }
guarded = { listen = ["${VIP}:${PORTS.guarded}"], sorry_server = "${SORRY}", check = { type = "tcp", interval = "200ms", timeout = "5s", fall = 1, rise = 1 }, servers = { a.address = "${A}" } }
once = { protocol = "udp", listen = ["${VIP}:${ONCE}"], scheduler = "rr", one_packet = true, ${servers([1, 1, 1])} }
limited = { protocol = "udp", listen = ["${VIP}:${LIMITED}"], scheduler = "rr", check = { type = "none" }, servers = { a = { address = "${A}", upper_threshold = 4, lower_threshold = 2 }, b.address = "${B}" } }
${Object.entries(MARKS)
  .map(
    ([name, mark]) =>
      `${name} = { listen = [{ mark = ${mark}, family = 4 }], scheduler = "${name}", ${servers([2, 2])} }`,
  )
  .join("\n")}
${Object.entries(DEFINITIONS)
  .map(
    ([name, { weights, upperThreshold }], index) =>
      `${name} = { listen = ["${VIP}:${FIRST_PORT + index}"], scheduler = "${name}", ${servers(weights, upperThreshold)} }`,
  )
  .join("\n")}
`,
});

function servers(weights: Counts, upperThreshold?: number): string {
  const limit = upperThreshold === undefined ? "" : `, upper_threshold = ${upperThreshold}`;
  const list = weights.map(
    (weight, index) => `${"abc"[index]} = { address = "${SERVERS[index]}", weight = ${weight}${limit} }`,
  );
  return `check = { type = "none" }, servers = { ${list.join(", ")} }`;
}

interface Site {
  readonly lab: Lab;
  readonly director: DirectorProcess;
}

/** @param site as `describeSpreading` leaves it: r1's way back to clients is through d1; known when the tests run */
export function describeSchedulers(site: () => Site): void {
  describe("where connections go", () => {
    const clients = numbered("198.51.100", 64);
    let lab: Lab;
    let director: DirectorProcess;
    let client: Party;
    let host: Party;

    before(async () => {
      ({ lab, director } = site());
      await ipBatch(
        [
          ...clients.map((address) => `address add ${address}/24 dev eth0`),
          `route add ${PLACES} via ${portOf("d1", "outer").address} src ${clients[0]}`,
        ],
        lab.namespaceOf("c"),
      );
      const own = SERVERS.map((address) => `address add ${address}/24 dev eth1`);
      await ipBatch(own, lab.namespaceOf("r1"));
      await ipBatch([`route add local ${PLACES} dev lo`], lab.namespaceOf("d1"));
      for (const mark of Object.values(MARKS)) await setMark(lab, `${placesOf(mark)[0]}/26`, mark);
      [client, host] = await Promise.all([Party.start(lab, "c"), Party.start(lab, "r1")]);
      for (const address of SERVERS) {
        for (const port of TCP_PORTS) await host.answer({ protocol: "tcp", address, port });
        for (const port of [ONCE, LIMITED]) await host.answer({ protocol: "udp", address, port });
      }
      director.write(CLUSTER);
      assert.equal((await director.reload()).kind, "accepted");
      const wanted = CLUSTER.match(/address = "192\.168\.1\.2\d/g)?.length;
      const table = () => lab.exec("d1", "ipvsadm", "-Sn");
      const serving = async () =>
        (await table()).match(/-r 192\.168\.1\.2\d:.+ -w [1-9]/g)?.length === wanted;
      await until(`${wanted} servers`, serving, { explain: table });
    });

    it(`wrr shares ${MANY} connections by weight`, async () => {
      const calls = Array(MANY / 4).fill({ to: VIP, port: PORTS.weighted });
      const answers = await Promise.all([1, 2, 3, 4].map(() => client.call(calls)));
      for (const [index, count] of countOf(answers.flat()).entries()) {
        const share = ([0.5, 0.3, 0.2][index] ?? 0) * MANY;
        assert(Math.abs(count - share) <= TOLERANCE * share, `${count} of ${share}`);
      }
    });

    for (const [name, port] of [
      ["sh", PORTS.source],
      ["mh", PORTS.maglev],
    ] as const) {
      it(`${name} knows clients by their addresses`, async () => {
        const calls = clients.map((from) => ({ to: VIP, port, from }));
        const answers = [await client.call(calls), await client.call(calls)];
        assert.deepEqual(answers[0], answers[1]);
        assert.equal(new Set(answers[0]).size, SERVERS.length);
      });
    }

    for (const [index, [name, definition]] of Object.entries(DEFINITIONS).entries()) {
      it(`${name}: ${definition.says}`, async () => {
        const port = FIRST_PORT + index;
        let held: string[] = [];
        for (const step of definition.steps) {
          if ("leave" in step) {
            await client.hangUp(name, step.leave);
            held = held.filter((one) => one !== step.leave);
          } else {
            held.push(...(await hold(name, { to: VIP, port }, step.hold)));
            assert.deepEqual(countOf(held).slice(0, step.have.length), step.have);
          }
        }
        if (definition.thenRefused)
          assert.deepEqual(await client.call([{ to: VIP, port }]), ["ECONNREFUSED"]);
      });
    }

    it("dh: a place's server, whoever asks", async () => {
      const [one, other] = clients;
      const answers = await Promise.all(
        [one, other].map((from = "") =>
          client.call(placesOf(MARKS.dh).map((to) => ({ to, port: PORTS.dh, from }))),
        ),
      );
      assert.deepEqual(answers[0], answers[1]);
      assert.deepEqual(new Set(answers[0]), new Set([A, B]));
    });

    // A server has too much when its active connections exceed its weight, here 2, and another has less than half of its own.
    for (const [name, says, last] of [
      ["lblc", "a place's server until that has too much, then the least busy one", "second"],
      ["lblcr", "the least busy of a place's servers, with another one when that has too much", "first"],
    ] as const) {
      it(`${name}: ${says}`, async () => {
        const [place = "", elsewhere = ""] = placesOf(MARKS[name]);
        const here = (count: number) => hold(name, { to: place, port: PORTS[name] }, count);
        const [first = ""] = await here(1);
        const [second = ""] = await hold(name, { to: elsewhere, port: PORTS[name] }, 1);
        assert.notEqual(second, first, "the least busy one for a new place");
        assert.deepEqual(await here(3), [first, first, first]);
        await client.hangUp(name, second);
        assert.deepEqual(await here(2), [second, second]);
        await client.hangUp(name, first);
        assert.deepEqual(await here(1), [last === "first" ? first : second]);
      });
    }

    it("persistence keeps clients of one network together", async () => {
      const answers = await client.call(clients.map((from) => ({ to: VIP, port: PORTS.kept, from })));
      const networks = [0, 4, 8, 12].map((start) => new Set(answers.slice(start, start + 4)));
      for (const network of networks) assert.equal(network.size, 1);
      const servers = networks.map(([server]) => server);
      assert.deepEqual(
        new Set(servers.slice(0, 3)),
        new Set(SERVERS),
        "and each new network is sent on in turn",
      );
    });

    it("one-packet mode: each datagram anew, also from one port", async () => {
      assert.deepEqual(countOf(await client.send(Array(6).fill("one"), VIP, ONCE)), [2, 2, 2]);
    });

    it("thresholds: at its upper one a server gets nothing new until it has fewer than the lower one", async () => {
      const send = (name: string, count: number) => client.send(senders(name, count), VIP, LIMITED);
      const answers = await send("first", 10);
      assert.deepEqual(countOf(answers), [4, 6, 0]);
      assert.deepEqual(await send("first", 10), answers, "a port keeps its server");
      const [one = "", two = "", three = ""] = senders("first", 10).filter(
        (_, index) => answers[index] === A,
      );
      await forget([one, two], 2);
      assert.deepEqual(countOf(await send("second", 2)), [0, 2, 0], "as many are not fewer");
      await forget([three], 1);
      assert.deepEqual(countOf(await send("third", 4)), [2, 2, 0]);
    });

    it("a sorry server serves when nobody else does, and no longer", async () => {
      const ask = () => client.call([{ to: VIP, port: PORTS.guarded }], "guarded");
      assert.deepEqual(await ask(), [A]);
      const before = director.events.length;
      await host.stopAnswering({ protocol: "tcp", address: A, port: PORTS.guarded });
      await director.event("quorum", ({ held }) => !held, before);
      await until("the sorry server", async () => (await ask())[0] === SORRY);
      const [open] = await client.ask("guarded");
      assert.equal(open, A, "what was connected goes on");
      await host.answer({ protocol: "tcp", address: A, port: PORTS.guarded });
      await director.event("quorum", ({ held }) => held, before);
      await until("the server", async () => (await ask())[0] === A);
    });

    /** Waits until the kernel has forgotten these senders' connections, and `left` are A's. */
    async function forget(names: readonly string[], left: number): Promise<void> {
      // The time a connection is kept is the setting of when its last packet came.
      await lab.exec("d1", "ipvsadm", "--set", "0", "0", "1");
      await client.send(names, VIP, LIMITED);
      await lab.exec("d1", "ipvsadm", "--set", "0", "0", "300");
      const line = new RegExp(`-> ${A}:${LIMITED} +Masq +1 +0 +${left} *$`, "m");
      const list = () => lab.exec("d1", "ipvsadm", "-Ln", "-u", `${VIP}:${LIMITED}`);
      await until("forgotten connections", async () => line.test(await list()), { explain: list });
    }

    function hold(name: string, one: { to: string; port: number }, count: number): Promise<string[]> {
      return client.call(Array<typeof one>(count).fill(one), name);
    }
  });
}

/** Sixteen places of the quarter that has this mark. */
function placesOf(mark: number): string[] {
  return numbered("203.0.113", 64 * (mark - MARKS.dh));
}

function senders(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`);
}

/** Sixteen addresses. */
function numbered(network: string, first: number): string[] {
  return Array.from({ length: 16 }, (_, index) => `${network}.${first + index}`);
}

/** How many of each server. */
function countOf(answers: readonly string[]): number[] {
  return SERVERS.map((server) => answers.filter((answer) => answer === server).length);
}
