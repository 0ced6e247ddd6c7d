import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, type Duration, instant, micros, millis, seconds } from "../../src/net/time.ts";
import { handOverDeadline, masterDownInterval, skewTime } from "../../src/vrrp/intervals.ts";
import {
  Director,
  HIGHER_ADDRESS,
  inShort,
  LEFTOVER_JOURNAL,
  LOWER_ADDRESS,
  routerSettings,
  VIP,
} from "../support/director.ts";

const INTERVAL = millis(100);
const pace = (interval: Duration) => ({ version: 3, interval, downTimerAdverts: 3 }) as const;
const DOWN = masterDownInterval(100, pace(INTERVAL));
const CLAIM = ["Master (master-silent)", "advert 100", "hold", "announce"];

function almost(duration: typeof DOWN) {
  return micros(duration - 1);
}

describe("election", () => {
  test("a lone router claims after exactly one master-down interval: advert, addresses, announcement", () => {
    const director = Director.with(routerSettings());
    assert.deepEqual(inShort(director.wait(almost(DOWN))), []);
    assert.deepEqual(inShort(director.wait(micros(1))), CLAIM);
  });

  test("an owner is master at once", () => {
    const director = Director.with(routerSettings({ priority: 255 }));
    assert.equal(director.state, "Master");
  });

  test("adverts keep their grid, and announcements come at 0, 0.1, 1.1 and 5 s", () => {
    const director = Director.master();
    const actions = inShort(director.wait(seconds(6)));
    assert.equal(actions.filter((one) => one === "advert 100").length, 60);
    assert.equal(actions.filter((one) => one === "announce").length, 3);
  });

  test("a backup learns the master's interval and waits by it", () => {
    const director = Director.with(routerSettings());
    director.hear(150, HIGHER_ADDRESS, millis(500));
    const down = masterDownInterval(100, pace(millis(500)));
    director.wait(almost(down));
    assert.equal(director.state, "Backup");
    director.wait(micros(1));
    assert.equal(director.state, "Master");
  });

  for (const [title, priority, source, keepsWaiting] of [
    ["a higher priority", 150, LOWER_ADDRESS, true],
    ["an equal priority from a lower address", 100, LOWER_ADDRESS, true],
    ["a lower priority", 50, HIGHER_ADDRESS, false],
  ] as const) {
    test(`a backup that preempts ${keepsWaiting ? "follows" : "ignores"} ${title}`, () => {
      const director = Director.with(routerSettings());
      director.wait(millis(300));
      director.hear(priority, source);
      director.wait(micros(DOWN - millis(300)));
      assert.equal(director.state, keepsWaiting ? "Backup" : "Master");
    });
  }

  test("a master of lower priority is named when its place is taken", () => {
    const director = Director.with(routerSettings());
    director.wait(millis(300));
    director.hear(50);
    assert.deepEqual(inShort(director.wait(micros(DOWN - millis(300))))[0], "Master (preempts)");
  });

  test("without preempt, and before the balancer is ready, a lower master is followed", () => {
    const modest = Director.with(routerSettings({ preempt: false }));
    const unready = new Director();
    unready.configure(routerSettings());
    for (const director of [modest, unready]) {
      for (let count = 0; count < 5; count++) {
        director.wait(millis(100));
        director.hear(50);
      }
      assert.equal(director.state, "Backup");
    }
    unready.wait(DOWN);
    assert.equal(unready.state, "Master", "nobody else is there: an unready one claims anyway");
  });

  test("a director counts as ready 30 s after its configuration, whatever the balancer does", () => {
    const director = new Director();
    director.configure(routerSettings());
    for (let count = 0; count < 310; count++) {
      director.wait(millis(100));
      if (director.state === "Backup") director.hear(50);
    }
    assert.equal(director.state, "Master");
  });

  test("priority 0 makes a backup wait its skew time only, and a repeated one does not restart it", () => {
    const director = Director.with(routerSettings({ preempt: false }));
    director.hear(150);
    director.wait(millis(50));
    director.hear(0);
    const skew = skewTime(100, pace(INTERVAL));
    director.wait(micros(skew - 1_000));
    director.hear(0);
    director.wait(micros(999));
    assert.equal(director.state, "Backup");
    assert.deepEqual(inShort(director.wait(micros(1))), ["Master (master-left)", ...CLAIM.slice(1)]);
  });
});

describe("a master", () => {
  for (const [title, priority, source] of [
    ["a lower priority", 50, HIGHER_ADDRESS],
    ["an equal priority from a lower address", 100, LOWER_ADDRESS],
    ["priority 0", 0, HIGHER_ADDRESS],
  ] as const) {
    test(`answers ${title} at once, at most once per interval, and announces again`, () => {
      const director = Director.master();
      director.wait(seconds(2));
      assert.deepEqual(inShort(director.hear(priority, source)), ["advert 100", "announce"]);
      assert.deepEqual(inShort(director.hear(priority, source)), []);
      assert.equal(director.state, "Master");
    });
  }

  for (const [title, priority, source] of [
    ["a higher priority", 101, LOWER_ADDRESS],
    ["an equal priority from a higher address", 100, HIGHER_ADDRESS],
  ] as const) {
    test(`gives way to ${title}: one more advert, addresses kept until they are announced`, () => {
      const director = Director.master();
      assert.deepEqual(inShort(director.hear(priority, source)), ["Leaving (better-master)", "advert 100"]);
      assert.deepEqual(inShort(director.hearAnnouncement()), ["release", "Backup (hand-over-done)"]);
    });
  }

  test("lets go 20 ms after the better one's advert when no announcement is seen", () => {
    const director = Director.master();
    director.hear(200);
    assert.deepEqual(inShort(director.wait(millis(19))), []);
    assert.deepEqual(inShort(director.wait(millis(1))), ["Backup (hand-over-done)", "release"]);
  });

  test("an announcement of its address by somebody else makes it announce again, once a second", () => {
    const director = Director.master();
    director.wait(seconds(10));
    assert.deepEqual(inShort(director.hearAnnouncement()), ["announce"]);
    assert.deepEqual(inShort(director.hearAnnouncement()), []);
  });

  test("puts a lost address back; the third loss within a minute is a fault with a growing hold", () => {
    const director = Director.master();
    const lose = () => director.input({ kind: "address", interface: "eth0", address: VIP, present: false });
    assert.ok(inShort(lose()).includes("hold"));
    director.wait(seconds(10));
    assert.ok(inShort(lose()).includes("hold"));
    director.wait(seconds(10));
    assert.deepEqual(inShort(lose()), ["Fault (address-contested)", "advert 0", "release"]);
    director.wait(millis(999));
    assert.equal(director.state, "Fault");
    director.wait(millis(1));
    assert.equal(director.state, "Backup");
  });

  test("whose address never appears is in fault after 3 intervals, 200 ms at the least", () => {
    const director = Director.with(routerSettings());
    director.stall(DOWN);
    // Straight to the engine: nobody echoes the address.
    director.engine.handle({ kind: "tick" }, director.now);
    assert.equal(director.state, "Master");
    director.wait(millis(299));
    assert.equal(director.state, "Master");
    assert.deepEqual(inShort(director.wait(millis(1))).slice(-3), [
      "Fault (address-missing)",
      "advert 0",
      "release",
    ]);
  });

  test("whose address was not asked for yet, because so many were wanted, is in no fault", () => {
    const director = Director.with(routerSettings());
    director.stall(DOWN);
    director.engine.handle({ kind: "tick" }, director.now);
    director.stall(millis(300));
    director.engine.handle({ kind: "tick", behind: true }, director.now);
    director.wait(millis(299));
    assert.equal(director.state, "Master");
    assert.ok(inShort(director.wait(millis(1))).includes("Fault (address-missing)"));
  });

  test("three adverts in a row refused by the kernel are a fault; with one success between they are not", () => {
    const refusal = { call: "sendmsg", errno: 1, code: "EPERM", text: "not permitted" };
    const refuse = (director: Director) =>
      director.input({ kind: "refused", router: "front", action: "advert", refusal });
    const silenced = Director.master();
    for (let count = 0; count < 3; count++) {
      assert.equal(silenced.state, "Master");
      silenced.wait(INTERVAL);
      refuse(silenced);
    }
    assert.equal(silenced.state, "Fault");
    const stuttering = Director.master();
    for (let count = 0; count < 6; count++) {
      stuttering.wait(INTERVAL);
      if (count % 3 !== 2) refuse(stuttering);
    }
    assert.equal(stuttering.state, "Master");
  });
});

describe("stalls", () => {
  test("an advert that left late is not followed at once by a punctual one", () => {
    const director = Director.master();
    director.wait(millis(100));
    const due = director.engine.nextDeadline();
    director.stall(millis(70));
    director.input({ kind: "performed" });
    assert.equal(director.engine.nextDeadline(), after(due ?? director.now, INTERVAL));
  });

  test("a master that ran four intervals late listens first, once per master-down interval", () => {
    const director = Director.master();
    director.stall(millis(450));
    assert.deepEqual(inShort(director.input({ kind: "tick" })), []);
    assert.deepEqual(inShort(director.wait(millis(101))), []);
    assert.deepEqual(inShort(director.wait(millis(1))).slice(0, 1), ["advert 100"]);
  });

  test("a backup that stalled takes nobody for silent by adverts it has not read yet", () => {
    const director = Director.with(routerSettings());
    director.hear(150);
    director.stall(seconds(10));
    const heardUntil = instant(director.now - millis(9_700));
    director.input({ kind: "tick", heardUntil });
    assert.equal(director.state, "Backup", "a full socket: later adverts may wait in it");
    director.hear(150);
    director.input({ kind: "tick" });
    assert.equal(director.state, "Backup");
    assert.ok(inShort(director.wait(DOWN)).includes("Master (master-silent)"));
  });

  test("whoever serves by then keeps the address, whatever its priority", () => {
    const director = Director.master();
    director.stall(millis(450));
    const actions = inShort(director.hear(50));
    assert.deepEqual(actions, ["Leaving (better-master)", "advert 0"]);
    assert.deepEqual(inShort(director.hearAnnouncement()), ["release", "Backup (hand-over-done)"]);
  });
});

describe("hand-over", () => {
  test("a stop says goodbye once, keeps the address, and lets go at the successor's announcement", () => {
    const director = Director.master();
    assert.deepEqual(inShort(director.input({ kind: "stop" })), ["Leaving (stop)", "advert 0"]);
    assert.deepEqual(inShort(director.hear(50)), []);
    assert.deepEqual(inShort(director.hearAnnouncement()), [
      "release",
      "Initialize (hand-over-done)",
      "stopped",
    ]);
  });

  test("an announcement that overtakes its advert counts when the advert comes", () => {
    const director = Director.master();
    director.input({ kind: "stop" });
    assert.deepEqual(inShort(director.hearAnnouncement()), []);
    assert.deepEqual(inShort(director.hear(50)), ["release", "Initialize (hand-over-done)", "stopped"]);
  });

  for (const kind of ["drill", "step-down", "stop"] as const) {
    test(`a ${kind} waits for the announcement of a successor that is slow, until its deadline`, () => {
      const settings = routerSettings({ preempt: false });
      const slow = Director.master(settings);
      slow.input({ kind });
      slow.wait(millis(80));
      slow.hear(50);
      assert.deepEqual(inShort(slow.wait(millis(300))), []);
      assert.deepEqual(inShort(slow.hearAnnouncement()).slice(0, 1), ["release"]);
      const mute = Director.master(settings);
      mute.input({ kind });
      mute.wait(millis(80));
      mute.hear(50);
      const left = handOverDeadline(pace(INTERVAL)) - millis(80);
      assert.deepEqual(inShort(mute.wait(almost(micros(left)))), []);
      assert.equal(inShort(mute.wait(micros(1)))[0]?.endsWith("(hand-over-done)"), true);
    });
  }

  test("a successor that never announces is waited for no longer than a second", () => {
    const director = Director.master(routerSettings({ interval: seconds(1) }));
    director.input({ kind: "drill" });
    director.wait(millis(800));
    director.hear(50, HIGHER_ADDRESS, seconds(1));
    assert.deepEqual(inShort(director.wait(almost(seconds(1)))), []);
    assert.deepEqual(inShort(director.wait(micros(1))), ["Backup (hand-over-done)", "release"]);
  });

  test("a successor that comes with the deadline has 20 ms", () => {
    const director = Director.master();
    director.input({ kind: "drill" });
    director.wait(almost(handOverDeadline(pace(INTERVAL))));
    director.hear(50);
    assert.deepEqual(inShort(director.wait(almost(millis(20)))), []);
    assert.deepEqual(inShort(director.wait(micros(1))), ["Backup (hand-over-done)", "release"]);
  });

  test("a stop in the middle of a drill ends by the earlier deadline", () => {
    const director = Director.master(routerSettings({ stopTimeout: millis(30) }));
    director.input({ kind: "drill" });
    director.wait(millis(80));
    director.hear(50);
    director.input({ kind: "stop" });
    assert.deepEqual(inShort(director.wait(almost(millis(30)))), []);
    assert.deepEqual(inShort(director.wait(micros(1))), [
      "Initialize (hand-over-done)",
      "release",
      "stopped",
    ]);
  });

  test("a stop without a successor ends at its deadline, a second stop at once", () => {
    const alone = Director.master();
    alone.input({ kind: "stop" });
    assert.deepEqual(inShort(alone.wait(almost(handOverDeadline(pace(INTERVAL))))), []);
    assert.deepEqual(inShort(alone.wait(micros(1))), ["Initialize (let-go)", "release", "stopped"]);
    const hurried = Director.master();
    hurried.input({ kind: "stop" });
    assert.deepEqual(inShort(hurried.input({ kind: "stop" })), ["Initialize (let-go)", "release", "stopped"]);
  });

  test("a drill without a successor is called off: advert at once, then announcements", () => {
    const director = Director.master();
    director.input({ kind: "drill" });
    director.wait(almost(handOverDeadline(pace(INTERVAL))));
    assert.equal(director.state, "Leaving");
    assert.deepEqual(inShort(director.wait(micros(1))), [
      "Master (not-taken)",
      "advert 100",
      "hold",
      "announce",
    ]);
  });

  test("after a drill a lower master is followed, and claimed from only when it falls silent", () => {
    const director = Director.master();
    director.input({ kind: "drill" });
    director.hear(50);
    director.hearAnnouncement();
    for (let count = 0; count < 20; count++) {
      director.wait(INTERVAL);
      director.hear(50);
    }
    assert.equal(director.state, "Backup");
    director.wait(DOWN);
    assert.equal(director.state, "Master");
    director.hear(50);
    assert.equal(director.state, "Master");
  });

  test("an owner and a backup refuse a drill", () => {
    for (const director of [
      Director.master(routerSettings({ priority: 255 })),
      Director.with(routerSettings()),
    ]) {
      const before = director.state;
      const actions = director.input({ kind: "drill" });
      assert.ok(actions.some((one) => one.kind === "event" && one.event.kind === "drill-refused"));
      assert.equal(director.state, before);
    }
  });
});

describe("starting", () => {
  const leftover = { kind: "address", interface: "eth0", address: VIP, present: true } as const;

  function restarted(): Director {
    const director = new Director();
    director.input({ kind: "ready" });
    director.input(leftover);
    director.input({ kind: "configure", routers: [routerSettings()], journal: LEFTOVER_JOURNAL });
    return director;
  }

  test("leftovers are kept while listening; silence adopts them", () => {
    const director = restarted();
    assert.equal(director.state, "Leaving");
    assert.deepEqual(inShort(director.wait(DOWN)), [
      "Master (leftovers-adopted)",
      "advert 100",
      "hold",
      "announce",
    ]);
  });

  test("leftovers are let go when a master is heard", () => {
    const director = restarted();
    director.hear(50);
    assert.deepEqual(inShort(director.wait(millis(20))), ["Backup (leftovers-claimed)", "release"]);
  });

  test("an address that is present but not ours refuses its router until it is gone", () => {
    const director = new Director();
    director.input(leftover);
    assert.deepEqual(inShort(director.configure(routerSettings())), ["Fault (address-not-ours)"]);
    director.input({ ...leftover, present: false });
    assert.equal(director.state, "Backup");
  });

  test("a link that goes down is a fault with a goodbye, and coming up again starts from Backup", () => {
    const director = Director.master();
    const down = director.input({ kind: "link", interface: "eth0", up: false });
    assert.deepEqual(inShort(down), ["Fault (link-down)", "advert 0", "release"]);
    director.input({ kind: "link", interface: "eth0", up: true });
    assert.equal(director.state, "Backup");
  });

  test("a vanished source address is a fault", () => {
    const director = Director.with(routerSettings());
    director.input({ kind: "source", interface: "eth0", family: 4, address: undefined });
    assert.equal(director.state, "Fault");
  });
});

describe("reload", () => {
  test("the same settings change nothing", () => {
    const director = Director.master();
    const deadline = director.engine.nextDeadline();
    assert.deepEqual(inShort(director.configure(routerSettings())), []);
    assert.equal(director.engine.nextDeadline(), deadline);
  });

  test("addresses come and go in place", () => {
    const director = Director.master();
    const other = { address: HIGHER_ADDRESS, prefixLength: 32, interface: "eth0" };
    const actions = director.configure(routerSettings({ addresses: [other] }));
    assert.deepEqual(inShort(actions), ["release", "hold", "announce"]);
    assert.equal(director.state, "Master");
  });

  test("a removed router hands over and is forgotten", () => {
    const director = Director.master();
    assert.deepEqual(inShort(director.configure()), ["Leaving (removed)", "advert 0"]);
    director.hear(50);
    director.hearAnnouncement();
    assert.equal(director.state, "");
  });

  test("a better priority of a backup moves its deadline", () => {
    const director = Director.with(routerSettings());
    director.configure(routerSettings({ priority: 200 }));
    director.wait(masterDownInterval(200, pace(INTERVAL)));
    assert.equal(director.state, "Master");
  });
});
