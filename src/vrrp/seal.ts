/** What makes a router's adverts believed, and tells which to believe: its signatures and those of its peers. */
import { type IpAddress, parseIp } from "../net/ip.ts";
import type { Instant } from "../net/time.ts";
import type { DropReason } from "./drop.ts";
import type { RouterEvent } from "./event.ts";
import type { NodeView } from "./node.ts";
import type { ReceivedPacket } from "./packet.ts";
import type { Sequence } from "./sequence.ts";
import type { RouterSettings } from "./settings.ts";
import { Signing } from "./signing.ts";
import { Verification } from "./verification.ts";

/** The last sequences of a router and of those it has heard, in decimal digits: kept from one run to the next. */
export interface Marks {
  readonly said: string | undefined;
  /** By source address. */
  readonly heard: Readonly<Record<string, string>>;
}

/** Signs one message; absent where nothing is signed. */
export type Sign = (message: Uint8Array, source: IpAddress) => Uint8Array | undefined;

export class Seal {
  readonly #node: NodeView;
  readonly #signing: Signing;
  readonly #verification: Verification;

  constructor(router: string, node: NodeView) {
    this.#node = node;
    const marks = node.marksOf(router);
    this.#signing = new Signing(node.hmac, sequenceOf(marks?.said));
    this.#verification = new Verification(node.hmac, heardOf(marks?.heard ?? {}));
  }

  /** For an advert that leaves now. */
  signer({ transport: { authentication } }: RouterSettings, now: Instant): Sign | undefined {
    if (authentication === undefined) return undefined;
    return (message, source) =>
      this.#signing.sign(message, source, authentication, this.#node.unixMicros(now));
  }

  /** For a goodbye that leaves when we are dead. */
  bequeather({ transport: { authentication } }: RouterSettings, now: Instant): Sign | undefined {
    if (authentication === undefined) return undefined;
    return (message, source) =>
      this.#signing.signAhead(message, source, authentication, this.#node.unixMicros(now));
  }

  /** Whether to believe a packet whose message has `size` bytes. */
  judge(
    packet: ReceivedPacket,
    size: number,
    { transport: { authentication } }: RouterSettings,
  ): DropReason | undefined {
    if (authentication === undefined) return undefined;
    const at = this.#node.unixMicros(packet.receivedAt);
    return this.#verification.judge(packet, size, authentication, at);
  }

  /** The clock of somebody who is believed for now. */
  takeSkew({ name: router, transport: { authentication } }: RouterSettings): RouterEvent | undefined {
    const skew = this.#verification.takeSkew();
    if (skew === undefined || authentication === undefined) return undefined;
    const { source: from, seconds: ahead } = skew;
    return { kind: "clock-skew", router, from, ahead, window: authentication.window };
  }

  get marks(): Marks {
    const heard = Array.from(this.#verification.marks, ([source, sequence]) => [source, `${sequence}`]);
    return { said: this.#signing.mark?.toString(), heard: Object.fromEntries(heard) };
  }
}

/** Of those that sign, by their names. */
export function marksOf(
  routers: readonly { readonly settings: RouterSettings; readonly marks: Marks | undefined }[],
): Readonly<Record<string, Marks>> {
  const pairs = routers.flatMap(({ settings, marks }): [string, Marks][] =>
    marks === undefined ? [] : [[settings.name, marks]],
  );
  return Object.fromEntries(pairs);
}

function heardOf(heard: Marks["heard"]): ReadonlyMap<IpAddress, Sequence> {
  const marks = new Map<IpAddress, Sequence>();
  for (const [source, digits] of Object.entries(heard)) {
    const [address, sequence] = [parseIp(source), sequenceOf(digits)];
    if (address !== undefined && sequence !== undefined) marks.set(address, sequence);
  }
  return marks;
}

/** `undefined` for what is no number of 64 bits: a file may have been written by anybody. */
function sequenceOf(digits: string | undefined): Sequence | undefined {
  return digits !== undefined && /^\d{1,20}$/.test(digits) ? BigInt.asUintN(64, BigInt(digits)) : undefined;
}
