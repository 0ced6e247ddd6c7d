/** In the order of the table. */
import type { Scenario } from "../bench.ts";
import { crash } from "./crash.ts";

export const SCENARIOS: readonly Scenario[] = [crash];
