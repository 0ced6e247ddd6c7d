/** Binds the pure notify engine to this process: clock, timers, and the deliverers that talk. */
import type { DirectorSettings } from "../../config/settings.ts";
import { type Deliverer, openDeliverer } from "../../delivery/deliverer.ts";
import type { ScriptBook } from "../../delivery/script-book.ts";
import { serverText } from "../../ipvs/listen.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import { unreachable } from "../../net/bug.ts";
import { between, toMillis } from "../../net/time.ts";
import { type NotifyAction, NotifyEngine, type NotifyInput } from "../../notify/engine.ts";
import type { NotifyEvent } from "../../notify/event.ts";
import { type News, type Notice, plainDetail } from "../../notify/notice.ts";
import { undelivered } from "../../notify/outcome.ts";
import type { Delivery } from "../../notify/queue.ts";
import { farewells, newsOf, quorumKnown, standingOf } from "../../notify/service-news.ts";
import { hearsOfServices, type NotifierSettings } from "../../notify/settings.ts";
import type { Subject } from "../../notify/subject.ts";
import type { RouterEvent } from "../../vrrp/event.ts";
import type { RouterSnapshot } from "../../vrrp/snapshot.ts";
import { now } from "../clock.ts";
import type { BalanceLoop } from "./balance-loop.ts";

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

/** Whom to ask what is known at a moment. */
interface Facts {
  /** Those that somebody knows of yet. */
  readonly routers: () => readonly Pick<RouterSnapshot, "name" | "priority">[];
  readonly services: () => Pick<BalanceLoop, "snapshot" | "quorumOf">;
}

interface Opened {
  readonly settings: NotifierSettings;
  readonly deliverer: Deliverer;
}

export class Notifications {
  readonly #engine = new NotifyEngine();
  readonly #book: ScriptBook;
  readonly #tell: (event: NotifyEvent) => void;
  readonly #facts: Facts;
  readonly #deliverers = new Map<string, Opened>();
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  #settings: DirectorSettings | undefined;
  #timer: NodeJS.Timeout | undefined;
  #quiet: (() => void) | undefined;

  /** @param book scripts of a predecessor that are in it are ended */
  constructor(book: ScriptBook, tell: (event: NotifyEvent) => void, facts: Facts) {
    book.endLeftovers();
    this.#book = book;
    this.#tell = tell;
    this.#facts = facts;
  }

  configure(settings: DirectorSettings): void {
    const { notifiers } = settings;
    this.#settings = settings;
    const wanted = new Set(notifiers.map(({ name }) => name));
    for (const [name, { deliverer }] of this.#deliverers) {
      if (wanted.has(name)) continue;
      deliverer.close();
      this.#deliverers.delete(name);
    }
    this.#feed({ kind: "configure", notifiers });
    // Of a very large table it takes a while.
    if (!notifiers.some(hearsOfServices)) return;
    this.#feed({ kind: "services", ...standingOf(this.#facts.services().snapshot(), now(), Date.now()) });
  }

  /** @param at milliseconds since 1970 */
  event(event: KeelsonEvent, at: number): void {
    switch (event.kind) {
      case "transition":
        return this.#transition(event, at);
      case "server-up":
      case "server-down":
      case "quorum":
      case "panic": {
        const news = newsOf(event, at);
        if (news !== undefined) this.#feed({ kind: "transition", news });
        if (event.kind === "server-up" && this.#tellsStarts) this.#noticeQuorum(event.service, at);
        return;
      }
      default:
    }
  }

  #transition({ router, from, to: state, cause, detail }: Transition, at: number): void {
    const subject = { kind: "router", router } as const;
    this.#feed({
      kind: "transition",
      news: { subject, state, from, cause, detail: plainDetail(detail), at },
    });
  }

  /** That a quorum is held from the first is no event. */
  #noticeQuorum(service: string, at: number): void {
    const held = this.#facts.services().quorumOf(service);
    if (held === true) this.#feed({ kind: "known", news: quorumKnown(service, at) });
  }

  get #tellsStarts(): boolean {
    return this.#settings?.notifiers.some(({ startAndStop }) => startAndStop) ?? false;
  }

  /** What the elector says of itself; the only news for a balancer whose predecessor was killed. */
  snapshot({ routers, at }: KnownRouters): void {
    // What one that only observes would be is nobody's business.
    const active = routers.filter(({ mode }) => mode === "active");
    const all = active.map(({ name: router, state, cause }) => {
      return { subject: { kind: "router", router } as const, state, cause, detail: "", at };
    });
    this.#feed({ kind: "routers", all });
  }

  /** Tells what there is to tell, for a short time, and then ends whatever runs. */
  async finish(): Promise<void> {
    if (this.#tellsStarts)
      this.#feed({ kind: "stopping", all: farewells(this.#facts.services().snapshot(), Date.now()) });
    if (!this.#engine.quiet) {
      await within(LAST_WORDS_MS, new Promise<void>((resolve) => (this.#quiet = resolve)));
    }
    for (const event of this.#engine.left()) this.#tell(event);
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
    const { cluster = "", director = "" } = this.#settings ?? {};
    return { cluster, director, ...news, ...this.#factsOf(news.subject) };
  }

  #factsOf(subject: Subject): Pick<Notice, "priority" | "address"> {
    switch (subject.kind) {
      case "router": {
        const router = this.#facts.routers().find(({ name }) => name === subject.router);
        return router === undefined ? {} : { priority: router.priority };
      }
      case "server": {
        const service = this.#settings?.services.find(({ name }) => name === subject.service);
        const server = service?.servers.find(({ name }) => name === subject.server);
        return server === undefined ? {} : { address: serverText(server.endpoint) };
      }
      case "quorum":
      case "panic":
        return {};
      default:
        return unreachable(subject);
    }
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
