/**
 * One elector process of a simulated director: a real engine, the inputs that wait for it, and its wake-ups.
 *
 * It wakes when something arrives or its deadline passes, a little late as processes are; drains everything that
 * waits, and only then looks at the deadline.
 */
import type { ElectorAction } from "../elector/action.ts";
import { Engine } from "../elector/engine.ts";
import type { ElectorInput } from "../elector/input.ts";
import { saysTheSame } from "../elector/repetition.ts";
import { after, type Instant, micros } from "../net/time.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { RouterSnapshot } from "../vrrp/snapshot.ts";
import type { State } from "../vrrp/state.ts";
import type { CallOff, VirtualClock } from "./clock.ts";
import type { Observation } from "./observation.ts";
import type { Random } from "./random.ts";

/** A process wakes this late at most, unless it is stalled. */
const LATEST_WAKE_US = 200;
/** Packets that wait in the socket of a stalled process; later ones are lost. */
const SOCKET_QUEUE = 256;
/** Ticks in a row at one unmoved deadline: the engine would spin for ever. */
const SPINNING = 100;

/** What the process is given by its director. */
export interface Host {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  /** On the director's own clock. */
  localNow(): Instant;
  /** When the cluster's clock shows what the director's clock calls `local`. */
  globally(local: Instant): Instant;
  observe(observation: Observation): void;
  /** Is told of every input before the engine is. */
  takes(input: ElectorInput): void;
  /** Does it; a refusal of the kernel comes back as the input that reports it. */
  perform(action: ElectorAction, during: ElectorInput["kind"]): ElectorInput | undefined;
  /** The engine failed: the process is dead. */
  crashed(text: string): void;
}

export class ElectorProcess {
  readonly #host: Host;
  readonly #engine = new Engine();
  readonly #inbox: ElectorInput[] = [];
  /** Packets that may wait: what the engine expects, and what came of it. */
  readonly #expected = new Map<
    string,
    { readonly packet: ReceivedPacket; last: ReceivedPacket | undefined }
  >();
  #stalled = false;
  #ended = false;
  #wake: { readonly at: Instant; readonly callOff: CallOff } | undefined;
  /** Watchers look often; an input that asked for an advert at most has changed nothing that they look at. */
  #snapshot: readonly RouterSnapshot[] | undefined;
  #spin = { deadline: -1, ticks: 0 };

  constructor(host: Host) {
    this.#host = host;
  }

  state(router: string): State | undefined {
    return this.#look(router)?.state;
  }

  /** Staying behind after a drill. */
  isHeldBack(router: string): boolean {
    return this.#look(router)?.heldBack === true;
  }

  enqueue(input: ElectorInput): void {
    const packets = input.kind === "packet" && this.#inbox.length >= SOCKET_QUEUE;
    if (packets && this.#inbox.filter((one) => one.kind === "packet").length >= SOCKET_QUEUE) return;
    if (input.kind === "packet" && !this.#stalled && this.#keeps(input.packet)) return;
    this.#inbox.push(input);
    this.#wakeAt(this.#host.clock.now);
  }

  stall(): void {
    this.#stalled = true;
  }

  /** After a stall or a pause: everything that waited comes first. */
  resume(): void {
    this.#stalled = false;
    this.#wakeAt(this.#host.clock.now);
  }

  end(): void {
    this.#ended = true;
    this.#wake?.callOff();
  }

  #look(router: string): RouterSnapshot | undefined {
    this.#snapshot ??= this.#engine.snapshot(this.#host.localNow());
    return this.#snapshot.find((one) => one.name === router);
  }

  /** A wake-up that comes too early does no harm: it finds nothing to do and arms the next one. */
  #wakeAt(when: Instant): void {
    if (this.#ended || (this.#wake !== undefined && this.#wake.at <= when)) return;
    this.#wake?.callOff();
    const late = after(when, micros(this.#host.random.whole(1, LATEST_WAKE_US)));
    this.#wake = { at: when, callOff: this.#host.clock.at(late, () => this.#work()) };
  }

  #work(): void {
    this.#wake = undefined;
    if (this.#stalled) return;
    this.#drain();
    const deadline = this.#engine.nextDeadline();
    if (deadline !== undefined && deadline <= this.#host.localNow()) this.#tick(deadline);
    const next = this.#engine.nextDeadline();
    if (this.#inbox.length > 0) this.#wakeAt(this.#host.clock.now);
    else if (next !== undefined) this.#wakeAt(this.#host.globally(next));
  }

  /** It is no news, and wakes nobody. */
  #keeps(packet: ReceivedPacket): boolean {
    for (const one of this.#expected.values()) {
      if (one.packet.interface !== packet.interface || !saysTheSame(one.packet, packet)) continue;
      const times = (one.last?.times ?? 0) + 1;
      one.last = { ...one.packet, receivedAt: packet.receivedAt, times };
      return true;
    }
    return false;
  }

  #drain(): void {
    for (const one of this.#expected.values()) {
      if (one.last !== undefined) this.#inbox.unshift({ kind: "packet", packet: one.last });
      one.last = undefined;
    }
    for (let input = this.#inbox.shift(); input !== undefined; input = this.#inbox.shift())
      this.#handle(input);
  }

  #tick(deadline: Instant): void {
    const again = this.#spin.deadline === deadline;
    this.#spin = { deadline, ticks: again ? this.#spin.ticks + 1 : 0 };
    if (this.#spin.ticks > SPINNING)
      this.#host.crashed("its deadline does not move: it asks for ticks without end");
    else this.#handle({ kind: "tick" });
  }

  #handle(input: ElectorInput): void {
    if (this.#ended) return;
    const { name } = this.#host;
    this.#host.takes(input);
    const refusals: ElectorInput[] = [];
    for (const action of this.#ask(input)) {
      const refusal = this.#host.perform(action, input.kind);
      if (refusal !== undefined) refusals.push(refusal);
    }
    this.#host.observe({ kind: "handled", node: name });
    for (const refusal of refusals) this.#handle(refusal);
  }

  #ask(input: ElectorInput): readonly ElectorAction[] {
    try {
      const actions = this.#engine.handle(input, this.#host.localNow());
      if (actions.some(({ kind }) => kind !== "advert")) this.#snapshot = undefined;
      for (const { interface: name, family, vrid, packet } of this.#engine.expectations.take()) {
        const key = `${name} ${family} ${vrid}`;
        if (packet === undefined) this.#expected.delete(key);
        else this.#expected.set(key, { packet, last: undefined });
      }
      return actions;
    } catch (error) {
      this.#host.crashed(`${input.kind}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }
}
