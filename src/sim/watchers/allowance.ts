/** What every wait is allowed: processes wake up late, and two directors' clocks run apart. */
import { type Duration, micros, millis } from "../../net/time.ts";

const LATENESS = millis(1);
/** Both directors' drift together stays below 200 parts per million. */
const DRIFT = 1 / 5_000;

/** No sooner than this, where `length` is the rule. */
export function noSooner(length: Duration): Duration {
  return micros(length * (1 - DRIFT) - LATENESS);
}

/** No later than this, where `length` is the rule. */
export function noLater(length: Duration): Duration {
  return micros(length * (1 + DRIFT) + LATENESS);
}
