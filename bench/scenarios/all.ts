/** In the order of the table. */
import type { Scenario } from "../bench.ts";
import { alone } from "./alone.ts";
import { crash } from "./crash.ts";
import { electorDeath, electorRestart } from "./elector-death.ts";
import { drill, stop } from "./handover.ts";
import { reload } from "./reload.ts";
import { judged, soak } from "./soak.ts";
import { leftover, lifetime } from "./total-death.ts";

export const SCENARIOS: readonly Scenario[] = [
  crash,
  stop,
  alone,
  drill,
  electorDeath,
  electorRestart,
  leftover,
  lifetime,
  soak,
  judged,
  reload,
];
