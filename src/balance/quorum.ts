/** Whether enough of a service serves, with hysteresis, so that one server that flaps does not flap the service. */

export interface QuorumSettings {
  /** What is counted. */
  readonly of: "servers" | "weight";
  /** 1 …; more than there is counts as all there is. */
  readonly need: number;
  /** Lost below `need` less this, and back at `need` and this; less than `need`. */
  readonly hysteresis: number;
}

/** What one server adds. */
interface Share {
  /** What it would have if nothing but itself decided; 0 when it does not serve. */
  readonly capacity: number;
  /** Of the cluster file. */
  readonly weight: number;
  /** There is no verdict on it yet. */
  readonly undecided: boolean;
}

export interface Count {
  readonly have: number;
  /** As the settings say, or all there is when that is less. */
  readonly need: number;
}

export function countOf({ of, need }: QuorumSettings, shares: readonly Share[]): Count {
  const worth = (value: number) => (of === "weight" ? value : Math.min(value, 1));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + worth(value), 0);
  const all = sum(shares.map(({ weight }) => weight));
  return { have: sum(shares.map(({ capacity }) => capacity)), need: Math.max(1, Math.min(need, all)) };
}

/**
 * @param before `undefined`: nobody knows yet
 * @returns `undefined` while checks are still to say so
 */
export function holds(
  before: boolean | undefined,
  settings: QuorumSettings,
  shares: readonly Share[],
): boolean | undefined {
  const { have, need } = countOf(settings, shares);
  if (before === undefined) {
    if (have >= need) return true;
    return shares.some(({ undecided }) => undecided) ? undefined : false;
  }
  if (before) return have > 0 && have >= need - settings.hysteresis;
  const all = countOf({ ...settings, need: Number.MAX_SAFE_INTEGER }, shares).need;
  return have > 0 && have >= Math.min(need + settings.hysteresis, all);
}

/** Of one service, from one judgement to the next, through reloads. */
export class ServiceQuorum {
  #held: boolean | undefined;

  /** @param held `undefined`: nobody knows yet */
  constructor(held: boolean | undefined) {
    this.#held = held;
  }

  get lost(): boolean {
    return this.#held === false;
  }

  /** `undefined`: checks are still to say so. */
  get held(): boolean | undefined {
    return this.#held;
  }

  /** Whether it was lost by that, or is back. */
  judge(settings: QuorumSettings, shares: readonly Share[]): boolean {
    const wasLost = this.lost;
    this.#held = holds(this.#held, settings, shares);
    return this.lost !== wasLost;
  }
}
