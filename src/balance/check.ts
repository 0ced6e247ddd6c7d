/** One check and what is known through it. Servers of several services may share it. */
import { type Health, type Judgement, judge, UNKNOWN } from "../checks/health.ts";
import type { CheckFailed, CheckPassed, CheckResult } from "../checks/result.ts";
import type { CheckSettings } from "../checks/settings.ts";
import { type CheckTarget, checkId, checkLabel, targetOf } from "../checks/target.ts";
import { between, type Duration, type Instant, seconds } from "../net/time.ts";

/** Each change of a weight moves clients, is a write to the kernel and an event: one that swings does so this slowly. */
const WEIGHT_HOLD = seconds(10);

export class Check {
  readonly id: string;
  readonly target: CheckTarget;
  readonly settings: CheckSettings;
  #health: Health = UNKNOWN;
  #last: { readonly result: CheckPassed | CheckFailed; readonly at: Instant } | undefined;
  #latency: Duration | undefined;
  #weight: number | undefined;
  #weightAt: Instant | undefined;

  constructor(server: CheckTarget, settings: CheckSettings) {
    this.target = targetOf(server, settings);
    this.settings = settings;
    this.id = checkId(this.target, settings);
  }

  /** What a person calls it: `http :8080/healthz`. */
  get label(): string {
    return checkLabel(this.target, this.settings);
  }

  get health(): Health {
    return this.#health;
  }

  /** The last result that says something about the server. */
  get last(): { readonly result: CheckPassed | CheckFailed; readonly at: Instant } | undefined {
    return this.#last;
  }

  /** Of the last success. */
  get latency(): Duration | undefined {
    return this.#latency;
  }

  /** That the server asks for, as far as that counts already. */
  get weight(): number | undefined {
    return this.#weight;
  }

  /** Nobody asks any more, for a while: what follows does not follow in a row. */
  rest(): void {
    this.#health = { ...this.#health, against: 0 };
  }

  take(result: CheckResult, now: Instant): Judgement {
    if (result.kind !== "not-run") this.#last = { result, at: now };
    if (result.kind === "passed") {
      this.#latency = result.latency;
      if (result.weight !== "unchanged") this.#hearWeight(result.weight, now);
    }
    const judgement = judge(this.#health, result, this.settings);
    this.#health = judgement.health;
    return judgement;
  }

  /** The newest word counts, but not sooner than this; a server that wants no more clients waits for nothing. */
  #hearWeight(weight: number | undefined, now: Instant): void {
    const isEarly = this.#weightAt !== undefined && between(this.#weightAt, now) < WEIGHT_HOLD;
    if (weight === this.#weight || (isEarly && weight !== 0)) return;
    this.#weight = weight;
    this.#weightAt = now;
  }
}
