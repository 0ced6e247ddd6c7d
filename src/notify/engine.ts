/** All notifiers of a director: which delivery begins now, which later, and what is known of routers and services. */
import { unreachable } from "../net/bug.ts";
import { earliest, type Instant } from "../net/time.ts";
import { routerOf } from "../vrrp/settings.ts";
import type { NotifyEvent } from "./event.ts";
import type { News } from "./notice.ts";
import type { DeliveryOutcome } from "./outcome.ts";
import { type Delivery, NotifierQueue } from "./queue.ts";
import type { Standing } from "./service-news.ts";
import type { NotifierSettings } from "./settings.ts";
import { idOf } from "./subject.ts";

/** Scripts of all notifiers that run at one time; the others wait for their turn. */
const MOST_SCRIPTS = 8;

export type NotifyInput =
  /** An accepted cluster file: notifiers that are new or changed are told where every router is. */
  | { readonly kind: "configure"; readonly notifiers: readonly NotifierSettings[] }
  | { readonly kind: "transition"; readonly news: News }
  /** Every router there is: news only if its transition was never told to us. */
  | { readonly kind: "routers"; readonly all: readonly News[] }
  /** All services of the cluster file, after `configure`. Of them nothing is kept here but what a notifier is told. */
  | ({ readonly kind: "services" } & Standing)
  /** What may have become known without an event. */
  | { readonly kind: "known"; readonly news: News }
  /** An orderly end: what was well until now. For those who want to hear of start and stop. */
  | { readonly kind: "stopping"; readonly all: readonly News[] }
  | { readonly kind: "finished"; readonly notifier: string; readonly outcome: DeliveryOutcome }
  | { readonly kind: "tick" };

export type NotifyAction =
  /** Answered by `finished`, sooner or later, whatever happens. */
  | { readonly kind: "deliver"; readonly delivery: Delivery }
  | { readonly kind: "event"; readonly event: NotifyEvent };

export class NotifyEngine {
  /** In the order of their turns. */
  readonly #queues = new Map<string, NotifierQueue>();
  /** By a router's `idOf`: where it is. */
  readonly #latest = new Map<string, News>();

  handle(input: NotifyInput, now: Instant): NotifyAction[] {
    const events = this.#take(input, now);
    return [
      ...events.map((event) => ({ kind: "event", event }) as const),
      ...this.#begin(now).map((delivery) => ({ kind: "deliver", delivery }) as const),
    ];
  }

  nextDeadline(): Instant | undefined {
    return earliest(Array.from(this.#queues.values(), ({ deadline }) => deadline));
  }

  /** Everything that can be told has been told. */
  get quiet(): boolean {
    return Array.from(this.#queues.values()).every(({ quiet }) => quiet);
  }

  /** What nobody was told and nobody will be, now that everything ends. */
  left(): NotifyEvent[] {
    return [...this.#queues].flatMap(([notifier, { left: count }]) =>
      count === 0 ? [] : { kind: "notify-left", notifier, count },
    );
  }

  #take(input: NotifyInput, now: Instant): NotifyEvent[] {
    switch (input.kind) {
      case "configure":
        this.#configure(input.notifiers);
        return [];
      case "transition":
        if (speaksForItsRouter(input.news)) this.#offer(input.news);
        return [];
      case "routers":
        this.#compare(input.all.filter(speaksForItsRouter));
        return [];
      case "services":
        for (const queue of this.#queues.values()) {
          queue.retainServices(input.there);
          for (const news of input.all) queue.compare(news);
        }
        return [];
      case "known":
        for (const queue of this.#queues.values()) queue.compare(input.news);
        return [];
      case "stopping":
        for (const queue of this.#queues.values())
          if (queue.settings.startAndStop) for (const news of input.all) queue.offer(news);
        return [];
      case "finished":
        return this.#queues.get(input.notifier)?.finished(input.outcome, now) ?? [];
      case "tick":
        return [];
      default:
        return unreachable(input);
    }
  }

  #configure(notifiers: readonly NotifierSettings[]): void {
    const wanted = new Set(notifiers.map(({ name }) => name));
    for (const [name, queue] of this.#queues) if (!wanted.has(name)) queue.retire();
    for (const settings of notifiers) {
      const queue = this.#queues.get(settings.name);
      if (queue !== undefined && !queue.retired && isSame(queue.settings, settings)) continue;
      const changed = queue ?? new NotifierQueue(settings);
      changed.adopt(settings, this.#latest.values());
      this.#queues.set(settings.name, changed);
    }
  }

  #offer(news: News): void {
    if (news.subject.kind === "router") this.#latest.set(idOf(news.subject), news);
    for (const queue of this.#queues.values()) queue.offer(news);
  }

  #compare(all: readonly News[]): void {
    const there = new Set(all.map(({ subject }) => idOf(subject)));
    for (const id of this.#latest.keys()) if (!there.has(id)) this.#latest.delete(id);
    for (const queue of this.#queues.values()) queue.retainRouters(there);
    for (const news of all) {
      if (this.#latest.get(idOf(news.subject))?.state !== news.state) this.#offer(news);
    }
  }

  #begin(now: Instant): Delivery[] {
    const begun: Delivery[] = [];
    let scripts = this.#runningScripts();
    for (const [name, queue] of [...this.#queues]) {
      if (queue.retired && !queue.running) this.#queues.delete(name);
      const isScript = queue.settings.type === "script";
      if (isScript && scripts >= MOST_SCRIPTS) continue;
      const delivery = queue.begin(now);
      if (delivery === undefined) continue;
      begun.push(delivery);
      if (isScript) scripts += 1;
      // Whoever had a turn is the last to get the next one.
      this.#queues.delete(name);
      this.#queues.set(name, queue);
    }
    return begun;
  }

  #runningScripts(): number {
    const running = Array.from(this.#queues.values()).filter((queue) => queue.running);
    return running.filter(({ settings }) => settings.type === "script").length;
  }
}

/** Of the two elections of one router, which go the same way, the first: whoever is told has one router. */
function speaksForItsRouter({ subject }: News): boolean {
  return subject.kind !== "router" || subject.router === routerOf(subject.router);
}

/** Written by one function in one order, so their texts are alike when they are. */
function isSame(left: NotifierSettings, right: NotifierSettings): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
