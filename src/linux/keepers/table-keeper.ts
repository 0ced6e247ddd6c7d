/**
 * Keeps the kernel's IPVS table as the balance engine wants it: looks, plans, writes what differs, and looks again.
 *
 * Wishes that come in a burst become one plan. Once all is as it was wished, the few services of which something else is
 * wished are looked at alone; what others do to the rest is found by the next look at everything. A refused step is told
 * and tried again later; the others are done. Who only observes says what would be done, and does nothing.
 */
import type { SeenService } from "../../balance/input.ts";
import { NO_TABLE_SETTINGS, type TableSettings } from "../../balance/settings.ts";
import type { TableReport } from "../../control/target.ts";
import { adopted } from "../../ipvs/adoption.ts";
import { plan, strangers } from "../../ipvs/diff.ts";
import { Fulfilled } from "../../ipvs/fulfilled.ts";
import type { KernelTable } from "../../ipvs/kernel-table.ts";
import { type RefusedStep, refusedSteps } from "../../ipvs/refusals.ts";
import { idsOf, type ServiceKey, serviceId, type Table } from "../../ipvs/settings.ts";
import { describeStep, type PlanStep } from "../../ipvs/step.ts";
import { touchedServices } from "../../ipvs/touched.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import { after, between, type Instant, millis, toMillis } from "../../net/time.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { now } from "../clock.ts";
import { type InParts, slicesOf, toTheEnd } from "../in-parts.ts";
import type { IpvsClient } from "../netlink/ipvs-client.ts";
import { refusalIn } from "../refusal.ts";
import type { Journal } from "../state/journal.ts";
import { News } from "./news.ts";
import { RefusalNews } from "./refusal-news.ts";

/** Between two looks at everything. */
const AUDIT_MS = 10_000;
/** Of a very large table. */
const LONGEST_AUDIT_MS = 120_000;
/** While servers wait for their last connections. */
const DRAINING_AUDIT_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** Between two looks at a large table, in times of what the last one took: a hundredth of a processor. */
const AUDIT_SHARE = 100;
/** While something is waited for: at most a twentieth. */
const WAITING_SHARE = 20;
/** So many services are looked at alone. */
const FEW_SERVICES = 64;
/** Services and servers that are read, compared and written in a tenth of a second. */
const SMALL_TABLE = 1_000;
/** Steps that are written without a pause. */
const PART = 250;
/** Lines of one kind in a status or an event. */
const LONGEST_LIST = 1_000;

type Client = Pick<IpvsClient, "resolve" | "reading" | "apply" | "close">;

/** What a round came to. */
interface Outcome {
  readonly looked: "everything" | "few";
  readonly refused: boolean;
  /** The table could not be read or written. */
  readonly failed: boolean;
}

export class TableKeeper {
  readonly #journal: Pick<Journal, "table" | "setTable">;
  readonly #tell: (event: KeelsonEvent) => void;
  readonly #busy: () => void;
  readonly #connect: () => Client;
  #client: Client | undefined;
  #listener: (services: readonly SeenService[]) => void = () => {};
  #settings: TableSettings = NO_TABLE_SETTINGS;
  #wanted: Table | undefined;
  /** Services and servers of that. */
  #ours: ReadonlySet<string> = new Set();
  /** What the journal says, once we have written it. */
  #noted: ReadonlySet<string> | undefined;
  #draining = false;
  /** At the end of the last round everything was as it was wished. */
  #complete = false;
  /** Services of which something else is wished since. */
  readonly #touched = new Map<string, ServiceKey>();
  /** The wish was fulfilled once: what differs later was somebody else. */
  #settled = false;
  #writes = 0;
  readonly #fulfilled = new Fulfilled();
  readonly #strangers = new News();
  readonly #refusals = new RefusalNews();
  /** What an observer would do. */
  readonly #pending = new News();
  /** Under way: a look, and what follows from it. */
  #round: InParts<Outcome> | undefined;
  /** So long it has worked, without its pauses. */
  #workedMs = 0;
  /** A round is asked for that has not begun. */
  #asked = false;
  /** Who waits until nothing is asked for. */
  #waiting: (() => void)[] = [];
  #soon: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;
  #laterAt: Instant | undefined;
  /** What the last look at everything took, with all that followed. */
  #tookMs = 0;
  #retry = FIRST_RETRY_MS;

  /** @param busy something that may take long begins */
  constructor(
    journal: Pick<Journal, "table" | "setTable">,
    tell: (event: KeelsonEvent) => void,
    busy: () => void,
    connect: () => Client,
  ) {
    this.#journal = journal;
    this.#tell = tell;
    this.#busy = busy;
    this.#connect = connect;
  }

  onRead(listener: (services: readonly SeenService[]) => void): void {
    this.#listener = listener;
  }

  /** From the next wish on. Whoever comes with a new file hears again of what the kernel refuses. */
  configure(settings: TableSettings): void {
    if (settings.mode !== this.#settings.mode) this.#breakOff();
    this.#settings = settings;
    this.#refusals.clear();
  }

  /** The journal names services or servers of an earlier run. */
  get hasLeftovers(): boolean {
    return this.#known.size > 0;
  }

  /** The table is another one: nothing is known of it, and all that is wished is to be written. */
  startAnew(): void {
    this.#noted = undefined;
    this.#settled = false;
    this.#complete = false;
    if (this.#client !== undefined) this.#ask();
  }

  /** `undefined` while the kernel's table is not looked at. */
  get report(): TableReport | undefined {
    if (this.#client === undefined) return undefined;
    const { mode, onStop } = this.#settings;
    const first = ({ lines }: Pick<News, "lines">) => lines.slice(0, LONGEST_LIST);
    const lists = {
      refused: first(this.#refusals),
      pending: first(this.#pending),
      strangers: first(this.#strangers),
    };
    return { mode, onStop, writes: this.#writes, ...lists };
  }

  /** Finds the kernel's IPVS and reads its table; more than once does no harm. The refusal when there is none. */
  open(): KernelRefusal | undefined {
    if (this.#client !== undefined) return undefined;
    const client = this.#connect();
    try {
      const refusal = client.resolve();
      if (refusal !== undefined) return refusal;
      this.#client = client;
    } finally {
      if (this.#client === undefined) client.close();
    }
    toTheEnd(this.#look(client));
    return undefined;
  }

  /** @param draining the table is looked at more often, because connections are waited for */
  want(table: Table, draining: boolean): void {
    const { keys: touched, before, after } = touchedServices(this.#wanted ?? [], table);
    if (!haveSameIds(before, after)) this.#ours = new Set(idsOf(table));
    for (const [id, key] of touched) this.#touched.set(id, key);
    this.#wanted = table;
    this.#draining = draining;
    if (draining) this.#sooner();
    if (this.#complete && touched.size === 0) return;
    this.#settled = false;
    this.#ask();
  }

  /** Calls back when all that is wished was done, or refused. */
  whenDone(callback: () => void): void {
    if (this.#asked || this.#round !== undefined) this.#waiting.push(callback);
    else callback();
  }

  /** Does now, and without a pause, what `want` asked for. Without a wish it looks at everything. */
  flush(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    while (this.#goOn());
  }

  /** An orderly end: leaves the table as the file says. */
  stop(): void {
    const { mode, onStop } = this.#settings;
    if (mode === "observe" || onStop === "keep" || this.#wanted === undefined) return;
    this.#breakOff();
    this.want(onStop === "remove" ? [] : this.#wanted.map(withoutWeight), false);
    this.flush();
  }

  close(): void {
    clearImmediate(this.#soon);
    clearTimeout(this.#later);
    this.#soon = undefined;
    this.#round = undefined;
    this.#client?.close();
    this.#client = undefined;
    this.startAnew();
  }

  #ask(): void {
    this.#asked = true;
    this.#soon ??= setImmediate(() => this.#turn());
  }

  /** A part in this turn of the event loop, the next one in a later turn: checks and questions come in between. */
  #turn(): void {
    this.#soon = this.#goOn() ? setImmediate(() => this.#turn()) : undefined;
  }

  /** Whether there is more to do. */
  #goOn(): boolean {
    const round = this.#round ?? this.#begin();
    const begun = now();
    const step = round.next();
    this.#workedMs += toMillis(between(begun, now()));
    if (step.done !== true) return true;
    this.#round = undefined;
    this.#lookAgainAfter(step.value);
    if (this.#asked) return true;
    for (const callback of this.#waiting.splice(0)) callback();
    return false;
  }

  #begin(): InParts<Outcome> {
    this.#asked = false;
    this.#workedMs = 0;
    this.#round = this.#reconcile();
    return this.#round;
  }

  /** What is under way is finished first, and nothing is taken for granted after it. */
  #breakOff(): void {
    if (this.#round !== undefined) this.flush();
    this.#complete = false;
  }

  *#reconcile(): InParts<Outcome> {
    const few = this.#few();
    const looked = few === undefined ? "everything" : "few";
    this.#complete = false;
    if (few === undefined && Math.max(this.#ours.size, this.#known.size) > SMALL_TABLE) this.#busy();
    try {
      return { looked, refused: yield* this.#write(few), failed: false };
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined) throw error;
      this.#tellRefused([{ what: "the IPVS table", refusal }]);
      return { looked, refused: true, failed: true };
    }
  }

  #lookAgainAfter({ looked, refused, failed }: Outcome): void {
    if (failed) return this.#again(this.#retry);
    this.#retry = refused ? Math.min(2 * this.#retry, LONGEST_RETRY_MS) : FIRST_RETRY_MS;
    if (looked === "everything") this.#tookMs = this.#workedMs;
    if (refused) this.#again(Math.max(this.#retry, WAITING_SHARE * this.#tookMs));
    else if (looked === "everything") this.#again(this.#auditMs());
    else if (this.#draining) this.#sooner();
  }

  #auditMs(): number {
    return this.#draining
      ? Math.max(DRAINING_AUDIT_MS, WAITING_SHARE * this.#tookMs)
      : Math.min(Math.max(AUDIT_MS, AUDIT_SHARE * this.#tookMs), LONGEST_AUDIT_MS);
  }

  #again(ms: number): void {
    clearTimeout(this.#later);
    if (this.#client === undefined) return;
    this.#laterAt = after(now(), millis(ms));
    this.#later = setTimeout(() => this.#audit(), ms);
  }

  /** The next look at everything comes as soon as for a server that is waited for. */
  #sooner(): void {
    const ms = this.#auditMs();
    if (this.#laterAt === undefined || this.#laterAt > after(now(), millis(ms))) this.#again(ms);
  }

  #audit(): void {
    if (this.#round !== undefined) return this.#again(DRAINING_AUDIT_MS);
    this.#complete = false;
    this.#ask();
  }

  /** The services that are to be looked at; `undefined` for everything. */
  #few(): ReadonlyMap<string, ServiceKey> | undefined {
    const { size } = this.#touched;
    const isEnough = this.#complete && this.#settings.mode === "active" && size > 0 && size <= FEW_SERVICES;
    return isEnough ? new Map(this.#touched) : undefined;
  }

  /** Whether anything was refused. */
  *#write(few: ReadonlyMap<string, ServiceKey> | undefined): InParts<boolean> {
    const client = this.#client;
    if (client === undefined) return false;
    const actual = yield* this.#look(client, few);
    if (this.#wanted === undefined) return false;
    const wanted = few === undefined ? this.#wanted : among(this.#wanted, few);
    for (const [id] of few ?? this.#touched) this.#touched.delete(id);
    this.#asked = this.#touched.size > 0;
    const known = this.#known;
    const ours = this.#ours;
    const owned = known === ours ? ours : new Set([...known, ...ours]);
    const open = this.#fulfilled.without(wanted, actual);
    const steps = plan(open.wanted, open.actual, owned);
    if (few === undefined) this.#tellOfAll(steps, strangers(open.wanted, open.actual, owned));
    if (this.#settings.mode === "observe") return false;
    const found = owned.size > known.size ? adopted(actual, ours, known) : [];
    // Written before anything is created: after a crash at any point a later run knows what is ours.
    this.#note(owned);
    if (found.length > 0) this.#tell({ kind: "table-adopted", entries: shortened(found, (line) => line) });
    if (steps.length > 0 && (yield* this.#apply(client, steps))) {
      this.#settled = false;
      return true;
    }
    this.#complete = true;
    this.#refusals.clear();
    // What was wished otherwise meanwhile is still there, and still to be ours.
    this.#settled = this.#touched.size === 0;
    if (this.#settled) this.#note(ours);
    return false;
  }

  /** What there is to be said of everything, if it is news. */
  #tellOfAll(steps: readonly PlanStep[], foreign: readonly string[]): void {
    if (this.#strangers.are(foreign)) this.#tell({ kind: "table-strangers", strangers: foreign });
    const observing = this.#settings.mode === "observe";
    const pending = observing ? steps.map(describeStep) : [];
    if (this.#pending.are(pending) && observing) this.#tell({ kind: "table-would-change", changes: pending });
  }

  /** All that we ever made or adopted, as the journal has it. */
  get #known(): ReadonlySet<string> {
    return this.#noted ?? this.#journal.table;
  }

  #note(keys: ReadonlySet<string>): void {
    if (keys === this.#noted) return;
    this.#journal.setTable(keys);
    this.#noted = keys;
  }

  /** Whether anything was refused. */
  *#apply(client: Client, steps: readonly PlanStep[]): InParts<boolean> {
    const kind = this.#settled ? "table-drift" : "table-changed";
    this.#writes += steps.length;
    const outcomes: (KernelRefusal | undefined)[] = [];
    for (const part of slicesOf(steps, PART)) {
      if (outcomes.length > 0) yield;
      outcomes.push(...client.apply(part));
    }
    const done = steps.filter((_, index) => outcomes[index] === undefined);
    const changes = shortened(done, describeStep);
    if (changes.length > 0) this.#tell({ kind, changes });
    const refused = refusedSteps(steps, outcomes);
    this.#tellRefused(refused);
    return refused.length > 0;
  }

  #tellRefused(refused: readonly RefusedStep[]): void {
    for (const one of this.#refusals.among(refused)) this.#tell({ kind: "table-refused", ...one });
  }

  *#look(client: Client, few?: ReadonlyMap<string, ServiceKey>): InParts<KernelTable> {
    const table = yield* client.reading(few && [...few.values()]);
    if (few === undefined) this.#listener(table.services);
    return table;
  }
}

function withoutWeight(service: Table[number]): Table[number] {
  return { ...service, destinations: service.destinations.map((one) => ({ ...one, weight: 0 })) };
}

function shortened<T>(things: readonly T[], describe: (thing: T) => string): readonly string[] {
  const lines = things.slice(0, LONGEST_LIST).map(describe);
  return things.length <= LONGEST_LIST ? lines : [...lines, `and ${things.length - LONGEST_LIST} more`];
}

function among(table: Table, services: ReadonlyMap<string, ServiceKey>): Table {
  return table.filter((service) => services.has(serviceId(service)));
}

function haveSameIds(before: Table, after: Table): boolean {
  return before.length === after.length && idsOf(before).join() === idsOf(after).join();
}
