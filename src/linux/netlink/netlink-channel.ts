/** One netlink socket for requests: sends them, waits for the kernel's answers, and keeps the sequence numbers. */
import { NetlinkSocket, SystemError } from "dgram-extras";
import { ETIMEDOUT } from "../../netlink/errno.ts";
import { type Answer, Exchange } from "../../netlink/exchange.ts";
import type { Message, Request } from "../../netlink/message.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";

/** The kernel answers within microseconds; a request that it cannot read is never answered. */
const ANSWER_MS = 1_000;
/** Requests in one datagram: far below the send buffer, and short enough not to keep an advert waiting. */
const BATCH_LIMIT = 64;
/** A table that changes during each of so many dumps is reported as it was last seen. */
const DUMP_TRIES = 5;
const SEQUENCE_LIMIT = 0x7fff_0000;

interface ChannelOptions {
  readonly protocol: number;
  /** Path of a network namespace; the process's own when absent. */
  readonly namespace?: string;
}

export class NetlinkChannel {
  readonly #socket: NetlinkSocket;
  #sequence = 1;

  /** Throws SystemError. */
  constructor(options: ChannelOptions) {
    this.#socket = new NetlinkSocket(options);
  }

  /** One answer for each request, in order; a request without one was refused with ETIMEDOUT. Throws SystemError. */
  ask(requests: readonly Request[]): Answer[] {
    const answers: Answer[] = [];
    for (let start = 0; start < requests.length; start += BATCH_LIMIT) {
      answers.push(...this.#exchange(requests.slice(start, start + BATCH_LIMIT)));
    }
    return answers;
  }

  /**
   * What a request lists, asked again while it changes under the listing. What cannot be read is left out.
   * Throws SystemError, also when the kernel refuses: an empty list would be a lie.
   */
  list<T>(request: Request, decode: (message: Message) => T | undefined): T[] {
    for (let attempt = 1; ; attempt++) {
      const [answer] = this.#exchange([request]);
      if (answer?.refusal !== undefined) throw errorFrom(answer.refusal);
      if (answer?.interrupted === true && attempt < DUMP_TRIES) continue;
      return answer?.messages.flatMap((message) => decode(message) ?? []) ?? [];
    }
  }

  close(): void {
    this.#socket.close();
  }

  #exchange(requests: readonly Request[]): Answer[] {
    if (this.#sequence > SEQUENCE_LIMIT) this.#sequence = 1;
    const exchange = new Exchange(requests, this.#sequence);
    this.#sequence += requests.length;
    try {
      this.#socket.request(exchange.datagram, ANSWER_MS, (datagram) => exchange.take(datagram));
    } catch (error) {
      // What was not answered in time is an answer too.
      if (!(error instanceof SystemError) || error.errno !== ETIMEDOUT) throw error;
    }
    return exchange.answers();
  }
}

export function errorFrom({ errno, call, text }: KernelRefusal): SystemError {
  return new SystemError(errno, call, `(${text})`);
}
