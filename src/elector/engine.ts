/** All virtual routers of one director as one engine: one input and the instant in, a list of actions out. */
import type { Instant } from "../net/time.ts";
import type { ElectorAction } from "./action.ts";
import type { ElectorInput } from "./input.ts";

export class Engine {
  handle(_input: ElectorInput, _now: Instant): ElectorAction[] {
    return [];
  }

  /** The earliest instant at which a `tick` is wanted. */
  nextDeadline(): Instant | undefined {
    return undefined;
  }
}
