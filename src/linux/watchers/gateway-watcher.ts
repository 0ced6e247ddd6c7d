/** Asks gateways and peers by ICMP echo whether they can be reached through one interface. */
import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { RawSocket } from "dgram-extras";
import { dropOf, type EchoDrop, type Round } from "../../checks/reachability.ts";
import { type GatewayWatch, UNWATCHED, type Watched, watch } from "../../checks/watch.ts";
import { ECHO_REPLY, echoProtocol, encodeEchoRequest, IDENTIFIER_OFFSET } from "../../net/icmp-echo.ts";
import { type Family, familyOf, type IpAddress, parseIp } from "../../net/ip.ts";
import { formatDuration, micros, toMillis } from "../../net/time.ts";
import { refusalOf } from "../refusal.ts";
import { ACCEPT, findPayload, isByte, isPayloadByte } from "../sockets/filter.ts";
import { foundBy, type Tell } from "./looking.ts";

const SEQUENCES = 0x1_0000;
const TOKEN_SIZE = 16;

/** Until `signal`; never rejects. One round at a time. */
export async function watchGateway(settings: GatewayWatch, tell: Tell, signal: AbortSignal): Promise<void> {
  const asker = new Asker(settings);
  signal.addEventListener("abort", () => asker.close(), { once: true });
  let watched: Watched = UNWATCHED;
  while (!signal.aborted) {
    const began = performance.now();
    const { passed, detail } = await asker.ask();
    if (signal.aborted) return;
    watched = watch(watched, passed, settings);
    tell(foundBy(watched, detail));
    const rest = toMillis(settings.interval) - (performance.now() - began);
    await pause(Math.max(0, rest), undefined, { signal }).catch(() => {});
  }
}

interface Answer {
  readonly passed: boolean;
  readonly detail: string;
}

class Asker {
  readonly #settings: GatewayWatch;
  readonly #identifier = randomInt(SEQUENCES);
  readonly #sockets = new Map<Family, RawSocket>();
  readonly #drops = new Map<EchoDrop, number>();
  #sequence = randomInt(SEQUENCES);
  #round: Round | undefined;
  #heard: ((source: IpAddress | undefined) => void) | undefined;

  constructor(settings: GatewayWatch) {
    this.#settings = settings;
  }

  /** Every target once; the first answer will do. */
  async ask(): Promise<Answer> {
    const { targets, timeout } = this.#settings;
    this.#sequence = (this.#sequence + 1) % SEQUENCES;
    const [identifier, sequence, token] = [this.#identifier, this.#sequence, randomBytes(TOKEN_SIZE)];
    const round: Round = { identifier, sequence, token, targets };
    this.#round = round;
    const began = performance.now();
    const answer = this.#answer();
    const refusals = targets.flatMap((target) => this.#send(target, round) ?? []);
    if (refusals.length === targets.length) this.#heard?.(undefined);
    const source = await answer;
    // The answers of the other targets are welcome, and change nothing.
    if (source === undefined) this.#round = undefined;
    const dropped = this.#dropText();
    if (source !== undefined) {
      const took = formatDuration(micros((performance.now() - began) * 1_000));
      return { passed: true, detail: `${source} answered in ${took}${dropped}` };
    }
    const silent = `no answer from ${targets.join(" or ")} within ${formatDuration(timeout)}`;
    return { passed: false, detail: `${refusals.length > 0 ? refusals.join(", ") : silent}${dropped}` };
  }

  /** A question under way has no answer. */
  close(): void {
    this.#heard?.(undefined);
    this.#closeSockets();
  }

  /** Who answers first; `undefined`: nobody in time. */
  async #answer(): Promise<IpAddress | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const source = await new Promise<IpAddress | undefined>((resolve) => {
      this.#heard = resolve;
      timer = setTimeout(() => resolve(undefined), toMillis(this.#settings.timeout));
    });
    clearTimeout(timer);
    return source;
  }

  /** Says what the kernel had against it. */
  #send(target: IpAddress, { identifier, sequence, token: data }: Round): string | undefined {
    const family = familyOf(target);
    const request = encodeEchoRequest(family, { identifier, sequence, data });
    const refusal = refusalOf(() => this.#socket(family).send(request, target));
    if (refusal === undefined) return undefined;
    // The interface may be another one of the same name by now.
    this.#closeSockets();
    return `${target}: ${refusal.text}`;
  }

  #socket(family: Family): RawSocket {
    const known = this.#sockets.get(family);
    if (known !== undefined) return known;
    const socket = new RawSocket({
      family,
      protocol: echoProtocol(family),
      device: this.#settings.interface,
      filter: replyFilter(family, this.#identifier),
    });
    this.#sockets.set(family, socket);
    socket.onReadable(() => this.#hear(socket));
    return socket;
  }

  #hear(socket: RawSocket): void {
    for (const { bytes, source: text } of socket.drain()) {
      const source = parseIp(text);
      if (source === undefined) continue;
      const drop = this.#round === undefined ? "late" : dropOf(this.#round, source, bytes);
      if (drop === undefined) this.#heard?.(source);
      else this.#drops.set(drop, (this.#drops.get(drop) ?? 0) + 1);
    }
  }

  #dropText(): string {
    const counts = Array.from(this.#drops, ([drop, count]) => `${drop} ${count}`);
    return counts.length === 0 ? "" : ` (replies dropped so far: ${counts.join(", ")})`;
  }

  #closeSockets(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}

/** Replies to other programs on this host stay outside. */
function replyFilter(family: Family, identifier: number) {
  const bytes: readonly (readonly [offset: number, value: number])[] = [
    [0, ECHO_REPLY[family]],
    [IDENTIFIER_OFFSET, identifier >> 8],
    [IDENTIFIER_OFFSET + 1, identifier & 0xff],
  ];
  // Raw sockets see the header of IPv4, and not that of IPv6.
  return family === 4
    ? [...findPayload(), ...bytes.flatMap(([offset, value]) => isPayloadByte(offset, value)), ...ACCEPT]
    : [...bytes.flatMap(([offset, value]) => isByte(offset, value)), ...ACCEPT];
}
