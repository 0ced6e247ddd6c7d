import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { after, formatDuration, type Instant, instant, parseDuration, seconds } from "../../src/net/time.ts";
import type { NotifyEvent } from "../../src/notify/event.ts";
import { type DeliveryOutcome, undelivered } from "../../src/notify/outcome.ts";
import { NotifierQueue } from "../../src/notify/queue.ts";
import { type NotifierSettings, USUAL_STATES } from "../../src/notify/settings.ts";
import { nameOf, SERVICE_KINDS, statesOf } from "../../src/notify/subject.ts";
import { STATES } from "../../src/vrrp/state.ts";
import { fifo, news, script, stateNamed, webhook } from "./support.ts";

const OUTCOMES: Readonly<Record<string, DeliveryOutcome>> = {
  ok: { kind: "delivered" },
  empty: { kind: "no-reader" },
  fail: undelivered("bad-status", "503"),
  "fail-otherwise": undelivered("not-sent", "ECONNREFUSED"),
};

/**
 * Steps: `front Master` is a transition, `ok`, `empty` and `fail` end what runs, `+1s` is a time, `change` a reload with
 * other settings. What comes of them: `→ front Master` begins, `told` and `failed` are events.
 */
function story(settings: NotifierSettings, steps: readonly string[]): string[] {
  const queue = new NotifierQueue(settings);
  const lines: string[] = [];
  let now: Instant = instant(0);
  for (const step of steps) {
    const words = step.split(" ");
    const [first = "", state] = [words.slice(0, -1).join(" ") || step, words.at(-1)];
    const outcome = OUTCOMES[first];
    if (outcome !== undefined) lines.push(...queue.finished(outcome, now).map(eventText));
    else if (first.startsWith("+")) now = after(now, parseDuration(first.slice(1)) ?? seconds(0));
    else if (first === "change") queue.adopt({ ...settings }, [news("front", stateNamed(state))]);
    else if (first === "retire") queue.retire();
    else queue.offer(news(first, stateNamed(state)));
    const begun = queue.begin(now);
    if (begun !== undefined) lines.push(`→ ${nameOf(begun.news.subject)} ${begun.news.state}`);
  }
  return lines;
}

function eventText(event: NotifyEvent): string {
  assert(event.kind !== "notify-left");
  const subject = `${nameOf(event)} ${event.state}`;
  if (event.kind === "notified") return `told ${subject} after ${event.failures}`;
  const next = event.retryIn === undefined ? "never" : formatDuration(event.retryIn);
  return `failed ${subject} ${event.reason}, next ${next}`;
}

type Case = readonly [name: string, steps: readonly string[], expected: readonly string[]];

function check(settings: NotifierSettings, cases: readonly Case[]): void {
  for (const [name, steps, expected] of cases) {
    it(name, () => assert.deepEqual(story(settings, steps), expected));
  }
}

describe("a notifier is told", () => {
  check(script(), [
    ["a state at once", ["front Master"], ["→ front Master"]],
    [
      "one after the other, in their order",
      ["front Backup", "back Backup", "side Backup", "ok", "ok", "ok"],
      [
        "→ front Backup",
        "told front Backup after 0",
        "→ back Backup",
        "told back Backup after 0",
        "→ side Backup",
        "told side Backup after 0",
      ],
    ],
    [
      "the last of what happened while a delivery ran",
      ["front Backup", "front Master", "front Fault", "ok", "ok"],
      ["→ front Backup", "told front Backup after 0", "→ front Fault", "told front Fault after 0"],
    ],
    [
      "nothing when a router is back where it was told to be",
      ["front Backup", "front Master", "front Backup", "ok", "back Fault"],
      ["→ front Backup", "told front Backup after 0", "→ back Fault"],
    ],
    [
      "nothing of states that it does not name",
      ["front Initialize", "front Leaving", "front Master"],
      ["→ front Master"],
    ],
    [
      "of a state again, when another one lies between that it does not name",
      ["front Master", "ok", "front Leaving", "front Master"],
      ["→ front Master", "told front Master after 0", "→ front Master"],
    ],
    [
      "of no state that is over, whatever came after it",
      ["front Backup", "front Master", "front Leaving", "ok"],
      ["→ front Backup", "told front Backup after 0"],
    ],
    [
      "the same state twice in a row once only",
      ["front Master", "ok", "front Master"],
      ["→ front Master", "told front Master after 0"],
    ],
  ]);
});

describe("a notifier that names its routers or states", () => {
  it("hears of no other router", () => {
    const settings = script({ routers: ["back"] });
    assert.deepEqual(story(settings, ["front Master", "back Master"]), ["→ back Master"]);
  });

  it("hears of every state, if it names them all", () => {
    const steps = ["front Master", "ok", "front Leaving", "ok", "front Initialize"];
    const begun = story(script({ states: STATES }), steps).filter((line) => line.startsWith("→"));
    assert.deepEqual(begun, ["→ front Master", "→ front Leaving", "→ front Initialize"]);
  });
});

describe("a script that fails", () => {
  check(script(), [
    [
      "is not run again for the same transition",
      ["front Master", "fail", "+1h"],
      ["→ front Master", "failed front Master bad-status, next never"],
    ],
    [
      "is told every time",
      ["front Master", "fail", "front Backup", "fail"],
      [
        "→ front Master",
        "failed front Master bad-status, next never",
        "→ front Backup",
        "failed front Backup bad-status, next never",
      ],
    ],
    [
      "is run for a later transition, to the same state too",
      ["front Master", "front Backup", "front Master", "fail"],
      ["→ front Master", "failed front Master bad-status, next never", "→ front Master"],
    ],
  ]);
});

describe("a webhook that fails", () => {
  check(webhook(), [
    [
      "is tried again, later and later, and that is told once",
      ["front Master", "fail", "+999ms", "+1ms", "fail", "+1s", "+1s", "ok"],
      [
        "→ front Master",
        "failed front Master bad-status, next 1s",
        "→ front Master",
        "→ front Master",
        "told front Master after 2",
      ],
    ],
    [
      "tells another reason",
      ["front Master", "fail", "+1s", "fail-otherwise"],
      [
        "→ front Master",
        "failed front Master bad-status, next 1s",
        "→ front Master",
        "failed front Master not-sent, next 2s",
      ],
    ],
    [
      "is never told what is outdated, and tried at once when there is news",
      ["front Master", "fail", "front Backup", "ok", "+1h"],
      [
        "→ front Master",
        "failed front Master bad-status, next 1s",
        "→ front Backup",
        "told front Backup after 1",
      ],
    ],
    [
      "hears nothing when its news is over by then",
      ["front Backup", "ok", "front Master", "fail", "front Leaving", "+1h"],
      [
        "→ front Backup",
        "told front Backup after 0",
        "→ front Master",
        "failed front Master bad-status, next 1s",
      ],
    ],
    [
      "tries the others first also when what it refused has changed meanwhile",
      ["front Master", "front Backup", "back Master", "fail", "+1s", "ok"],
      [
        "→ front Master",
        "failed front Master bad-status, next 1s",
        "→ back Master",
        "told back Master after 1",
        "→ front Backup",
      ],
    ],
    [
      "tries the others before it tries again what it refused",
      ["front Master", "back Master", "fail", "+1s", "ok", "ok"],
      [
        "→ front Master",
        "failed front Master bad-status, next 1s",
        "→ back Master",
        "told back Master after 1",
        "→ front Master",
        "told front Master after 0",
      ],
    ],
  ]);

  it("is tried once a minute in the end, for ever", () => {
    const queue = new NotifierQueue(webhook());
    queue.offer(news("front", "Master"));
    let now = instant(0);
    const waits = Array.from({ length: 9 }, () => {
      assert.notEqual(queue.begin(now), undefined);
      queue.finished(undelivered("bad-status", "503"), now);
      const wait = (queue.deadline ?? now) - now;
      now = queue.deadline ?? now;
      return wait / seconds(1);
    });
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });
});

describe("a FIFO that nobody reads", () => {
  check(fifo(), [
    [
      "is no failure: the lines wait in their order",
      ["front Backup", "back Backup", "empty", "+499ms", "+1ms", "ok", "ok"],
      [
        "→ front Backup",
        "→ front Backup",
        "told front Backup after 0",
        "→ back Backup",
        "told back Backup after 0",
      ],
    ],
    [
      "gets the latest state when somebody reads it",
      ["front Backup", "empty", "front Master", "empty", "front Fault", "ok"],
      ["→ front Backup", "→ front Master", "→ front Fault", "told front Fault after 0"],
    ],
  ]);
});

const SERVICE_STATES = SERVICE_KINDS.flatMap(statesOf);

describe("of servers and services, a notifier is told", () => {
  check(script({ states: [...USUAL_STATES, ...SERVICE_STATES] }), [
    [
      "what is not as it should be, and that it is again",
      ["web/rs1 up", "web/rs1 down", "ok", "web/rs1 up", "ok", "web/rs1 up"],
      ["→ web/rs1 down", "told web/rs1 down after 0", "→ web/rs1 up", "told web/rs1 up after 0"],
    ],
    [
      "nothing of what was well from the first",
      ["web/rs1 up", "quorum of web quorum-held", "panic of web panic-over"],
      [],
    ],
    [
      "nothing of a server that is back before anybody heard of it",
      ["front Master", "web/rs1 down", "web/rs1 up", "ok"],
      ["→ front Master", "told front Master after 0"],
    ],
    [
      "that it is back, when nobody knows how far a script came",
      ["web/rs1 down", "fail", "web/rs1 up"],
      ["→ web/rs1 down", "failed web/rs1 down bad-status, next never", "→ web/rs1 up"],
    ],
    [
      "of quorum and panic of one service beside each other",
      ["quorum of web quorum-lost", "panic of web panic", "ok", "quorum of web quorum-held", "ok", "ok"],
      [
        "→ web quorum-lost",
        "told web quorum-lost after 0",
        "→ web panic",
        "told web panic after 0",
        "→ web quorum-held",
        "told web quorum-held after 0",
      ],
    ],
    [
      "of routers before services, and of these before servers",
      ["web/rs1 down", "web/rs2 down", "quorum of web quorum-lost", "front Master", "ok", "ok", "ok"],
      [
        "→ web/rs1 down",
        "told web/rs1 down after 0",
        "→ front Master",
        "told front Master after 0",
        "→ web quorum-lost",
        "told web quorum-lost after 0",
        "→ web/rs2 down",
      ],
    ],
  ]);

  const narrow: [
    string,
    Partial<Pick<NotifierSettings, "services" | "states" | "startAndStop">>,
    string[],
  ][] = [
    ["only of states that it names", { states: ["down"] }, ["web/rs1 down", "dns/rs1 down"]],
    ["none of them, unless it names their states", { states: USUAL_STATES }, ["front Master"]],
    ["only of services that it names", { services: ["dns"] }, ["front Master", "dns/rs1 down"]],
    [
      "also of what is well, if it wants to hear of start and stop",
      { startAndStop: true },
      ["front Master", "web/rs1 up", "web/rs1 down", "dns/rs1 down"],
    ],
  ];
  for (const [name, changes, expected] of narrow) {
    it(name, () => {
      const settings = script({ states: [...USUAL_STATES, ...SERVICE_STATES], ...changes });
      const steps = ["front Master", "ok", "web/rs1 up", "ok", "web/rs1 down", "ok", "dns/rs1 down", "ok"];
      const begun = story(settings, steps).filter((line) => line.startsWith("→"));
      assert.deepEqual(
        begun,
        expected.map((line) => `→ ${line}`),
      );
    });
  }

  it("in one place for each server, however many fail, and of the master first", () => {
    const queue = new NotifierQueue(script({ states: ["Master", "up", "down"] }));
    const servers = Array.from({ length: 37_000 }, (_, index) => `web/rs${index}`);
    for (const state of ["down", "up", "down"] as const)
      for (const server of servers) queue.offer(news(server, state));
    queue.begin(instant(0));
    queue.offer(news("front", "Master"));
    assert.equal(queue.left, servers.length);
    queue.finished({ kind: "delivered" }, instant(0));
    assert.equal(queue.begin(instant(0))?.news.state, "Master");
    queue.finished({ kind: "delivered" }, instant(0));
    for (const server of servers) queue.offer(news(server, "up"));
    // All but the one that was told is as everybody believes it to be.
    assert.equal(queue.left, 1);
    assert.deepEqual(queue.begin(instant(0))?.news.subject, {
      kind: "server",
      service: "web",
      server: "rs0",
    });
    queue.finished({ kind: "delivered" }, instant(0));
    assert.equal(queue.begin(instant(0)), undefined);
  });
});

describe("a reload", () => {
  check(webhook(), [
    [
      "tells a changed notifier again where a router is",
      ["front Master", "ok", "change Master"],
      ["→ front Master", "told front Master after 0", "→ front Master"],
    ],
    [
      "waits for what runs, and then tells the other receiver",
      ["front Master", "change Master", "ok", "ok"],
      ["→ front Master", "told front Master after 0", "→ front Master", "told front Master after 0"],
    ],
    [
      "tells the first failure of the other receiver, though the former one failed alike",
      ["front Master", "change Master", "fail", "fail"],
      [
        "→ front Master",
        "failed front Master bad-status, next never",
        "→ front Master",
        "failed front Master bad-status, next 1s",
      ],
    ],
    [
      "tries no more what failed at the former receiver",
      ["front Master", "retire", "fail", "+1h", "front Backup"],
      ["→ front Master", "failed front Master bad-status, next never"],
    ],
    [
      "takes up again what it had taken out",
      ["front Master", "ok", "retire", "change Master"],
      ["→ front Master", "told front Master after 0", "→ front Master"],
    ],
  ]);
});

describe("whatever happens", () => {
  const routers = ["front", "back", "side"] as const;
  const step = fc.oneof(
    fc.record({ router: fc.constantFrom(...routers), state: fc.constantFrom(...STATES) }),
    fc.constantFrom("ok", "empty", "fail", "fail-otherwise", "+1s", "+1m"),
  );

  it("every router's last state is told in the end, unless it is passed over or known", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const words = steps.map((one) => (typeof one === "string" ? one : `${one.router} ${one.state}`));
        // At last everything works, and there is time enough.
        const end = Array.from({ length: routers.length + 1 }, () => ["ok", "+1m"]).flat();
        const told = story(webhook(), [...words, ...end]);
        for (const router of routers) {
          const last = words.findLast((word) => word.startsWith(router));
          const lastTold = told.findLast((line) => line.startsWith(`told ${router}`));
          const named = webhook().states.some((state) => last === `${router} ${state}`);
          if (named) assert.match(`${lastTold}`, new RegExp(`^told ${last} `));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("a place for each router is all that it takes", () => {
    const queue = new NotifierQueue(webhook());
    for (const state of [...STATES, ...STATES])
      for (const router of routers) queue.offer(news(router, state));
    let begun = 0;
    for (; queue.begin(instant(0)) !== undefined; begun++) queue.finished({ kind: "delivered" }, instant(0));
    assert.equal(begun, routers.length);
  });
});

describe("a queue is quiet", () => {
  it("when nothing runs, and nothing can be told now", () => {
    const queue = new NotifierQueue(webhook());
    assert.equal(queue.quiet, true);
    queue.offer(news("front", "Master"));
    assert.equal(queue.quiet, false);
    queue.begin(instant(0));
    assert.equal(queue.quiet, false);
    queue.finished(undelivered("bad-status", "503"), instant(0));
    assert.equal(queue.quiet, true);
  });
});
