import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ElectorAction } from "../../src/elector/action.ts";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { Director, HIGHER_ADDRESS, inShort, LOWER_ADDRESS, routerSettings } from "../support/director.ts";
import { tracked } from "../support/tracked.ts";

const FRONT_VIP = ip("192.0.2.100");
const BACK_VIP = ip("10.0.0.1");
const [FRONT, BACK] = [51, 52] as const;

interface Changes {
  readonly priority?: number;
  readonly preempt?: boolean;
}

/** Two routers that stay together, on one link for simplicity; the second watches eth2. */
function pair(changes: Changes = {}) {
  const common = { ...changes, syncGroup: "pair" };
  return [
    routerSettings({ ...common, name: "front", vrid: FRONT }),
    routerSettings({
      ...common,
      name: "back",
      vrid: BACK,
      addresses: [{ address: BACK_VIP, prefixLength: 32, interface: "eth0" }],
      tracks: [tracked("uplink")],
    }),
  ];
}

function started(changes?: Changes): Director {
  const director = new Director();
  director.input({ kind: "link", interface: "eth2", up: true });
  director.input({ kind: "ready" });
  director.configure(...pair(changes));
  return director;
}

function masters(changes?: Changes): Director {
  const director = started(changes);
  director.wait(millis(400));
  assert.equal(director.state, "Master,Master");
  return director;
}

function hear(director: Director, vrid: number, priority: number, source: IpAddress = HIGHER_ADDRESS) {
  return director.hear(priority, source, millis(100), vrid, [vrid === FRONT ? FRONT_VIP : BACK_VIP]);
}

/** Both masters elsewhere speak, ten times a second. */
function hearBoth(director: Director, priority: number, times: number): void {
  for (let count = 0; count < times; count++) {
    hear(director, FRONT, priority);
    hear(director, BACK, priority);
    director.wait(millis(100));
  }
}

function transitionsIn(actions: readonly ElectorAction[]): string[] {
  return inShort(actions).filter((one) => one.includes("("));
}

describe("routers of a sync group", () => {
  test("claim together", () => {
    const claimed = transitionsIn(started().wait(millis(400)));
    assert.deepEqual(claimed, ["Master (master-silent)", "Master (master-silent)"]);
  });

  test("do not claim while one of them hears a master", () => {
    const director = started();
    hear(director, FRONT, 150);
    hear(director, BACK, 150);
    for (let count = 0; count < 20; count++) {
      director.wait(millis(100));
      hear(director, FRONT, 150);
    }
    assert.equal(director.state, "Backup,Backup");
    director.wait(millis(400));
    assert.equal(director.state, "Master,Master");
  });

  test("one that was silent follows again when its master speaks again", () => {
    const director = started();
    hearBoth(director, 150, 1);
    for (let count = 0; count < 6; count++) {
      director.wait(millis(100));
      hear(director, FRONT, 150);
    }
    hearBoth(director, 150, 3);
    director.wait(millis(200));
    assert.equal(director.state, "Backup,Backup");
  });

  test("give way together", () => {
    const director = masters();
    const actions = hear(director, FRONT, 150);
    assert.deepEqual(transitionsIn(actions), ["Leaving (better-master)", "Leaving (group-yields)"]);
    hear(director, BACK, 150);
    hearBoth(director, 150, 3);
    assert.equal(director.state, "Backup,Backup");
  });

  test("go by the first that hears anybody, where equals are ranked by their addresses", () => {
    const director = masters();
    hear(director, FRONT, 100, LOWER_ADDRESS);
    hear(director, BACK, 100, HIGHER_ADDRESS);
    assert.equal(director.state, "Master,Master");
    director.wait(seconds(1));
    hear(director, BACK, 100, HIGHER_ADDRESS);
    assert.equal(director.state, "Leaving,Leaving");
  });

  test("keep what nobody has claimed for the time of a hand-over, when the other is elsewhere", () => {
    const director = masters();
    hear(director, FRONT, 150);
    for (let count = 0; count < 3; count++) {
      director.wait(millis(100));
      hear(director, FRONT, 150);
    }
    assert.equal(director.state, "Backup,Leaving");
    for (let count = 0; count < 3; count++) {
      director.wait(millis(100));
      hear(director, FRONT, 150);
    }
    assert.equal(director.state, "Backup,Backup");
  });

  test("preempt together", () => {
    const director = started({ priority: 200 });
    hearBoth(director, 150, 6);
    assert.equal(director.state, "Master,Master");
  });

  test("are in fault together, and come back together", () => {
    const director = masters();
    const down = director.input({ kind: "link", interface: "eth2", up: false });
    assert.deepEqual(transitionsIn(down).sort(), ["Leaving (group-fault)", "Leaving (track-failed)"]);
    assert.equal(inShort(down).filter((one) => one === "advert 0").length, 2);
    hearBoth(director, 50, 4);
    assert.equal(director.state, "Fault,Fault");
    director.wait(seconds(10));
    assert.equal(director.state, "Fault,Fault");
    const up = director.input({ kind: "link", interface: "eth2", up: true });
    assert.deepEqual(transitionsIn(up).sort(), ["Backup (group-recovered)", "Backup (track-recovered)"]);
  });

  test("begin in fault together", () => {
    const director = new Director();
    director.input({ kind: "ready" });
    director.configure(...pair());
    assert.equal(director.state, "Fault,Fault");
    director.input({ kind: "link", interface: "eth2", up: true });
    assert.equal(director.state, "Backup,Backup");
  });

  test("announce together after a lower master was heard", () => {
    const director = masters();
    director.wait(seconds(10));
    const actions = hear(director, FRONT, 50, LOWER_ADDRESS);
    assert.equal(inShort(actions).filter((one) => one === "announce").length, 2);
  });

  test("drill and stop together", () => {
    const director = masters();
    director.input({ kind: "drill" });
    assert.equal(director.state, "Leaving,Leaving");
    hearBoth(director, 50, 4);
    assert.equal(director.state, "Leaving,Leaving", "nothing was announced");
    hearBoth(director, 50, 2);
    assert.equal(director.state, "Backup,Backup");
    const alone = masters();
    alone.input({ kind: "stop" });
    assert.equal(alone.state, "Leaving,Leaving");
    assert.ok(inShort(alone.wait(seconds(1))).includes("stopped"));
  });

  test("a drill that only one of them can end is over for both", () => {
    const director = masters();
    director.input({ kind: "drill" });
    for (let count = 0; count < 12; count++) {
      hear(director, FRONT, 50);
      director.wait(millis(100));
    }
    assert.equal(director.state, "Backup,Backup");
    director.wait(millis(400));
    assert.equal(director.state, "Master,Master");
  });

  test("one that was silent claims when it is in no group any more", () => {
    const director = started();
    hear(director, BACK, 150);
    for (let count = 0; count < 10; count++) {
      director.wait(millis(100));
      hear(director, BACK, 150);
    }
    director.configure(...pair().map(({ syncGroup, ...settings }) => settings));
    director.wait(millis(1));
    assert.equal(director.state, "Master,Backup");
  });

  test("of owners are in fault together under another name, too", () => {
    const director = new Director();
    director.input({ kind: "ready" });
    const owners = pair({ priority: 255 });
    director.configure(...owners);
    assert.equal(director.state, "Fault,Fault");
    const actions = director.configure(...owners.map((one) => ({ ...one, syncGroup: "other" })));
    assert.deepEqual(transitionsIn(actions), []);
  });

  test("part when the file says so", () => {
    const director = masters();
    director.configure(...pair().map(({ syncGroup, ...settings }) => settings));
    director.input({ kind: "link", interface: "eth2", up: false });
    director.wait(seconds(1));
    assert.equal(director.state, "Master,Fault");
  });
});
