/** Binds the pure notify engine to this process: clock, timers, and the deliverers that talk. */
import type { DirectorSettings } from "../../config/settings.ts";
import { type Deliverer, openDeliverer } from "../../delivery/deliverer.ts";
import type { ScriptBook } from "../../delivery/script-book.ts";
import { unreachable } from "../../net/bug.ts";
import { between, toMillis } from "../../net/time.ts";
import { type NotifyAction, NotifyEngine, type NotifyInput } from "../../notify/engine.ts";
import type { NotifyEvent } from "../../notify/event.ts";
import { type News, type Notice, plainDetail } from "../../notify/notice.ts";
import { undelivered } from "../../notify/outcome.ts";
import type { Delivery } from "../../notify/queue.ts";
import type { NotifierSettings } from "../../notify/settings.ts";
import type { RouterEvent } from "../../vrrp/event.ts";
import type { RouterSnapshot } from "../../vrrp/snapshot.ts";
import { now } from "../clock.ts";

/** For the last states, when everything ends in order. */
const LAST_WORDS_MS = 1_000;
/** For ending the scripts that are not done by then. */
const LAST_END_MS = 500;

type Transition = Extract<RouterEvent, { readonly kind: "transition" }>;

/** Of the elector's snapshot. */
interface KnownRouters {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly routers: readonly Pick<RouterSnapshot, "name" | "mode" | "state" | "cause">[];
}

interface Opened {
  readonly settings: NotifierSettings;
  readonly deliverer: Deliverer;
}

export class Notifications {
  readonly #engine = new NotifyEngine();
  readonly #book: ScriptBook;
  readonly #tell: (event: NotifyEvent) => void;
  /** Of a router, on this director, now; absent when nobody knows yet. */
  readonly #priorityOf: (router: string) => number | undefined;
  readonly #deliverers = new Map<string, Opened>();
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  #names: Pick<DirectorSettings, "cluster" | "director"> = { cluster: "", director: "" };
  #timer: NodeJS.Timeout | undefined;
  #quiet: (() => void) | undefined;

  /** @param book scripts of a predecessor that are in it are ended */
  constructor(
    book: ScriptBook,
    tell: (event: NotifyEvent) => void,
    priorityOf: (router: string) => number | undefined,
  ) {
    book.endLeftovers();
    this.#book = book;
    this.#tell = tell;
    this.#priorityOf = priorityOf;
  }

  configure({ cluster, director, notifiers }: DirectorSettings): void {
    this.#names = { cluster, director };
    const wanted = new Set(notifiers.map(({ name }) => name));
    for (const [name, { deliverer }] of this.#deliverers) {
      if (wanted.has(name)) continue;
      deliverer.close();
      this.#deliverers.delete(name);
    }
    this.#feed({ kind: "configure", notifiers });
  }

  transition({ router, from, to: state, cause, detail }: Transition, at: number): void {
    this.#feed({ kind: "transition", news: { router, state, from, cause, detail: plainDetail(detail), at } });
  }

  /** What the elector says of itself; the only news for a balancer whose predecessor was killed. */
  snapshot({ routers, at }: KnownRouters): void {
    // What one that only observes would be is nobody's business.
    const active = routers.filter(({ mode }) => mode === "active");
    const all = active.map(({ name: router, state, cause }) => ({ router, state, cause, detail: "", at }));
    this.#feed({ kind: "routers", all });
  }

  /** Tells what there is to tell, for a short time, and then ends whatever runs. */
  async finish(): Promise<void> {
    if (!this.#engine.quiet) {
      await within(LAST_WORDS_MS, new Promise<void>((resolve) => (this.#quiet = resolve)));
    }
    this.close();
    await within(LAST_END_MS, Promise.all(this.#running));
  }

  /** Begins nothing more, and ends what runs. */
  close(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
    for (const { deliverer } of this.#deliverers.values()) deliverer.close();
  }

  #feed(input: NotifyInput): void {
    if (this.#ending.signal.aborted && input.kind !== "finished") return;
    for (const action of this.#engine.handle(input, now())) this.#perform(action);
    if (this.#engine.quiet) this.#quiet?.();
    this.#arm();
  }

  #perform(action: NotifyAction): void {
    switch (action.kind) {
      case "deliver":
        // What is not begun when everything ends is not told any more.
        if (!this.#ending.signal.aborted) this.#start(action.delivery);
        return;
      case "event":
        return this.#tell(action.event);
      default:
        unreachable(action);
    }
  }

  #start({ settings, news }: Delivery): void {
    const running = this.#delivererOf(settings)
      .deliver(this.#noticeOf(news), this.#ending.signal)
      // None of them rejects; a mistake in one must not silence its notifier for ever.
      .catch((error: unknown) => undelivered("not-started", String(error)))
      .then((outcome) => {
        this.#running.delete(running);
        this.#feed({ kind: "finished", notifier: settings.name, outcome });
      });
    this.#running.add(running);
  }

  #noticeOf(news: News): Notice {
    const priority = this.#priorityOf(news.router);
    return { ...this.#names, ...news, ...(priority === undefined ? {} : { priority }) };
  }

  #delivererOf(settings: NotifierSettings): Deliverer {
    const opened = this.#deliverers.get(settings.name);
    if (opened?.settings === settings) return opened.deliverer;
    opened?.deliverer.close();
    const deliverer = openDeliverer(settings, this.#book);
    this.#deliverers.set(settings.name, { settings, deliverer });
    return deliverer;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadline = this.#engine.nextDeadline();
    if (deadline === undefined || this.#ending.signal.aborted) return;
    const wait = Math.max(0, Math.ceil(toMillis(between(now(), deadline))));
    this.#timer = setTimeout(() => this.#feed({ kind: "tick" }), wait);
  }
}

async function within(millis: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, millis);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}
