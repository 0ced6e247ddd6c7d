/**
 * Keeps the kernel's IPVS table as the balance engine wants it: looks, plans, writes what differs, and looks again.
 *
 * Wishes that come in a burst become one plan. A refused step is told and tried again later; the others are done. Who
 * only observes says what would be done, and does nothing.
 */
import type { SeenService } from "../../balance/input.ts";
import { NO_TABLE_SETTINGS, type TableSettings } from "../../balance/settings.ts";
import type { TableReport } from "../../control/target.ts";
import { adopted } from "../../ipvs/adoption.ts";
import { plan, strangers } from "../../ipvs/diff.ts";
import type { KernelTable } from "../../ipvs/kernel-table.ts";
import { type RefusedStep, refusedSteps } from "../../ipvs/refusals.ts";
import { bareKey, memberId, serviceId, type Table } from "../../ipvs/settings.ts";
import { describeStep, type PlanStep } from "../../ipvs/step.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import { between, toMillis } from "../../net/time.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { now } from "../clock.ts";
import { IpvsClient } from "../netlink/ipvs-client.ts";
import { refusalOf } from "../refusal.ts";
import type { Journal } from "../state/journal.ts";
import { News } from "./news.ts";

const AUDIT_MS = 10_000;
/** While servers wait for their last connections. */
const DRAINING_AUDIT_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** Between two looks at a large table, in times of what the last one took: at most a twentieth of a processor. */
const LOOKING_SHARE = 20;
/** Services and servers that are read, compared and written in a tenth of a second. */
const SMALL_TABLE = 1_000;
/** Lines of one kind in a status or an event. */
const LONGEST_LIST = 1_000;

type Client = Pick<IpvsClient, "resolve" | "table" | "apply" | "close">;

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
  #draining = false;
  /** The wish was fulfilled once: what differs later was somebody else. */
  #settled = false;
  #writes = 0;
  readonly #strangers = new News();
  readonly #refusals = new News();
  /** What an observer would do. */
  readonly #pending = new News();
  #soon: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;
  #retry = FIRST_RETRY_MS;

  /** @param busy something that may take long begins */
  constructor(
    journal: Pick<Journal, "table" | "setTable">,
    tell: (event: KeelsonEvent) => void,
    busy: () => void,
    connect: () => Client = () => new IpvsClient(),
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
    this.#settings = settings;
    this.#refusals.are([]);
  }

  /** The journal names services or servers of an earlier run. */
  get hasLeftovers(): boolean {
    return this.#journal.table.size > 0;
  }

  /** `undefined` while the kernel's table is not looked at. */
  get report(): TableReport | undefined {
    if (this.#client === undefined) return undefined;
    const { mode, onStop } = this.#settings;
    const first = ({ lines }: News) => lines.slice(0, LONGEST_LIST);
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
    const refusal = client.resolve();
    if (refusal !== undefined) {
      client.close();
      return refusal;
    }
    this.#client = client;
    this.#look();
    return undefined;
  }

  /** @param draining the table is looked at more often, because connections are waited for */
  want(table: Table, draining: boolean): void {
    this.#wanted = table;
    this.#ours = new Set(idsOf(table));
    this.#draining = draining;
    this.#settled = false;
    this.#soon ??= setImmediate(() => this.flush());
  }

  /** Does now what `want` asked for. */
  flush(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    this.#reconcile();
  }

  /** An orderly end: leaves the table as the file says. */
  stop(): void {
    const { mode, onStop } = this.#settings;
    if (mode === "observe" || onStop === "keep" || this.#wanted === undefined) return;
    this.want(onStop === "remove" ? [] : this.#wanted.map(withoutWeight), false);
    this.flush();
  }

  close(): void {
    clearImmediate(this.#soon);
    clearTimeout(this.#later);
    this.#client?.close();
    this.#client = undefined;
  }

  #reconcile(): void {
    clearTimeout(this.#later);
    const begun = now();
    if (Math.max(this.#ours.size, this.#journal.table.size) > SMALL_TABLE) this.#busy();
    const failed = refusalOf(() => {
      const refused = this.#write();
      this.#retry = refused ? Math.min(2 * this.#retry, LONGEST_RETRY_MS) : FIRST_RETRY_MS;
      const wait = refused ? this.#retry : this.#draining ? DRAINING_AUDIT_MS : AUDIT_MS;
      this.#again(Math.max(wait, LOOKING_SHARE * toMillis(between(begun, now()))));
    });
    if (failed === undefined) return;
    this.#tellRefused([{ what: "the IPVS table", refusal: failed }]);
    this.#again(this.#retry);
  }

  #again(ms: number): void {
    if (this.#client !== undefined) this.#later = setTimeout(() => this.#reconcile(), ms);
  }

  /** Whether anything was refused. */
  #write(): boolean {
    const actual = this.#look();
    const wanted = this.#wanted;
    if (actual === undefined || wanted === undefined || this.#client === undefined) return false;
    const known = this.#journal.table;
    const ours = this.#ours;
    const owned = new Set([...known, ...ours]);
    const steps = plan(wanted, actual, owned);
    const foreign = strangers(wanted, actual, owned);
    if (this.#strangers.are(foreign)) this.#tell({ kind: "table-strangers", strangers: foreign });
    const observing = this.#settings.mode === "observe";
    const pending = observing ? steps.map(describeStep) : [];
    if (this.#pending.are(pending) && observing) this.#tell({ kind: "table-would-change", changes: pending });
    if (observing) return false;
    const found = owned.size > known.size ? adopted(wanted, actual, known) : [];
    // Written before anything is created: after a crash at any point a later run knows what is ours.
    this.#journal.setTable(owned);
    if (found.length > 0) this.#tell({ kind: "table-adopted", entries: shortened(found) });
    if (steps.length > 0) return this.#apply(this.#client, steps);
    this.#settled = true;
    this.#refusals.are([]);
    this.#journal.setTable(ours);
    return false;
  }

  #apply(client: Client, steps: readonly PlanStep[]): boolean {
    this.#writes += steps.length;
    const outcomes = slicesOf(steps, SMALL_TABLE).flatMap((slice, place) => {
      if (place > 0) this.#busy();
      return client.apply(slice);
    });
    const done = steps.filter((_, index) => outcomes[index] === undefined);
    const changes = shortened(done.map(describeStep));
    if (changes.length > 0) this.#tell({ kind: this.#settled ? "table-drift" : "table-changed", changes });
    const refused = refusedSteps(steps, outcomes);
    this.#tellRefused(refused);
    this.#settled = refused.length === 0;
    if (this.#settled) this.#journal.setTable(this.#ours);
    return !this.#settled;
  }

  /** Each once, for as long as it is refused in the same way. */
  #tellRefused(refused: readonly RefusedStep[]): void {
    const known = new Set(this.#refusals.lines);
    this.#refusals.are(refused.map(refusalText));
    for (const one of refused)
      if (!known.has(refusalText(one))) this.#tell({ kind: "table-refused", ...one });
  }

  #look(): KernelTable | undefined {
    const table = this.#client?.table();
    if (table !== undefined) this.#listener(table.services.map(seenService));
    return table;
  }
}

function refusalText({ what, refusal, meaning }: RefusedStep): string {
  return `${what}: ${meaning ?? refusal.text}`;
}

function withoutWeight(service: Table[number]): Table[number] {
  return { ...service, destinations: service.destinations.map((one) => ({ ...one, weight: 0 })) };
}

function slicesOf<T>(items: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= LONGEST_LIST) return lines;
  return [...lines.slice(0, LONGEST_LIST), `and ${lines.length - LONGEST_LIST} more`];
}

function idsOf(table: Table): string[] {
  return table.flatMap((service) => [
    serviceId(service),
    ...service.destinations.map((one) => memberId(service, one)),
  ]);
}

function seenService(service: KernelTable["services"][number]): SeenService {
  return {
    ...bareKey(service),
    destinations: service.destinations.map((one) => ({
      address: one.address,
      port: one.port,
      weight: one.weight,
      active: one.activeConnections,
      connections: one.activeConnections + one.inactiveConnections,
    })),
  };
}
