/** What operators ask of the routers that are master here: to hand over, once or until further notice. */
import type { ElectorSnapshot, ToElector } from "../../channel/message.ts";
import type { DirectorSettings } from "../../config/settings.ts";
import type { HandOverOutcome } from "../../control/target.ts";
import { type Duration, seconds } from "../../net/time.ts";
import { comesBackAtOnce, OWNER_PRIORITY, type RouterSettings } from "../../vrrp/settings.ts";
import type { Standby } from "../state/standby.ts";
import type { PlannedMove } from "./planned-move.ts";

interface Surroundings {
  send(message: ToElector): void;
  elector(): Promise<ElectorSnapshot | undefined>;
  settings(): DirectorSettings | undefined;
  /** How long other directors must have heard of every packet before. */
  lead(): Duration | undefined;
}

export class HandOvers {
  readonly #standby: Pick<Standby, "set">;
  readonly #moves: Pick<PlannedMove, "begin" | "cancel">;
  readonly #around: Surroundings;

  constructor(
    standby: Pick<Standby, "set">,
    moves: Pick<PlannedMove, "begin" | "cancel">,
    around: Surroundings,
  ) {
    this.#standby = standby;
    this.#moves = moves;
    this.#around = around;
  }

  async drill(): Promise<HandOverOutcome> {
    const routers = await this.#mastersAmong(isNoOwner);
    if (routers.length === 0)
      return { kind: "refused", reason: "this director is master of nothing it could hand over" };
    return this.#move(routers, { kind: "drill" });
  }

  async stepDown(): Promise<HandOverOutcome> {
    const routers = await this.#mastersAmong((router) => !comesBackAtOnce(router));
    if (routers.length > 0) return this.#move(routers, { kind: "step-down" });
    const reason = "this director is master of nothing that it would not take back at once (`preempt`)";
    return {
      kind: "refused",
      reason: `${reason}: \`keelson drill\` and \`keelson standby\` keep it behind`,
    };
  }

  async setStandby(on: boolean): Promise<HandOverOutcome> {
    const { settings, send } = this.#around;
    if (settings()?.routers.every(({ priority }) => priority === OWNER_PRIORITY) === true) {
      return { kind: "refused", reason: "this director has no router with a priority below 255" };
    }
    const refusal = this.#standby.set(on);
    if (refusal !== undefined) return { kind: "refused", reason: `${refusal.call}: ${refusal.text}` };
    this.#moves.cancel();
    const routers = on ? await this.#mastersAmong(isNoOwner) : [];
    if (routers.length > 0) return this.#move(routers, { kind: "standby", on }, { kind: "drill" });
    send({ kind: "standby", on });
    return { kind: "started", routers };
  }

  /** Those that are master here, and as the cluster file has them. */
  async #mastersAmong(wanted: (router: RouterSettings) => boolean): Promise<string[]> {
    const masters = mastersIn(await this.#around.elector());
    const configured = this.#around.settings()?.routers ?? [];
    return configured
      .filter(({ name }) => masters.has(name))
      .filter(wanted)
      .map(({ name }) => name);
  }

  #move(routers: readonly string[], ...orders: readonly ToElector[]): HandOverOutcome {
    const wait = this.#around.lead() ?? seconds(0);
    this.#moves.begin(wait, () => {
      for (const order of orders) this.#around.send(order);
    });
    return { kind: "started", routers, ...(wait === 0 ? {} : { wait }) };
  }
}

/** The routers that this director is master of. */
export function mastersIn(elector: ElectorSnapshot | undefined): ReadonlySet<string> {
  const here = elector?.routers.filter(({ state, mode }) => state === "Master" && mode === "active") ?? [];
  return new Set(here.map(({ name }) => name));
}

function isNoOwner({ priority }: RouterSettings): boolean {
  return priority < OWNER_PRIORITY;
}
