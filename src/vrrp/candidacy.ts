/** A router's standing in its election: its effective priority, and whether it would take a lower master's place. */
import { compareIp, type IpAddress } from "../net/ip.ts";
import { type Instant, instant } from "../net/time.ts";
import type { Advert } from "./advert.ts";
import { classify } from "./classify.ts";
import type { Cause, RouterEvent } from "./event.ts";
import { type NodeView, sourceFor } from "./node.ts";
import { type HoldDown, Preemption } from "./preemption.ts";
import { isRival, Rival } from "./rival.ts";
import { OWNER_PRIORITY, type RouterSettings } from "./settings.ts";
import type { State } from "./state.ts";
import { effectivePriority, trackTexts } from "./tracked.ts";
import type { RouterEventName } from "./transitions.ts";
import { Unheard } from "./unheard.ts";

/** To a master that it hears. */
const GIVES_WAY: ReadonlySet<RouterEventName> = new Set([
  "advert-equal",
  "advert-lower",
  "advert-lower-held",
]);

const NEVER = Number.NEGATIVE_INFINITY;

export class Candidacy {
  readonly #node: NodeView;
  readonly #preemption = new Preemption();
  readonly #unheard = new Unheard();
  readonly #rival = new Rival();
  #configured: RouterSettings;
  #settings: RouterSettings;
  #heldBack = false;
  /** Always a number: it is changed in place, thousands of times a second. */
  #heardAt: number = NEVER;

  constructor(settings: RouterSettings, node: NodeView) {
    this.#node = node;
    this.#configured = settings;
    this.#settings = settings;
  }

  /** As the cluster file has them. */
  get configured(): RouterSettings {
    return this.#configured;
  }

  /** The same with the effective priority. */
  get settings(): RouterSettings {
    return this.#settings;
  }

  get heldBack(): boolean {
    return this.#heldBack;
  }

  /** Anybody else was, speaking for this router. */
  get heardAt(): Instant | undefined {
    return this.#heardAt === NEVER ? undefined : instant(this.#heardAt);
  }

  /** After a drill: anybody may be master but us, while there is one. */
  holdBack(back: boolean): void {
    this.#heldBack = back;
  }

  adopt(settings: RouterSettings): void {
    this.#configured = settings;
    this.#settings = { ...settings, priority: this.#priority };
  }

  /** What is tracked shifts the priority: what is to be told when it did. */
  weigh(): RouterEvent | undefined {
    const [from, to] = [this.#settings.priority, this.#priority];
    if (from === to) return undefined;
    this.#settings = { ...this.#configured, priority: to };
    const { name: router, tracks } = this.#configured;
    const watched = trackTexts(tracks, (track) => this.#node.verdictOf(track));
    const detail = this.#node.standby() ? "standby" : watched;
    return { kind: "priority", router, from, to, detail };
  }

  /** Somebody was who needs no judgement. */
  noteHeard(at: Instant): void {
    this.#heardAt = at;
  }

  /** Which event an advert is. */
  judge(advert: Advert, source: IpAddress, listening: boolean, now: Instant): RouterEventName {
    const { priority } = advert;
    this.noteHeard(now);
    const own = sourceFor(this.#settings, this.#node) ?? source;
    const isTie = priority === this.#settings.priority;
    const patient = !this.#preemption.heard(priority, this.#settings, now);
    const event = classify(priority, source, {
      priority: this.#settings.priority,
      // What another election decides is no reason to give way in this one.
      source: isTie && !this.#node.decidesTies(this.#settings, now) ? highest(source, own) : own,
      preempting: !patient && !this.#heldBack && this.#node.ready(),
      listening,
    });
    const goesOn = GIVES_WAY.has(event) && this.#unheard.persists(advert, this.#settings, now);
    const verdict = goesOn ? "not-heard" : event;
    if (isRival(advert, this.#settings)) this.#rival.judged(verdict);
    return verdict;
  }

  /** What is to be told, if the advert is another owner's. */
  remarkRival(advert: Advert, source: IpAddress, now: Instant): RouterEvent | undefined {
    if (!isRival(advert, this.#settings)) return undefined;
    const own = sourceFor(this.#settings, this.#node) ?? source;
    return this.#rival.remark(source, own, this.#settings.name, now);
  }

  /** It waits for nobody. */
  get ownsAddresses(): boolean {
    return this.#settings.priority === OWNER_PRIORITY && !this.#rival.serves;
  }

  moved(from: State, to: State, cause: Cause, now: Instant): void {
    this.#preemption.moved(from, to, cause, now);
    this.#unheard.moved(to);
    this.#rival.moved(to);
  }

  holdDown(now: Instant): HoldDown | undefined {
    return this.#preemption.holdDown(this.#settings, now);
  }

  get #priority(): number {
    const verdictOf = (name: string) => this.#node.verdictOf(name);
    return effectivePriority(this.#configured, verdictOf, this.#node.standby());
  }
}

function highest(left: IpAddress, right: IpAddress): IpAddress {
  return compareIp(left, right) > 0 ? left : right;
}
