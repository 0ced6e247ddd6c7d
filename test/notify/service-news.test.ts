import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PLAIN_POLICY } from "../../src/balance/policy.ts";
import { millis, seconds, toMillis } from "../../src/net/time.ts";
import type { News } from "../../src/notify/notice.ts";
import { farewells, newsOf, quorumKnown, standingOf } from "../../src/notify/service-news.ts";
import { nameOf } from "../../src/notify/subject.ts";
import { Bench, server, service, unchecked } from "../balance/fixture.ts";

const AT = Date.UTC(2026, 0, 2);
const WEB = { service: "web", server: "rs1" };
const TWO = { of: "servers", need: 2, hysteresis: 0 } as const;

/** `web/rs1 down: refused (as said)`. */
function text({ subject, state, cause, detail }: News): string {
  const because = detail === "" ? "" : ` (${detail})`;
  return `${nameOf(subject)} ${state}: ${cause}${because}`;
}

describe("an event of a service is told as", () => {
  const quorum = { kind: "quorum", service: "web", of: "weight", have: 3, need: 6 } as const;
  const panic = { kind: "panic", service: "web", healthy: 1, total: 8 } as const;
  const down = { kind: "server-down", ...WEB, cause: "bad-status", detail: "status 503" } as const;
  const cases: [Parameters<typeof newsOf>[0], string | undefined][] = [
    [{ kind: "server-up", ...WEB, cause: "risen", latency: millis(2) }, "web/rs1 up: risen"],
    [{ ...down, check: undefined }, "web/rs1 down: bad-status (status 503)"],
    [{ ...down, check: "http 8080" }, "web/rs1 down: bad-status (http 8080: status 503)"],
    [{ ...down, check: undefined, detail: "one\ntwo" }, "web/rs1 down: bad-status (one two)"],
    [{ ...quorum, held: false, sorry: false }, "web quorum-lost: too-few (3 of 6 weight)"],
    [
      { ...quorum, held: false, sorry: true },
      "web quorum-lost: too-few (3 of 6 weight; the sorry server serves)",
    ],
    [{ ...quorum, held: true, sorry: true }, "web quorum-held: enough (3 of 6 weight)"],
    [{ ...panic, news: "begins" }, "web panic: suspect (1 of 8 servers)"],
    [{ ...panic, news: "goes-on" }, undefined],
    [{ ...panic, news: "ends" }, "web panic-over: unsuspected (1 of 8 servers)"],
  ];
  for (const [event, expected] of cases) {
    it(expected ?? "nothing, when nothing changes", () => {
      const news = newsOf(event, AT);
      assert.equal(news && text(news), expected);
      assert.equal(news?.at ?? AT, AT);
    });
  }

  it("a quorum that was held from the first", () => {
    assert.equal(text(quorumKnown("web", AT)), "web quorum-held: enough");
  });
});

describe("of services at one moment is known", () => {
  function bench() {
    const servers = [server("rs1"), server("rs2"), unchecked("rs3")];
    return new Bench([service(servers, { policy: { ...PLAIN_POLICY, quorum: TWO } })]);
  }
  const standing = ({ balance, now }: Bench) => standingOf(balance.snapshot(), now, AT);

  it("what is not checked, before any check has said something; and what there is", () => {
    const { there, all } = standing(bench());
    assert.deepEqual(all.map(text), ["web/rs3 up: configured", "web panic-over: unsuspected"]);
    const names = ["server web/rs1", "server web/rs2", "server web/rs3", "quorum web", "panic web"];
    assert.deepEqual([...there], names);
  });

  it("which servers fail and why, since when, and whether there is a quorum", () => {
    const one = bench();
    one.failAll("rs1", "rs2");
    one.wait(seconds(60));
    const { all } = standing(one);
    assert.deepEqual(all.map(text), [
      "web/rs1 down: timeout (as said)",
      "web/rs2 down: timeout (as said)",
      "web/rs3 up: configured",
      "web quorum-lost: too-few (1 of 2 servers)",
      "web panic-over: unsuspected",
    ]);
    assert.equal(all[1]?.at, AT - toMillis(seconds(60)));
    assert.equal(all[3]?.at, AT);
  });

  it("what is well, and is not any more at an orderly stop", () => {
    const one = bench();
    one.pass("rs1");
    one.fail("rs2");
    assert.deepEqual(farewells(one.balance.snapshot(), AT).map(text), [
      "web quorum-lost: stopping",
      "web/rs1 down: stopping",
      "web/rs3 down: stopping",
    ]);
    assert.equal(one.balance.quorumOf("web"), true);
    assert.equal(one.balance.quorumOf("dns"), undefined);
  });
});
