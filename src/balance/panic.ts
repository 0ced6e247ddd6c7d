/**
 * A floor under the healthy share of a service: when almost all servers seem to be dead and it looks as if we were the
 * one who cannot reach them, they are given connections all the same, for they may well live.
 *
 * It is for the master that nobody relieves: while it suspects itself it waits, so that the peer may take over first.
 */
import type { FailureReason } from "../checks/result.ts";
import { after, type Duration, type Instant, minutes } from "../net/time.ts";

export interface PanicSettings {
  /** Of the servers, 0 … 1; fewer healthy ones are too few. */
  readonly below: number;
  /** How long that must last, on a director that serves. */
  readonly after: Duration;
}

/** What is known of one server that nobody has drained. */
export interface Witness {
  readonly serves: boolean;
  /** Of one that is down: why each of its checks has failed. */
  readonly failures: readonly FailureReason[];
  /** Of one that is down: another of its checks passes. */
  readonly answers: boolean;
}

/** A server that answers, whatever it says, shows that it is not we who cannot reach it. */
const SILENCES: ReadonlySet<FailureReason> = new Set<FailureReason>(["timeout", "unreachable"]);
const TELL_EVERY = minutes(1);

/** @param on it is in panic: that single checks pass again does not end it */
export function isSuspect({ below }: PanicSettings, witnesses: readonly Witness[], on = false): boolean {
  if (!on && witnesses.some(({ answers }) => answers)) return false;
  const failures = witnesses.flatMap((witness) => witness.failures);
  const healthy = witnesses.filter(({ serves }) => serves).length;
  const isLow = healthy < below * witnesses.length;
  return isLow && failures.length > 0 && failures.every((failure) => SILENCES.has(failure));
}

export type PanicNews = "begins" | "goes-on" | "ends";

/** Of one service, from one judgement to the next, through reloads. */
export class ServicePanic {
  #since: Instant | undefined;
  #on = false;
  /** When it begins, or is to be told again. */
  #deadline: Instant | undefined;

  get on(): boolean {
    return this.#on;
  }

  /** When it is worth another judgement, though nothing happens. */
  get deadline(): Instant | undefined {
    return this.#deadline;
  }

  /** @param serving this director is the one that clients come to */
  judge(
    settings: PanicSettings | undefined,
    witnesses: readonly Witness[],
    serving: boolean,
    now: Instant,
  ): PanicNews | undefined {
    const before = this.#on;
    if (settings === undefined || !serving || !isSuspect(settings, witnesses, before)) {
      this.#since = undefined;
      this.#deadline = undefined;
      this.#on = false;
      return before ? "ends" : undefined;
    }
    this.#since ??= now;
    this.#deadline ??= after(this.#since, settings.after);
    if (now < this.#deadline) return undefined;
    this.#on = true;
    this.#deadline = after(now, TELL_EVERY);
    return before ? "goes-on" : "begins";
  }
}
