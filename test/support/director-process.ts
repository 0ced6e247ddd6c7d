/**
 * The product on a director of the lab: the built program with a cluster file, a run and a state directory of its own.
 *
 * The process that a test starts is the elector. Its balancer leads a group of its own, and outlives a killed elector to
 * execute its last will: it is known by the note that the elector leaves in the run directory, and ended by that.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../../src/control/client.ts";
import { type RouterReport, reloadShape, type StatusReport, statusShape } from "../../src/control/shapes.ts";
import type { ReloadOutcome } from "../../src/control/target.ts";
import type { EventKind, EventOf, KeelsonEvent } from "../../src/log/event.ts";
import { EVENT_KINDS } from "../../src/log/line.ts";
import type { State } from "../../src/vrrp/state.ts";
import type { Lab } from "./lab.ts";
import { type Ending, type OwnedProcess, run } from "./processes.ts";
import { portOf, VIP } from "./topology.ts";
import { until } from "./until.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/keelson");
/** By this Node.js, with the options that its first line asks for. */
const KEELSON = [process.execPath, ...optionsOf(PROGRAM), PROGRAM];
/** Two processes of Node start, on a machine that may be busy. */
const PATIENCE_MS = 30_000;

export type DirectorNode = "d1" | "d2";
type Transition = EventOf["transition"];

/** What the tests call the directors in a cluster file. */
const DIRECTOR_NAMES = { d1: "lb1", d2: "lb2" } as const;

interface Scope {
  after(undo: () => void | Promise<void>): void;
}

export interface DirectorOptions {
  /** What the cluster file calls it: lb1 on d1, lb2 on d2 unless given. */
  readonly name?: string;
  readonly strict?: boolean;
  /** All that its elector is told goes to its `recording`. */
  readonly record?: boolean;
  /** User-mode Linux counts what its host takes away as computing, and the kernel ends a real-time process for that. */
  readonly ordinaryScheduling?: boolean;
  /** Of an earlier director on the same node: its run and state directories are used again. */
  readonly successorOf?: DirectorProcess;
}

/** Starts one with this cluster file; it ends with the test. Does not wait for anything. */
export function startDirector(
  scope: Scope,
  lab: Lab,
  node: DirectorNode,
  clusterFile: string,
  options: DirectorOptions = {},
): DirectorProcess {
  const director = new DirectorProcess(lab, node, clusterFile, options);
  scope.after(() => director.end());
  return director;
}

let directors = 0;

export class DirectorProcess {
  readonly node: DirectorNode;
  readonly #lab: Lab;
  readonly #folder: string;
  readonly #name: string;
  readonly #child: OwnedProcess;
  readonly #events: KeelsonEvent[] = [];
  /** The beginning of a line that is not there yet. */
  #rest = "";
  #ending: Ending | undefined;

  constructor(lab: Lab, node: DirectorNode, clusterFile: string, options: DirectorOptions) {
    this.#lab = lab;
    this.node = node;
    this.#name = options.name ?? DIRECTOR_NAMES[node];
    this.#folder = options.successorOf?.folder ?? join(lab.folder, `director-${++directors}`);
    mkdirSync(this.#folder, { recursive: true });
    this.write(clusterFile);
    const through =
      options.ordinaryScheduling === true ? ["setpriv", "--bounding-set", "-sys_nice", "--"] : [];
    const strict = options.strict === true ? ["--strict"] : [];
    const record = options.record === true ? ["--record", this.recording] : [];
    const command = [...KEELSON, "run", ...this.arguments, ...strict, ...record];
    this.#child = lab.start(node, [...through, ...command], { onOutput: (text) => this.#read(text) });
    void this.#child.ended.then((ending) => {
      this.#ending = ending;
    });
  }

  get folder(): string {
    return this.#folder;
  }

  get runDir(): string {
    return join(this.#folder, "run");
  }

  get stateDir(): string {
    return join(this.#folder, "state");
  }

  get clusterFile(): string {
    return join(this.#folder, "cluster.toml");
  }

  get recording(): string {
    return join(this.#folder, "recording.jsonl");
  }

  /** Of `keelson run`. */
  get arguments(): string[] {
    const node = ["--config", this.clusterFile, "--node", this.#name];
    return [...node, "--run-dir", this.runDir, "--state-dir", this.stateDir];
  }

  /** The cluster file on disk; nobody is told. */
  write(clusterFile: string): void {
    writeFileSync(this.clusterFile, clusterFile);
  }

  /** Another command line of the product, on the same node. */
  async command(...words: string[]): Promise<Ending> {
    const namespace = ["nsenter", `--net=${this.#lab.namespacePathOf(this.node)}`, "--"];
    return run([...namespace, ...KEELSON, ...words], { timeoutMs: PATIENCE_MS });
  }

  /** Settles when both processes are gone. */
  get ended(): Promise<Ending> {
    return this.#child.ended;
  }

  get electorAlive(): boolean {
    return this.#child.alive;
  }

  /** To the elector alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.signal(signal);
  }

  /** As a terminal does on ^C. */
  signalGroup(signal: NodeJS.Signals): void {
    this.#child.signalGroup(signal);
  }

  /** The balancer of now; `undefined` when it is gone. */
  get balancer(): number | undefined {
    const [pid, started] = textOf(join(this.runDir, "balancer")).trim().split(" ");
    if (pid === undefined || started === undefined || startOf(pid) !== started) return undefined;
    return Number(pid);
  }

  signalBalancer(signal: NodeJS.Signals): void {
    const { balancer } = this;
    if (balancer === undefined) throw new Error(`no balancer to signal: ${this.explain()}`);
    process.kill(balancer, signal);
  }

  /** The death of the whole machine's software: neither process gets to say a word. */
  async crash(): Promise<void> {
    // First stopped, for the one that saw the other go would act on it.
    this.signal("SIGSTOP");
    this.signalBalancer("SIGSTOP");
    this.signal("SIGKILL");
    this.signalBalancer("SIGKILL");
    await this.ended;
  }

  /** Ends what is left of it; the addresses and tables in the kernel stay. */
  async end(): Promise<void> {
    this.signal("SIGSTOP");
    this.signal("SIGKILL");
    const { balancer } = this;
    if (balancer !== undefined) process.kill(balancer, "SIGKILL");
    await this.ended;
  }

  /** What both processes have logged so far. */
  get events(): readonly KeelsonEvent[] {
    return this.#events;
  }

  eventsOf<K extends EventKind>(kind: K): EventOf[K][] {
    return this.events.filter((event): event is EventOf[K] => event.kind === kind);
  }

  /** Waits for one that was logged after the first `since` events. */
  async event<K extends EventKind>(
    kind: K,
    wanted: (event: EventOf[K]) => boolean = () => true,
    since = 0,
  ): Promise<EventOf[K]> {
    const find = () =>
      this.events
        .slice(since)
        .filter((event): event is EventOf[K] => event.kind === kind)
        .find(wanted);
    return this.#until(`event ${kind}`, find);
  }

  /** Waits until the router has come to this state, and for that to be its last word. */
  async state(state: State, router = "front"): Promise<Transition> {
    return this.#until(`${router} in ${state}`, () => {
      const last = this.transitions(router).at(-1);
      return last?.to === state ? last : undefined;
    });
  }

  transitions(router = "front"): Transition[] {
    return this.eventsOf("transition").filter((event) => event.router === router);
  }

  /** What the balancer answers; `undefined` when it is away. */
  async status(): Promise<StatusReport | undefined> {
    const question = {
      method: "GET",
      path: "/status",
      shape: statusShape,
      deadlineMs: PATIENCE_MS,
    } as const;
    const reply = await ask(join(this.runDir, "control.sock"), question);
    return reply.kind === "answer" ? reply.body : undefined;
  }

  /** As `keelson reload`, without its process. */
  async reload({ wireBreaking = false } = {}): Promise<ReloadOutcome> {
    const question = {
      method: "POST",
      path: wireBreaking ? "/reload?wire-breaking=true" : "/reload",
      shape: reloadShape,
      deadlineMs: PATIENCE_MS,
    } as const;
    const reply = await ask(join(this.runDir, "control.sock"), question);
    if (reply.kind !== "answer") throw new Error(`no reload: ${reply.reason}\n${this.explain()}`);
    return reply.body;
  }

  /** Waits until the router is reported so. */
  async router(
    what: string,
    wanted: (router: RouterReport) => boolean,
    name = "front",
  ): Promise<RouterReport> {
    return this.#until(what, async () => {
      const routers = (await this.status())?.elector?.routers ?? [];
      return routers.find((router) => router.name === name && wanted(router));
    });
  }

  /** Waits until the node has the address, or has it no more. */
  async holds(held: boolean, address: string = VIP): Promise<void> {
    const what = `${address} ${held ? "on" : "off"} ${this.node}`;
    await this.#until(what, async () => (await this.#lab.holds(this.node, address)) === held);
  }

  explain(): string {
    const elector = this.electorAlive ? "alive" : `gone (${this.#ending?.signal ?? this.#ending?.status})`;
    return `${this.node}, elector ${elector}:\n${this.#child.stdout}${this.#child.stderr}`;
  }

  #read(text: string): void {
    const lines = `${this.#rest}${text}`.split("\n");
    this.#rest = lines.pop() ?? "";
    this.#events.push(...lines.map(parseJson).filter(isEvent));
  }

  async #until<T>(what: string, condition: () => T | undefined | false | Promise<T | undefined | false>) {
    return until(`${what} of ${this.node}`, condition, {
      deadlineMs: PATIENCE_MS,
      explain: () => this.explain(),
    });
  }
}

/** Starts both with the same file; the first is master then, and the second follows it. */
export async function startPair(
  scope: Scope,
  lab: Lab,
  clusterFile = pairFile(),
): Promise<readonly [DirectorProcess, DirectorProcess]> {
  // One after the other: on a busy machine two that start together may claim in either order first.
  const first = startDirector(scope, lab, "d1", clusterFile);
  await first.holds(true);
  await first.state("Master");
  const second = startDirector(scope, lab, "d2", clusterFile);
  await second.state("Backup");
  return [first, second];
}

export interface PairSettings {
  readonly priorities?: { readonly lb1: number; readonly lb2: number };
  readonly vrid?: number;
  /** As they are written in the file. */
  readonly addresses?: readonly string[];
  /** More keys of the router. */
  readonly router?: string;
  /** More tables. */
  readonly more?: string;
}

/** A cluster file for the lab's two directors with one virtual router, `front`, at 100 ms. */
export function pairFile({
  priorities = { lb1: 150, lb2: 100 },
  vrid = 51,
  addresses = [`"${VIP}"`],
  router = "",
  more = "",
}: PairSettings = {}): string {
  const directors = (["d1", "d2"] as const).map((node) => {
    const { address, interface: name } = portOf(node, "outer");
    return `[directors.${DIRECTOR_NAMES[node]}]\naddress = "${address}"\ninterface = "${name}"\n`;
  });
  return `[cluster]
name = "lab"
${directors.join("")}
[routers.front]
vrid = ${vrid}
interval = "100ms"
priority = { lb1 = ${priorities.lb1}, lb2 = ${priorities.lb2} }
addresses = [${addresses.join(", ")}]
${router}
${more}
`;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The product's own words: what carries the kind of an event is one. */
function isEvent(value: unknown): value is KeelsonEvent {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return typeof value.kind === "string" && Object.hasOwn(EVENT_KINDS, value.kind);
}

/** A dead one that nobody has reaped yet does not run. */
export function isRunning(pid: number): boolean {
  return startOf(`${pid}`) !== undefined;
}

/** Field 22 of /proc/PID/stat, after the name, which may hold spaces; a dead one that nobody has reaped yet is gone. */
function startOf(pid: string): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function optionsOf(program: string): string[] {
  const [first = ""] = readFileSync(program, "utf8").split("\n");
  const [, options = ""] = first.split(" node ");
  return options.split(" ");
}
