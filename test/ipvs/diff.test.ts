import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { plan, strangers } from "../../src/ipvs/diff.ts";
import {
  identityOf,
  type KernelTable,
  kernelTable,
  plainDestination,
  recordOfDestination,
  recordOfService,
} from "../../src/ipvs/kernel-table.ts";
import { plainService, type ServiceRecord } from "../../src/ipvs/service.ts";
import {
  destinationId,
  memberId,
  serviceId,
  type Table,
  type VirtualService,
} from "../../src/ipvs/settings.ts";
import { describeStep, type PlanStep } from "../../src/ipvs/step.ts";
import { unreachable } from "../../src/net/bug.ts";
import { ip } from "../../src/net/ip.ts";
import { minutes } from "../../src/net/time.ts";
import { anyKernelTable, anyTable, listingOf } from "./arbitraries.ts";

const EMPTY: KernelTable = { services: [], foreign: [] };
const web: VirtualService = {
  protocol: "tcp",
  address: ip("192.0.2.1"),
  port: 80,
  scheduler: "wrr",
  destinations: [
    { address: ip("10.0.0.11"), port: 8_080, forward: "nat", weight: 3 },
    { address: ip("10.0.0.12"), port: 8_080, forward: "nat", weight: 1 },
  ],
};

/** The kernel's table once a plan was carried out. */
function kernelOf(wanted: Table): KernelTable {
  return kernelTable(
    wanted.map((service) =>
      listingOf(recordOfService(service), service.destinations.map(recordOfDestination)),
    ),
  );
}

function kernelWith(
  service: Partial<ServiceRecord>,
  ...destinations: Parameters<typeof listingOf>[1]
): KernelTable {
  const plain = plainService(identityOf(web), "wrr");
  return kernelTable([listingOf({ ...plain, ...service }, destinations)]);
}

function lines(wanted: Table, actual: KernelTable, owned: readonly string[] = []): string[] {
  return plan(wanted, actual, new Set(owned)).map(describeStep);
}

const servers = web.destinations.map(recordOfDestination);
const [first = plainDestination(web)] = servers;
const other = { ...first, address: ip("10.0.0.9") };

describe("plan", () => {
  it("makes a service before its destinations", () => {
    assert.deepEqual(lines([web], EMPTY), [
      "add tcp 192.0.2.1:80 (wrr)",
      "add tcp 192.0.2.1:80 → 10.0.0.11:8080 (nat, weight 3)",
      "add tcp 192.0.2.1:80 → 10.0.0.12:8080 (nat, weight 1)",
    ]);
  });

  const edits: readonly [string, KernelTable, string[]][] = [
    ["nothing differs", kernelWith({}, ...servers), []],
    [
      "another scheduler",
      kernelWith({ scheduler: "rr" }, ...servers),
      ["set tcp 192.0.2.1:80: scheduler rr → wrr"],
    ],
    [
      "persistence that nobody wants",
      kernelWith({ flags: 1, timeoutSeconds: 300, clientPrefix: 24, persistenceEngine: "sip" }, ...servers),
      [
        "set tcp 192.0.2.1:80: flags persistent → none, persistence timeout 300 → 0, " +
          "persistence prefix 24 → 32, persistence engine sip → none",
      ],
    ],
    [
      "another scheduler with flags of its own, and one that we do not know",
      kernelWith({ scheduler: "sh", flags: 0x4 | 0x8 | 0x40 }, ...servers),
      ["set tcp 192.0.2.1:80: scheduler sh → wrr, flags one-packet sh-fallback 0x40 → none"],
    ],
    [
      "another weight and forwarding method",
      kernelWith({}, ...servers.map((one) => ({ ...one, method: 2, weight: 1 }))),
      [
        "set tcp 192.0.2.1:80 → 10.0.0.11:8080: forward tunnel → nat, weight 1 → 3",
        "set tcp 192.0.2.1:80 → 10.0.0.12:8080: forward tunnel → nat",
      ],
    ],
    [
      "thresholds",
      kernelWith({}, ...servers.map((one) => ({ ...one, upperThreshold: one.weight === 3 ? 9 : 0 }))),
      ["set tcp 192.0.2.1:80 → 10.0.0.11:8080: upper threshold 9 → 0"],
    ],
  ];
  for (const [name, actual, expected] of edits) {
    it(`edits in place: ${name}`, () => assert.deepEqual(lines([web], actual), expected));
  }

  it("edits in place: flags, persistence, thresholds and tunnels that are wanted", () => {
    const [one] = web.destinations;
    assert(one !== undefined);
    const wanted: VirtualService = {
      ...web,
      schedulerFlags: ["sh-fallback", "sh-port"],
      persistence: { timeout: minutes(5), clientPrefix: 24, engine: "sip" },
      destinations: [
        {
          ...one,
          forward: "tunnel",
          tunnel: { type: "gue", port: 6_080, checksum: "remote" },
          upperThreshold: 9,
          lowerThreshold: 5,
        },
      ],
    };
    assert.deepEqual(lines([wanted], kernelWith({}, ...servers)), [
      "set tcp 192.0.2.1:80: flags none → persistent flag-1 flag-2, persistence timeout 0 → 300, persistence prefix 32 → 24, persistence engine none → sip",
      "set tcp 192.0.2.1:80 → 10.0.0.11:8080: forward nat → tunnel, upper threshold 0 → 9, lower threshold 0 → 5, tunnel ipip → gue port 6080 checksum remote",
    ]);
    assert.deepEqual(lines([wanted], kernelOf([wanted])), []);
  });

  it("has marks beside addresses, one for each family", () => {
    const mark = (family: 4 | 6): VirtualService => {
      return { protocol: "mark", mark: 5, family, scheduler: "rr", destinations: [] };
    };
    assert.deepEqual(lines([mark(6), mark(4)], EMPTY), [
      "add firewall mark 5 (IPv4) (rr)",
      "add firewall mark 5 (IPv6) (rr)",
    ]);
    assert.deepEqual(lines([], kernelOf([mark(6)]), [serviceId(mark(6))]), ["remove firewall mark 5 (IPv6)"]);
  });

  it("removes last, and only what is ours", () => {
    const actual = kernelWith({}, ...servers, other);
    const ours = [memberId(web, other)];
    assert.deepEqual(lines([web], actual), []);
    assert.deepEqual(lines([web], actual, ours), ["remove tcp 192.0.2.1:80 → 10.0.0.9:8080"]);
    assert.deepEqual(lines([], actual), []);
    assert.deepEqual(lines([], actual, [serviceId(web)]), ["remove tcp 192.0.2.1:80"]);
  });

  it("drains a server after others took its place", () => {
    const [one, two] = web.destinations;
    assert(one !== undefined && two !== undefined);
    const swapped = {
      ...web,
      destinations: [
        { ...one, weight: 0 },
        { ...two, weight: 5 },
      ],
    };
    assert.deepEqual(lines([swapped], kernelWith({}, ...servers)), [
      "set tcp 192.0.2.1:80 → 10.0.0.12:8080: weight 1 → 5",
      "set tcp 192.0.2.1:80 → 10.0.0.11:8080: weight 3 → 0",
    ]);
  });

  it("brackets IPv6", () => {
    const service: VirtualService = { ...web, address: ip("2001:db8::1"), destinations: [] };
    assert.deepEqual(lines([service], EMPTY), ["add tcp [2001:db8::1]:80 (wrr)"]);
  });
});

describe("strangers", () => {
  it("are services, destinations of our services, and what no file can ask for", () => {
    const mark = listingOf(plainService({ kind: "mark", family: 4, mark: 100 }, "rr"), []);
    const dccp = { kind: "address", protocol: 33, address: ip("192.0.2.1"), port: 80 } as const;
    const foreign = listingOf(plainService(dccp, "rr"), []);
    const theirs = listingOf(plainService(identityOf({ ...web, port: 81 }), "rr"), [first]);
    const ours = listingOf(recordOfService(web), [first, other]);
    const actual = kernelTable([mark, foreign, theirs, ours]);
    assert.deepEqual(strangers([web], actual, new Set()), [
      "firewall mark 100 (IPv4)",
      "tcp 192.0.2.1:81",
      "tcp 192.0.2.1:80 → 10.0.0.9:8080",
      "protocol 33 192.0.2.1:80",
    ]);
    assert.deepEqual(strangers([web], actual, new Set([memberId(web, other)])).length, 3);
  });
});

/** What a table comes down to: everything that is set, by key. */
type Model = Map<string, Map<string, string>>;
const HEAD = "";

function modelOf(actual: KernelTable): Model {
  return new Map(
    actual.services.map((service) => [
      serviceId(service),
      new Map([
        [HEAD, JSON.stringify(service.record)],
        ...service.destinations.map((one) => [destinationId(one), JSON.stringify(one.record)] as const),
      ]),
    ]),
  );
}

/** A kernel: refuses, by an assertion, what the real one refuses. */
function perform(model: Model, step: PlanStep): void {
  const id = serviceId(step.service);
  const service = model.get(id);
  if (step.kind === "add-service") {
    assert(service === undefined, `EEXIST ${id}`);
    model.set(id, new Map([[HEAD, JSON.stringify(recordOfService(step.service))]]));
    return;
  }
  assert(service !== undefined, `ESRCH ${id}`);
  switch (step.kind) {
    case "edit-service":
      service.set(HEAD, JSON.stringify(recordOfService(step.service)));
      return;
    case "remove-service":
      model.delete(id);
      return;
    case "add-destination":
    case "edit-destination": {
      const key = destinationId(step.destination);
      assert.equal(service.has(key), step.kind === "edit-destination", `${step.kind} ${id} ${key}`);
      service.set(key, JSON.stringify(recordOfDestination(step.destination)));
      return;
    }
    case "remove-destination":
      assert(service.delete(destinationId(step.destination)), `ENOENT ${id}`);
      return;
    default:
      unreachable(step);
  }
}

/** The ids of everything in a table, some of which are owned. */
function idsIn(actual: KernelTable): string[] {
  return actual.services.flatMap((service) => [
    serviceId(service),
    ...service.destinations.map((one) => memberId(service, one)),
  ]);
}

const anyCase = fc
  .tuple(anyTable, anyKernelTable)
  .chain(([wanted, actual]) =>
    fc.subarray(idsIn(actual)).map((owned) => ({ wanted, actual, owned: new Set(owned) })),
  );

/** The kernel's table as it should be: what is wanted, and what strangers have. */
function expected(wanted: Table, actual: KernelTable, owned: ReadonlySet<string>): Model {
  const model = modelOf(kernelOf(wanted));
  for (const service of actual.services) {
    const ours = model.get(serviceId(service));
    const before = modelOf({ services: [service], foreign: [] }).get(serviceId(service)) ?? new Map();
    if (ours === undefined) {
      if (!owned.has(serviceId(service))) model.set(serviceId(service), before);
      continue;
    }
    for (const one of service.destinations) {
      const key = destinationId(one);
      if (!ours.has(key) && !owned.has(memberId(service, one))) ours.set(key, before.get(key));
    }
  }
  return model;
}

/** Keys that differ; a service that goes is one, and takes its destinations along. */
function differences(before: Model, after: Model): number {
  let count = 0;
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [from, to] = [before.get(id), after.get(id)];
    if (to === undefined) count += 1;
    else
      for (const key of new Set([...(from?.keys() ?? []), ...to.keys()]))
        if (from?.get(key) !== to.get(key)) count += 1;
  }
  return count;
}

function rank({ kind }: PlanStep): number {
  return kind === "remove-service" ? 2 : Number(kind === "remove-destination");
}

describe("for all tables, a plan", () => {
  it("leads to what is wanted and what strangers have, in one step for each key that differs", () => {
    fc.assert(
      fc.property(anyCase, ({ wanted, actual, owned }) => {
        const model = modelOf(actual);
        const goal = expected(wanted, actual, owned);
        const steps = plan(wanted, actual, owned);
        assert.equal(steps.length, differences(model, goal));
        for (const step of steps) perform(model, step);
        assert.deepEqual(model, goal);
      }),
    );
  });

  it("is empty when the table is as wanted", () => {
    fc.assert(
      fc.property(anyTable, (wanted) => {
        assert.deepEqual(plan(wanted, kernelOf(wanted), new Set()), []);
        assert.deepEqual(strangers(wanted, kernelOf(wanted), new Set()), []);
      }),
    );
  });

  it("removes at its end: first destinations, then services", () => {
    fc.assert(
      fc.property(anyCase, ({ wanted, actual, owned }) => {
        const ranks = plan(wanted, actual, owned).map(rank);
        assert.deepEqual(ranks, ranks.toSorted());
      }),
    );
  });

  it("does not depend on the order of the tables", () => {
    fc.assert(
      fc.property(anyCase, ({ wanted, actual, owned }) => {
        const turned = wanted
          .map((one) => ({ ...one, destinations: one.destinations.toReversed() }))
          .toReversed();
        const services = actual.services.map((one) => ({
          ...one,
          destinations: one.destinations.toReversed(),
        }));
        const other: KernelTable = { ...actual, services: services.toReversed() };
        assert.deepEqual(plan(turned, other, owned), plan(wanted, actual, owned));
        assert.deepEqual(strangers(turned, other, owned), strangers(wanted, actual, owned));
      }),
    );
  });
});
