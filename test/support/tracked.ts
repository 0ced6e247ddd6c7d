/** Things to track, for tests. */
import { type Duration, micros } from "../../src/net/time.ts";
import type { Track } from "../../src/vrrp/tracked.ts";

interface Delays {
  readonly up?: Duration;
  readonly down?: Duration;
}

/** The link of eth2. */
export function tracked(name: string, weight?: number, { up, down }: Delays = {}): Track {
  const delays = { upDelay: up ?? micros(0), downDelay: down ?? micros(0) };
  const source = { kind: "interface", interface: "eth2", ...delays } as const;
  return { name, source, ...(weight === undefined ? {} : { weight }) };
}

/** What the balancer reports. */
export function reported(name: string, patience: Duration, weight?: number): Track {
  const source = { kind: "reported", patience } as const;
  return { name, source, ...(weight === undefined ? {} : { weight }) };
}
