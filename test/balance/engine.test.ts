import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Balance } from "../../src/balance/engine.ts";
import type { Override, Overrides } from "../../src/balance/override.ts";
import { PLAIN_POLICY } from "../../src/balance/policy.ts";
import { ip } from "../../src/net/ip.ts";
import { after, instant, micros, millis, minutes, seconds } from "../../src/net/time.ts";
import { Bench, CHECK, failed, PASSED, server, service, textOf, unchecked, VIP } from "./fixture.ts";

const NONE: Overrides = new Map();
const TWO = [server("rs1"), server("rs2", { weight: 2 })];

describe("Balance, at the start,", () => {
  it("admits new servers after one success each", () => {
    const bench = new Bench([service(TWO)]);
    assert.equal(bench.wanted, "");
    bench.pass("rs1");
    assert.equal(bench.wanted, "rs1=3");
    bench.pass("rs2");
    assert.equal(bench.wanted, "rs1=3 rs2=2");
  });

  it("keeps what the kernel has until there is a verdict", () => {
    const bench = new Bench([service([...TWO, server("rs3")])], "rs1=9 rs2=0");
    assert.equal(bench.wanted, "rs1=3 rs2=0");
    bench.fail("rs1", 2);
    assert.equal(bench.wanted, "rs1=3 rs2=2 rs3=3", "others passed meanwhile, two failures are no verdict");
    bench.fail("rs1", 1);
    assert.equal(bench.wanted, "rs1=0 rs2=2 rs3=3");
  });

  it("admits servers without a check at once", () => {
    const bench = new Bench([service([unchecked("rs1"), server("rs2")])]);
    assert.equal(bench.wanted, "rs1=3");
    assert.deepEqual(bench.balance.snapshot()[0]?.servers[0], {
      name: "rs1",
      endpoint: server("rs1").endpoint,
      state: "up",
      since: bench.now,
      last: undefined,
      checks: [],
      latency: undefined,
      weight: 3,
      cause: "no-check",
      override: undefined,
    });
  });

  it("never adds a server that fails from the start, unless failed ones stay", () => {
    const bench = new Bench([service(TWO)]);
    bench.fail("rs1");
    assert.equal(bench.wanted, "rs2=2");
    assert.equal(bench.balance.snapshot()[0]?.servers[0]?.cause, "absent");
    const draining = new Bench([service(TWO, { onFailure: "drain" })]);
    draining.fail("rs1");
    assert.equal(draining.wanted, "rs1=0 rs2=2");
  });

  it("says how many servers of a service are in which state", () => {
    const bench = new Bench([service([server("rs1"), server("rs2"), server("rs3")])]);
    assert.deepEqual(bench.balance.healthOf("web"), { up: 0, unknown: 3, total: 3 });
    bench.fail("rs1");
    bench.check("rs2", PASSED);
    const health = bench.balance.healthOf("web");
    assert.deepEqual([health?.total, (health?.up ?? 0) + (health?.unknown ?? 0)], [3, 2]);
    assert.equal(bench.balance.healthOf("other"), undefined);
  });

  it("has one kernel service per listen address, with the same servers", () => {
    const other = { address: ip("2001:db8::100"), port: 443 };
    const balance = new Balance();
    const services = [
      service([unchecked("rs1")], { listen: [VIP, other], scheduler: "mh", protocol: "udp" }),
    ];
    balance.handle({ kind: "configure", services, overrides: NONE, random: 0 }, instant(0));
    const destinations = [{ ...server("rs1").endpoint, forward: "nat", weight: 3 }];
    assert.deepEqual(balance.wanted(), [
      { protocol: "udp", ...VIP, scheduler: "mh", destinations },
      { protocol: "udp", ...other, scheduler: "mh", destinations },
    ]);
  });

  it("gives a server without a port that of each kernel service, and none for a mark", () => {
    const balance = new Balance();
    const address = ip("10.0.0.9");
    const mark = { mark: 5, family: 4 } as const;
    const services = [
      service([{ ...unchecked("rs1"), endpoint: { address, port: 0 }, upperThreshold: 9 }], {
        listen: [VIP, { ...VIP, port: 81 }, mark],
        schedulerFlags: ["flag-1"],
      }),
    ];
    const seen = { protocol: "tcp", ...VIP, port: 81 } as const;
    const drained = [{ address, port: 81, weight: 0, activeConnections: 0, inactiveConnections: 0 }];
    balance.handle({ kind: "kernel", services: [{ ...seen, destinations: drained }] }, instant(0));
    balance.handle({ kind: "configure", services, overrides: new Map(), random: 0 }, instant(0));
    const traits = { scheduler: "wrr", schedulerFlags: ["flag-1"] };
    const at = (port: number) => [{ address, port, forward: "nat", upperThreshold: 9, weight: 3 }];
    assert.deepEqual(balance.wanted(), [
      { protocol: "tcp", ...VIP, ...traits, destinations: at(80) },
      { protocol: "tcp", ...VIP, port: 81, ...traits, destinations: at(81) },
      { protocol: "mark", ...mark, ...traits, destinations: at(0) },
    ]);
  });

  it("finds a server without a port at every port of its service", () => {
    const listen = [VIP, { ...VIP, port: 81 }];
    const server1 = server("rs1", { endpoint: { address: server("rs1").endpoint.address, port: 0 } });
    const bench = new Bench([]);
    const destinations = [
      {
        address: server1.endpoint.address,
        port: 81,
        weight: 1,
        activeConnections: 0,
        inactiveConnections: 0,
      },
    ];
    bench.input({ kind: "kernel", services: [{ protocol: "tcp", ...VIP, port: 81, destinations }] });
    bench.configure([service([server1], { listen })]);
    assert.equal(bench.balance.snapshot()[0]?.servers[0]?.cause, "presumed-up");
  });
});

describe("Balance, when a server fails,", () => {
  it("sets it to 0 and removes it once it is idle", () => {
    const bench = served();
    bench.fail("rs1");
    assert.deepEqual(bench.events(), [
      "check-failed rs1 refused",
      "check-failed rs1 refused",
      "server-down rs1 refused",
      "weight-change rs1 3→0 check-failed",
    ]);
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    assert.ok(bench.balance.draining);
    bench.kernel("rs1=0/1 rs2=2/9");
    bench.kernel("rs1=3/0 rs2=2/9"); // read before the 0 arrived: more may come
    assert.deepEqual(bench.events(), []);
    bench.kernel("rs1=0/0 rs2=2/9");
    assert.deepEqual(bench.events(), ["server-removed rs1 idle"]);
    assert.equal(bench.wanted, "rs2=2");
    assert.ok(!bench.balance.draining);
  });

  it("removes it when it stays busy for too long", () => {
    const bench = served({ removeAfter: seconds(60) });
    bench.fail("rs1");
    bench.kernel("rs1=0/5");
    const before = bench.events().length;
    bench.wait(seconds(59));
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    bench.wait(seconds(1));
    assert.equal(bench.wanted, "rs2=2");
    assert.ok(before > 0);
    assert.deepEqual(bench.events(), ["server-removed rs1 remove-after"]);
  });

  it("keeps it at 0 for good when the service says so", () => {
    const bench = served({ onFailure: "drain" });
    bench.fail("rs1");
    bench.kernel("rs1=0/0");
    bench.wait(minutes(10));
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    assert.ok(!bench.balance.draining);
  });

  it("brings it back after `rise` successes, from 0 or from nowhere", () => {
    for (const kernel of ["rs1=0/1", "rs1=0/0"]) {
      const bench = served();
      bench.fail("rs1");
      bench.kernel(kernel);
      const from = kernel === "rs1=0/1" ? "0" : "absent";
      bench.pass("rs1");
      bench.events();
      bench.pass("rs1");
      assert.deepEqual(bench.events(), ["server-up rs1 risen", `weight-change rs1 ${from}→3 check-passed`]);
      assert.equal(bench.wanted, "rs1=3 rs2=2");
      bench.kernel("rs1=3/0");
      bench.wait(minutes(10));
      assert.equal(bench.wanted, "rs1=3 rs2=2", "an old removal must not come true");
    }
  });

  it("takes all out when all fail", () => {
    const bench = served();
    bench.failAll();
    assert.equal(bench.wanted, "rs1=0 rs2=0");
    bench.kernel("rs1=0/0 rs2=0/0");
    assert.equal(bench.wanted, "");
    assert.equal(bench.balance.wanted().length, 1, "the service itself stays");
  });

  it("asks for a reconciliation at each change of the table, and for none without", () => {
    const bench = served();
    const before = bench.reconciled;
    bench.fail("rs1", 2);
    assert.equal(bench.reconciled, before);
    bench.fail("rs1", 1);
    assert.equal(bench.reconciled, before + 1);
    bench.fail("rs1", 3);
    bench.kernel("rs1=0/0");
    assert.equal(bench.reconciled, before + 2);
  });
});

describe("Balance, when all servers fail,", () => {
  for (const [reason, places] of [
    ["timeout", 1],
    ["unreachable", 1],
    ["refused", 2],
  ] as const) {
    it(`has ${places} of two places for those that are ${reason}`, () => {
      const bench = new Bench([service(TWO)], "", 2);
      bench.wait(seconds(3));
      const checks = bench.running.splice(0);
      assert.equal(checks.length, 2);
      for (const { id } of checks) bench.input({ kind: "checked", id, result: failed(reason) });
      bench.wait(seconds(10));
      assert.equal(bench.running.length, places);
    });
  }
});

describe("Balance, with problems of its own,", () => {
  const problem = { kind: "not-run", problem: "no-descriptor", detail: "EMFILE" } as const;

  it("holds them against no server, and tells of them at once and then every minute", () => {
    const bench = served();
    for (let count = 0; count < 40; count++) bench.check("rs1", problem);
    assert.equal(bench.wanted, "rs1=3 rs2=2");
    const events = bench.events();
    assert.equal(events[0], "check-problem no-descriptor");
    assert.equal(events.length, 2, "80 seconds");
    assert.equal(bench.balance.snapshot()[0]?.servers[0]?.last?.result.kind, "passed");
  });

  it("is not ready by them", () => {
    const bench = new Bench([service([server("rs1")])]);
    bench.check("rs1", problem);
    assert.ok(!bench.balance.ready);
  });
});

describe("Balance is ready", () => {
  it("once every check was tried, whatever came of it", () => {
    const bench = new Bench([service(TWO)]);
    bench.wait(seconds(3));
    const [first, second] = bench.running;
    assert.ok(first !== undefined && second !== undefined && bench.running.length === 2);
    bench.input({ kind: "checked", id: first.id, result: failed("timeout") });
    assert.ok(!bench.balance.ready);
    bench.input({ kind: "checked", id: second.id, result: PASSED });
    assert.ok(bench.balance.ready);
    assert.ok(bench.events().includes("checks-ready all-tried"));
  });

  it("after 30 s at the latest", () => {
    const bench = new Bench([service(TWO)]);
    bench.wait(seconds(29.9));
    assert.ok(!bench.balance.ready);
    bench.wait(seconds(0.1));
    assert.ok(bench.balance.ready);
    assert.ok(bench.events().includes("checks-ready deadline"));
  });

  it("at once when there is nothing to check, and stays so through a reload", () => {
    const bench = new Bench([service([unchecked("rs1")])]);
    assert.ok(bench.balance.ready);
    bench.configure([service(TWO)]);
    assert.ok(bench.balance.ready);
    assert.equal(bench.events().filter((text) => text.startsWith("checks-ready")).length, 1);
  });

  it("never before it was configured", () => {
    assert.ok(!new Balance().ready);
  });
});

describe("Balance, on a reload,", () => {
  it("keeps the health of checks that are the same", () => {
    const bench = served();
    bench.fail("rs1");
    bench.configure([service([server("rs1", { weight: 5 }), server("rs2", { weight: 2 })])]);
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    bench.pass("rs1", 2);
    assert.equal(bench.wanted, "rs1=5 rs2=2");
  });

  it("keeps failures counted and connections awaited", () => {
    const bench = served();
    bench.fail("rs1", 2);
    bench.configure([service(TWO)]);
    bench.fail("rs1", 1);
    bench.configure([service(TWO)]);
    bench.kernel("rs1=0/0");
    assert.equal(bench.wanted, "rs2=2");
    bench.configure([service(TWO)]);
    assert.equal(bench.wanted, "rs2=2");
  });

  it("goes on waiting for connections of a service that is as it was", () => {
    const other = (weight: number) =>
      service([unchecked("rs3")], { name: "api", listen: [{ ...VIP, port: weight }] });
    const [web, going] = [service(TWO), service([server("rs4")], { name: "going" })];
    const bench = new Bench([web, other(81), going], "rs1=3 rs2=2");
    bench.failAll("rs1", "rs4");
    bench.configure([web, other(82)]);
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    bench.wait(web.removeAfter);
    assert.equal(bench.wanted, "rs2=2");
    assert.ok(!bench.balance.draining);
  });

  it("changes weights at once, and says why", () => {
    const bench = served();
    bench.configure([service([server("rs1", { weight: 9 }), server("rs2", { weight: 2 })])]);
    assert.deepEqual(bench.events(), ["configured", "weight-change rs1 3→9 configured"]);
    assert.equal(bench.wanted, "rs1=9 rs2=2");
  });

  it("starts a changed check anew from where the server stands", () => {
    const changed = [server("rs1", { checks: [{ ...CHECK, fall: 1 }] }), server("rs2", { weight: 2 })];
    const healthy = served();
    healthy.configure([service(changed)]);
    assert.equal(healthy.wanted, "rs1=3 rs2=2");
    const draining = served();
    draining.fail("rs1");
    draining.configure([service(changed)]);
    assert.equal(draining.wanted, "rs1=0 rs2=2");
    draining.fail("rs1", 1);
    draining.kernel("rs1=0/0");
    assert.equal(draining.wanted, "rs2=2");
    draining.configure([service(TWO)]);
    assert.equal(draining.wanted, "rs2=2");
    draining.pass("rs1");
    assert.equal(draining.wanted, "rs1=3 rs2=2", "without a verdict one success is enough");
  });

  it("adds, removes and renames servers", () => {
    const bench = served();
    bench.configure([service([server("rs2", { weight: 2, name: "two" }), unchecked("rs3")])]);
    assert.equal(bench.wanted, "rs2=2 rs3=3");
    assert.equal(bench.balance.snapshot()[0]?.servers[0]?.name, "two");
    bench.configure([]);
    assert.deepEqual(bench.balance.wanted(), []);
    assert.equal(bench.balance.nextDeadline(), undefined);
  });

  it("ignores results of checks that are gone", () => {
    const bench = new Bench([service(TWO)]);
    bench.wait(seconds(3));
    const orphan = bench.running[0];
    assert.ok(orphan !== undefined);
    bench.configure([]);
    bench.events();
    bench.input({ kind: "checked", id: orphan.id, result: PASSED });
    assert.deepEqual(bench.events(), []);
  });

  it("removes what is draining when the policy no longer keeps it", () => {
    const bench = served({ onFailure: "drain" });
    bench.fail("rs1");
    bench.configure([service(TWO)]);
    assert.ok(bench.balance.draining);
    bench.kernel("rs1=0/0");
    assert.equal(bench.wanted, "rs2=2");
  });
});

describe("Balance, between services,", () => {
  it("runs one check for all servers with the same target and settings", () => {
    const other = service(TWO, { name: "api", listen: [{ ...VIP, port: 81 }] });
    const bench = new Bench([service(TWO), other]);
    bench.wait(seconds(2));
    assert.equal(bench.running.length, 2);
    bench.events();
    bench.pass("rs1");
    assert.deepEqual(bench.events(), [
      "server-up rs1 first-pass",
      "weight-change rs1 absent→3 check-passed",
      "server-up rs1 first-pass",
      "weight-change rs1 absent→3 check-passed",
    ]);
    assert.deepEqual(
      bench.balance.wanted().map((one) => one.destinations.length),
      [1, 1],
    );
  });

  it("wants the same objects as before for services of which nothing has changed, also through a reload", () => {
    const [web, other] = [
      service(TWO),
      service([unchecked("rs3")], { name: "api", listen: [{ ...VIP, port: 81 }] }),
    ];
    const bench = new Bench([web, other], "rs1=3 rs2=2");
    const [before, beside] = bench.balance.wanted();
    bench.fail("rs1");
    const [failing, besideFailing] = bench.balance.wanted();
    assert.notEqual(failing, before);
    assert.equal(besideFailing, beside);
    bench.configure([service([server("rs2")]), other]);
    const [reloaded, besideReloaded] = bench.balance.wanted();
    assert.deepEqual(
      reloaded?.destinations.map(({ address }) => address),
      ["10.0.0.2"],
    );
    assert.equal(besideReloaded, beside);
  });

  it("places a server by what a check knows already", () => {
    const bench = served();
    bench.fail("rs1");
    bench.configure([service(TWO), service(TWO, { name: "api", listen: [{ ...VIP, port: 81 }] })]);
    const [, api] = bench.balance.wanted();
    assert.equal(textOf(api === undefined ? [] : [api]), "rs2=2");
  });
});

describe("Balance, with an operator's word,", () => {
  const said = { by: "anna", at: 0 };
  const seven: Override = { kind: "weight", weight: 7, ...said };
  const drain: Override = { kind: "drain", connections: 2, ...said };

  function say(bench: Bench, override: Override | undefined): void {
    if (override === undefined) bench.overrides.delete("web/rs1");
    else bench.overrides.set("web/rs1", override);
    bench.input({ kind: "override", service: "web", server: "rs1", override, by: "anna" });
  }

  it("hears at a reload what else is said of services that are as they were, and goes on with their checks", () => {
    const services = [service(TWO)];
    const bench = new Bench(services, "rs1=3 rs2=2");
    bench.failAll("rs2");
    bench.overrides.set("web/rs1", seven);
    bench.configure(services);
    assert.equal(bench.wanted, "rs1=7 rs2=0");
    bench.overrides.delete("web/rs1");
    bench.configure(services);
    assert.equal(bench.wanted, "rs1=3 rs2=0");
    bench.pass("rs2", CHECK.rise);
    assert.equal(bench.wanted, "rs1=3 rs2=2");
  });

  it("gives a server another weight until that is taken back, through failures and reloads", () => {
    const bench = served();
    say(bench, seven);
    assert.equal(bench.wanted, "rs1=7 rs2=2");
    bench.fail("rs1");
    bench.kernel("rs1=0/0");
    bench.configure([service(TWO)]);
    assert.equal(bench.wanted, "rs1=7 rs2=2", "the operator knows better than the check");
    assert.ok(!bench.balance.draining);
    bench.events();
    say(bench, undefined);
    assert.equal(bench.wanted, "rs1=0 rs2=2", "its connections are waited for first");
    bench.kernel("rs1=0/0");
    assert.equal(bench.wanted, "rs2=2");
    assert.deepEqual(bench.events(), [
      "override rs1",
      "weight-change rs1 7→0 override-lifted",
      "server-removed rs1 idle",
    ]);
  });

  it("waits for as long as a failure may when it gave a failed server weight and takes it back", () => {
    const bench = served({ removeAfter: seconds(60) });
    bench.fail("rs1");
    say(bench, seven);
    bench.wait(minutes(10));
    assert.equal(bench.wanted, "rs1=7 rs2=2");
    say(bench, undefined);
    bench.kernel("rs1=0/5");
    bench.wait(seconds(59));
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    bench.wait(seconds(1));
    assert.equal(bench.wanted, "rs2=2");
  });

  it("drains a server: weight 0, then out of the table with as few active connections as were asked for", () => {
    const bench = served();
    say(bench, drain);
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    assert.ok(bench.balance.draining);
    bench.kernel("rs1=3/1 rs2=2/9"); // read before the 0 arrived: more may come
    bench.kernel("rs1=0/3+9 rs2=2/9");
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    bench.kernel("rs1=0/2+9 rs2=2/9");
    assert.equal(bench.wanted, "rs2=2");
    assert.ok(!bench.balance.draining);
    assert.deepEqual(bench.events(), [
      "override rs1",
      "weight-change rs1 3→0 draining",
      "server-removed rs1 drained",
    ]);
    say(bench, undefined);
    assert.deepEqual(bench.events(), ["override rs1", "weight-change rs1 absent→3 override-lifted"]);
  });

  it("drains it until the deadline at the latest", () => {
    const bench = served();
    say(bench, { ...drain, deadline: after(bench.now, seconds(30)) });
    bench.kernel("rs1=0/3");
    bench.wait(seconds(29));
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    bench.events();
    bench.wait(seconds(1));
    assert.equal(bench.wanted, "rs2=2");
    assert.deepEqual(bench.events(), ["server-removed rs1 drain-deadline"]);
  });

  it("goes on draining through reloads, failures and recoveries", () => {
    const bench = served();
    say(bench, drain);
    bench.fail("rs1");
    bench.configure([service(TWO)]);
    bench.pass("rs1", 2);
    assert.equal(bench.wanted, "rs1=0 rs2=2");
    bench.kernel("rs1=0/0");
    assert.equal(bench.wanted, "rs2=2");
    bench.fail("rs1");
    bench.pass("rs1", 2);
    bench.configure([service(TWO)]);
    assert.equal(bench.wanted, "rs2=2", "a drained server comes back by the operator's word alone");
  });

  it("puts no server into the table in order to drain it", () => {
    const bench = served();
    bench.fail("rs1");
    bench.kernel("rs1=0/0");
    say(bench, drain);
    assert.equal(bench.wanted, "rs2=2");
    say(bench, undefined);
    assert.equal(bench.wanted, "rs2=2", "it fails still");
    bench.pass("rs1", 2);
    assert.equal(bench.wanted, "rs1=3 rs2=2");
  });

  for (const [kernel, wanted] of [
    ["rs1=0/5", "rs1=0"],
    ["rs1=3/5", "rs1=0"],
    ["", ""],
  ] as const) {
    it(`goes on after a restart with "${kernel}" in the kernel`, () => {
      const bench = new Bench([], kernel);
      bench.overrides.set("web/rs1", drain);
      bench.configure([service([unchecked("rs1")])]);
      assert.equal(bench.wanted, wanted);
      bench.kernel("rs1=0/0");
      assert.equal(bench.wanted, "");
    });
  }

  it("is shown beside the weight that it led to", () => {
    const bench = served();
    say(bench, seven);
    const shown = bench.balance.snapshot()[0]?.servers[0];
    assert.deepEqual([shown?.weight, shown?.cause, shown?.override], [7, "override", seven]);
  });
});

describe("Balance, with servers that begin,", () => {
  it("counts a new server as healthy where the service says so, until it fails", () => {
    const bench = new Bench([service(TWO, { policy: { ...PLAIN_POLICY, start: "up" } })], "rs2=0");
    assert.equal(bench.wanted, "rs1=3 rs2=0", "what the kernel has at 0 has a reason");
    assert.equal(bench.balance.snapshot()[0]?.servers[0]?.cause, "assumed-up");
    bench.fail("rs1");
    assert.equal(bench.wanted, "rs1=0 rs2=2");
  });

  it("gives one that comes back its weight little by little", () => {
    const servers = [server("rs1", { weight: 10 }), server("rs2", { weight: 2 })];
    const bench = new Bench([service(servers, { policy: { ...PLAIN_POLICY, slowStart: seconds(10) } })]);
    bench.pass("rs1");
    bench.pass("rs2");
    assert.equal(bench.wanted, "rs1=10 rs2=2", "at the start all are equally new");
    bench.fail("rs1");
    bench.events();
    bench.pass("rs1", 2);
    const started = bench.now;
    assert.equal(bench.wanted, "rs1=1 rs2=2");
    for (let second = 2; second <= 9; second++) {
      bench.wait(micros(after(started, seconds(second)) - bench.now));
      assert.equal(bench.wanted, `rs1=${second} rs2=2`);
    }
    bench.wait(seconds(1));
    assert.equal(bench.wanted, "rs1=10 rs2=2");
    const [, first, ...rest] = bench.events();
    assert.equal(first, "weight-change rs1 0→1 slow-start");
    assert.deepEqual(rest.slice(-2), [
      "weight-change rs1 8→9 slow-start",
      "weight-change rs1 9→10 check-passed",
    ]);
  });

  it("begins anew when it fails meanwhile, and stops at once when an operator has a word", () => {
    const servers = [server("rs1", { weight: 10 })];
    const bench = new Bench([service(servers, { policy: { ...PLAIN_POLICY, slowStart: minutes(10) } })]);
    bench.pass("rs1");
    bench.fail("rs1");
    bench.pass("rs1", 2);
    bench.wait(minutes(5));
    assert.equal(bench.wanted, "rs1=5");
    bench.fail("rs1");
    bench.pass("rs1", 2);
    assert.equal(bench.wanted, "rs1=1");
    const override: Override = { kind: "weight", weight: 7, by: "anna", at: 0 };
    bench.input({ kind: "override", service: "web", server: "rs1", override, by: "anna" });
    assert.equal(bench.wanted, "rs1=7");
  });
});

describe("Balance, with a quorum,", () => {
  const sorry = server("rs9", { name: "(sorry)", weight: 1 });
  const three = [server("rs1"), server("rs2"), server("rs3")];
  const quorum = { of: "servers", need: 2, hysteresis: 0 } as const;
  const policy = { ...PLAIN_POLICY, quorum, sorry };

  it("lets the sorry server serve while it is lost, and go when it is back", () => {
    const bench = new Bench([service(three, { policy })]);
    assert.equal(bench.wanted, "", "nobody knows yet");
    bench.pass("rs1");
    bench.pass("rs2");
    bench.pass("rs3");
    assert.equal(bench.wanted, "rs1=3 rs2=3 rs3=3");
    bench.events();
    bench.failAll("rs1", "rs2");
    assert.equal(bench.wanted, "rs1=0 rs2=0 rs3=0 rs9=1");
    const events = bench.events().filter((text) => !text.startsWith("check-failed"));
    assert.deepEqual(events.slice(-3), [
      "quorum web lost 1/2",
      "weight-change (sorry) absent→1 sorry-serves",
      "weight-change rs3 3→0 quorum-lost",
    ]);
    bench.pass("rs1", 2);
    assert.equal(bench.wanted, "rs1=3 rs2=3 rs3=3 rs9=0");
    bench.kernel("rs1=3/0 rs2=3/1 rs3=3/0 rs9=0/4");
    assert.equal(bench.wanted, "rs1=3 rs2=3 rs3=3 rs9=0", "its connections are waited for");
    bench.kernel("rs1=3/0 rs2=3/1 rs3=3/0 rs9=0/0");
    assert.equal(bench.wanted, "rs1=3 rs2=3 rs3=3");
  });

  it("lets it serve as well when all fail from the start, and not before all have been asked", () => {
    const bench = new Bench([service(TWO, { policy: { ...policy, quorum: { ...quorum, need: 1 } } })]);
    bench.failAll("rs1");
    assert.equal(bench.wanted, "rs2=2");
    bench.failAll();
    bench.kernel("rs1=0/0 rs2=0/0 rs9=1/1");
    assert.equal(bench.wanted, "rs9=1");
    const fresh = new Bench([service(TWO, { policy: { ...policy, quorum: { ...quorum, need: 1 } } })]);
    fresh.wait(seconds(4));
    assert.equal(fresh.wanted, "", "no check has answered");
    fresh.failAll();
    assert.equal(fresh.wanted, "rs9=1");
    assert.deepEqual(bench.balance.healthOf("web"), { up: 0, unknown: 0, total: 2 }, "it is none of them");
  });

  it("goes on with the sorry server after a restart, and hears an operator before the quorum", () => {
    const bench = new Bench([service(three, { policy })], "rs1=0 rs2=0 rs3=0 rs9=1");
    assert.equal(bench.wanted, "rs1=0 rs2=0 rs3=0 rs9=1");
    const override: Override = { kind: "weight", weight: 7, by: "anna", at: 0 };
    bench.overrides.set("web/rs1", override);
    bench.input({ kind: "override", service: "web", server: "rs1", override, by: "anna" });
    assert.equal(bench.wanted, "rs1=7 rs2=0 rs3=0 rs9=1");
    bench.configure([service(three, { policy })]);
    assert.equal(bench.wanted, "rs1=7 rs2=0 rs3=0 rs9=1");
    bench.pass("rs2");
    bench.kernel("rs1=7 rs2=3 rs3=0 rs9=0/0");
    assert.doesNotMatch(textOf(bench.balance.wanted()), /rs9/);
  });

  it("only says so without a sorry server", () => {
    const { sorry: _, ...alone } = policy;
    const bench = new Bench([service(three, { policy: alone })], "rs1=3 rs2=3 rs3=3");
    bench.failAll("rs1", "rs2");
    assert.equal(bench.wanted, "rs1=0 rs2=0 rs3=3");
    assert.ok(bench.events().includes("quorum web lost 1/2"));
    assert.deepEqual(bench.balance.snapshot()[0]?.quorum, { of: "servers", have: 1, need: 2, held: false });
    bench.configure([service(three)]);
    assert.equal(bench.balance.snapshot()[0]?.quorum, undefined);
  });
});

describe("Balance, with a floor under the healthy share,", () => {
  const three = [server("rs1"), server("rs2"), server("rs3")];
  const policy = { ...PLAIN_POLICY, panic: { below: 0.5, after: seconds(10) } };

  function failing(): Bench {
    const bench = new Bench([service(three, { policy })], "rs1=3 rs2=3 rs3=3");
    bench.failAll();
    bench.kernel("rs1=0/0 rs2=0/0 rs3=0/0");
    assert.equal(bench.wanted, "");
    bench.events();
    return bench;
  }
  const panics = (bench: Bench) => bench.events().filter((text) => text.startsWith("panic"));

  it("gives silent servers connections when nobody has relieved this director, and says so every minute", () => {
    const bench = failing();
    bench.wait(seconds(9));
    assert.equal(bench.wanted, "", "the peer goes first");
    bench.wait(seconds(1));
    assert.equal(bench.wanted, "rs1=3 rs2=3 rs3=3");
    assert.equal(bench.balance.snapshot()[0]?.panic, true);
    bench.kernel("rs1=3/0 rs2=3/0 rs3=3/0");
    bench.wait(seconds(60));
    assert.deepEqual(panics(bench), ["panic web begins 0/3", "panic web goes-on 0/3"]);
    bench.failAll("rs1");
    assert.equal(bench.wanted, "rs1=0 rs2=3 rs3=3", "two of three are enough");
    assert.deepEqual(panics(bench), ["panic web ends 2/3"]);
    bench.kernel("rs1=0/0 rs2=3/0 rs3=3/0");
    assert.equal(bench.wanted, "rs2=3 rs3=3");
  });

  it("ends when one of them says anything: then it is not this director's fault", () => {
    const bench = failing();
    bench.wait(seconds(10));
    bench.events();
    const id = bench.ids("rs2")[0] ?? assert.fail();
    bench.input({ kind: "checked", id, result: failed("refused") });
    assert.deepEqual(panics(bench), ["panic web ends 0/3"]);
    assert.equal(bench.wanted, "rs1=0 rs2=0 rs3=0", "and their connections are waited for");
  });

  it("is for the director that clients come to", () => {
    const bench = failing();
    bench.input({ kind: "serving", elsewhere: new Set([VIP.address]) });
    bench.wait(minutes(5));
    assert.equal(bench.wanted, "");
    bench.input({ kind: "serving", elsewhere: new Set() });
    bench.wait(seconds(10));
    assert.equal(bench.wanted, "rs1=3 rs2=3 rs3=3");
    bench.input({ kind: "serving", elsewhere: new Set([VIP.address]) });
    assert.equal(bench.wanted, "rs1=0 rs2=0 rs3=0");
  });

  it("hears an operator first, and ends with a file that wants none", () => {
    const bench = failing();
    const override: Override = { kind: "drain", connections: 0, by: "anna", at: 0 };
    bench.overrides.set("web/rs1", override);
    bench.input({ kind: "override", service: "web", server: "rs1", override, by: "anna" });
    bench.wait(seconds(10));
    assert.equal(bench.wanted, "rs2=3 rs3=3");
    bench.configure([service(three)]);
    assert.equal(bench.wanted, "rs2=0 rs3=0");
  });

  it("is not there unless the file asks for it", () => {
    const bench = new Bench([service(three)], "rs1=3 rs2=3 rs3=3");
    bench.failAll();
    bench.wait(minutes(10));
    assert.equal(bench.wanted, "");
    assert.deepEqual(panics(bench), []);
  });
});

describe("Balance, in general,", () => {
  it("wants a table that depends on settings and health alone, not on the way there", () => {
    const verdicts = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()), { maxLength: 20 });
    const servers = ["rs1", "rs2", "rs3", "rs4"].map((name) =>
      server(name, { checks: [{ ...CHECK, rise: 1, fall: 1 }] }),
    );
    const services = [service(servers, { onFailure: "drain" })];
    fc.assert(
      fc.property(verdicts, fc.integer({ min: 0, max: 20 }), (list, reloadAt) => {
        const bench = new Bench(services);
        bench.wait(seconds(2));
        const ids = new Map(bench.running.map(({ id, target }) => [`${target.address}`, id]));
        const last = new Map<string, boolean>();
        for (const [index, [number, passes]] of list.entries()) {
          if (index === reloadAt) bench.configure(services);
          const id = ids.get(`10.0.0.${number}`) ?? assert.fail();
          bench.input({ kind: "checked", id, result: passes ? PASSED : failed("reset") });
          last.set(`rs${number}`, passes);
        }
        const expected = servers.flatMap(({ name }) => {
          const passes = last.get(name);
          return passes === undefined ? [] : [`${name}=${passes ? 3 : 0}`];
        });
        assert.equal(bench.wanted, expected.join(" "));
      }),
      { numRuns: 50 },
    );
  });

  it("takes 5,000 servers in its stride", () => {
    const servers = Array.from({ length: 5_000 }, (_, index) => ({
      ...server("rs1"),
      name: `rs${index}`,
      endpoint: { address: ip(`10.1.${index >> 8}.${index & 255}`), port: 80 },
    }));
    const balance = new Balance();
    let now = instant(0);
    balance.handle({ kind: "configure", services: [service(servers)], overrides: NONE, random: 0.5 }, now);
    let started = 0;
    while (!balance.ready) {
      const deadline = balance.nextDeadline();
      assert.ok(deadline !== undefined);
      now = deadline > now ? deadline : after(now, millis(1));
      for (const action of balance.handle({ kind: "tick" }, now)) {
        if (action.kind !== "check") continue;
        started += 1;
        balance.handle({ kind: "checked", id: action.id, result: PASSED }, now);
      }
    }
    assert.ok(started >= 5_000 && now <= seconds(4), `${started} checks by ${now}`);
    assert.equal(balance.wanted()[0]?.destinations.length, 5_000);
  });
});

/** `web` with rs1 and rs2 up and checked once. */
function served(settings: Partial<Parameters<typeof service>[1]> = {}): Bench {
  const bench = new Bench([service(TWO, settings)]);
  bench.pass("rs1");
  bench.pass("rs2");
  assert.equal(bench.wanted, "rs1=3 rs2=2");
  bench.events();
  return bench;
}
