/** A balancer that only pretends, for the tests of the control socket and the command line. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServiceSnapshot } from "../../src/balance/snapshot.ts";
import type { ElectorSnapshot } from "../../src/channel/message.ts";
import { controlSocket } from "../../src/channel/options.ts";
import { EventRing } from "../../src/control/event-ring.ts";
import { ControlServer } from "../../src/control/server.ts";
import type {
  ControlTarget,
  HandOverOutcome,
  OverrideOutcome,
  OverrideWish,
  ReloadOutcome,
  ReloadWish,
  Status,
} from "../../src/control/target.ts";
import { ip } from "../../src/net/ip.ts";
import { instant, micros, millis, seconds } from "../../src/net/time.ts";
import { multicastTransport } from "../../src/vrrp/settings.ts";

const NOW = instant(10_000_000_000);
const vip = { address: ip("192.0.2.100"), prefixLength: 32, interface: "eth0" };
const inner = { address: ip("10.0.0.1"), prefixLength: 32, interface: "eth1" };

function ago(length: number) {
  return instant(NOW - length);
}

export const ELECTOR: ElectorSnapshot = {
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  pid: process.pid,
  generation: 3,
  now: NOW,
  routers: [
    {
      name: "front",
      vrid: 51,
      interface: "eth0",
      virtualLinks: [],
      transport: multicastTransport(4),
      mode: "active",
      state: "Master",
      since: ago(seconds(192)),
      cause: "master-silent",
      priority: 150,
      basePriority: 150,
      holdDown: undefined,
      interval: millis(100),
      addresses: [vip, inner],
      master: undefined,
      heldBack: false,
      standby: false,
      held: [vip],
      advertsSent: 1_920,
      advertsReceived: 0,
      advertsDiffering: 0,
    },
    {
      name: "back",
      vrid: 52,
      interface: "eth1",
      virtualLinks: [],
      transport: multicastTransport(4),
      mode: "active",
      state: "Backup",
      since: ago(seconds(7_500)),
      cause: "drill",
      priority: 100,
      basePriority: 100,
      holdDown: undefined,
      interval: millis(100),
      addresses: [{ ...inner, address: ip("10.0.0.2") }],
      master: { source: ip("10.0.0.12"), priority: 90 },
      heldBack: true,
      standby: false,
      held: [],
      advertsSent: 0,
      advertsReceived: 75_000,
      advertsDiffering: 0,
    },
  ],
  tracks: [
    { name: "uplink", up: true, detail: "eth2 is up", since: ago(seconds(192)) },
    { name: "strain", up: false, value: -20, detail: "/run/strain holds -20", since: ago(seconds(61)) },
    { name: "probe", detail: "nobody has looked yet", since: ago(seconds(3)) },
  ],
  drops: { "bad-ttl": 3, "unknown-vrid": 1 },
  scheduling: "Operation not permitted (EPERM)",
};

const web: ServiceSnapshot = {
  name: "web",
  protocol: "tcp",
  listen: [
    { address: ip("192.0.2.100"), port: 80 },
    { address: ip("2001:db8::100"), port: 80 },
  ],
  scheduler: "wrr",
  servers: [
    {
      name: "rs1",
      endpoint: { address: ip("10.0.0.11"), port: 8080 },
      state: "up",
      since: ago(seconds(190)),
      last: { result: { kind: "passed", latency: micros(1_250) }, at: ago(seconds(2)) },
      checks: [],
      latency: micros(1_250),
      weight: 3,
      cause: "check-passed",
      override: undefined,
    },
    {
      name: "rs2",
      endpoint: { address: ip("10.0.0.12"), port: 8080 },
      state: "down",
      since: ago(seconds(42)),
      last: {
        result: { kind: "failed", reason: "bad-status", detail: "503 \u001b[31mBusy" },
        at: ago(seconds(1)),
      },
      checks: [],
      latency: undefined,
      weight: undefined,
      cause: "idle",
      override: undefined,
    },
    {
      name: "rs3",
      endpoint: { address: ip("10.0.0.13"), port: 8080 },
      state: "unknown",
      since: ago(seconds(0)),
      last: undefined,
      checks: [],
      latency: undefined,
      weight: undefined,
      cause: "not-yet-checked",
      override: undefined,
    },
  ],
  resting: false,
  panic: false,
  sorry: undefined,
  quorum: undefined,
};

export const STATUS: Status = {
  version: "0.1.0",
  pid: process.pid,
  node: "lb1",
  file: "/etc/keelson/cluster.toml",
  at: ELECTOR.at,
  now: NOW,
  elector: ELECTOR,
  services: [web],
  table: undefined,
  statics: [
    { text: "address 10.9.0.1/24 dev eth1" },
    { text: "route default via 10.9.0.9 table 100", problem: "exists already (EEXIST)" },
  ],
  marks: undefined,
};

/** Answers what the test tells it to. */
export class FakeTarget implements ControlTarget {
  readonly ring = new EventRing();
  reloaded: Promise<ReloadOutcome> = Promise.resolve({ kind: "accepted", changes: [] });
  readonly wishes: ReloadWish[] = [];
  readonly standbys: boolean[] = [];
  readonly overrides: OverrideWish[] = [];
  overridden: OverrideOutcome = { kind: "done", text: "web/rs1 is as it should be" };
  drilled: HandOverOutcome = { kind: "started", routers: ["front"] };
  now: () => Status = () => STATUS;

  async status(): Promise<Status> {
    return this.now();
  }

  reload(wish: ReloadWish): Promise<ReloadOutcome> {
    this.wishes.push(wish);
    return this.reloaded;
  }

  async drill(): Promise<HandOverOutcome> {
    return this.drilled;
  }

  async stepDown(): Promise<HandOverOutcome> {
    return this.drilled;
  }

  async setStandby(on: boolean): Promise<HandOverOutcome> {
    this.standbys.push(on);
    return this.drilled;
  }

  async override(wish: OverrideWish): Promise<OverrideOutcome> {
    this.overrides.push(wish);
    return this.overridden;
  }

  events() {
    return this.ring.all();
  }
}

export interface Stage {
  readonly runDir: string;
  readonly target: FakeTarget;
  readonly socket: string;
}

/** A run directory with a listening control socket, for the time of `use`. */
export async function withServer(use: (stage: Stage) => Promise<void>): Promise<void> {
  await withRunDir(async (runDir) => {
    const target = new FakeTarget();
    const socket = controlSocket(runDir);
    const server = new ControlServer(socket, target);
    await server.listen();
    try {
      await use({ runDir, target, socket });
    } finally {
      server.close();
    }
  });
}

export async function withRunDir(use: (runDir: string) => Promise<void>): Promise<void> {
  const runDir = mkdtempSync(join(tmpdir(), "keelson-run-"));
  try {
    await use(runDir);
  } finally {
    rmSync(runDir, { recursive: true, force: true });
  }
}
