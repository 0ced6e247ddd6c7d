/**
 * Requests and their answers, without a socket: which received message belongs to which request, and when all is said.
 *
 * Several requests may share a datagram. The kernel works through them in order, answers each by its sequence number,
 * and a failure does not stop the following ones. A dump ends with NLMSG_DONE, everything else with an NLMSG_ERROR,
 * whose error is 0 for an acknowledgement. A kernel that cannot read a request at all does not answer it.
 */
import { Bug } from "../net/bug.ts";
import { alignMessage, NLMSG_HDRLEN } from "./align.ts";
import { Attributes } from "./attributes.ts";
import { EBADMSG, ETIMEDOUT, errorCode, errorText } from "./errno.ts";
import { HostReader } from "./host-bytes.ts";
import {
  encodeRequests,
  type Message,
  NLM_F_ACK,
  NLM_F_DUMP,
  type Request,
  splitMessages,
} from "./message.ts";
import type { KernelRefusal } from "./refusal.ts";

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** Real types begin here; below it there is only control. */
const NLMSG_MIN_TYPE = 16;

const NLM_F_DUMP_INTR = 0x010;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;

const NLMSGERR_ATTR_MSG = 1;
const ERROR_SIZE = 4;

/** What one request came to. */
export interface Answer {
  readonly messages: readonly Message[];
  readonly refusal: KernelRefusal | undefined;
  /** The table changed while it was dumped: entries may be missing or doubled, so ask again. */
  readonly interrupted: boolean;
}

interface Entry {
  readonly call: string;
  /** It is heard of only if it is refused. */
  readonly silent: boolean;
  readonly messages: Message[];
  refusal: KernelRefusal | undefined;
  interrupted: boolean;
  complete: boolean;
}

export class Exchange {
  /** All the requests, to be sent at once. */
  readonly datagram: Uint8Array;
  readonly #entries = new Map<number, Entry>();
  #open: number;

  /** @param firstSequence that of the first request; the others count on from it. Never 0, never one that is still open. */
  constructor(requests: readonly Request[], firstSequence: number) {
    const dumps = requests.filter(({ flags }) => (flags & NLM_F_DUMP) === NLM_F_DUMP);
    if (dumps.length > 0 && requests.length > 1) throw new Bug("a socket has one dump at a time");
    for (const [index, { call, flags }] of requests.entries()) {
      const silent = !isAnswered(flags);
      const entry = { call, silent, messages: [], refusal: undefined, interrupted: false, complete: silent };
      this.#entries.set(firstSequence + index, entry);
    }
    this.#open = requests.filter(({ flags }) => isAnswered(flags)).length;
    this.datagram = encodeRequests(requests, firstSequence);
  }

  /** Takes a received datagram, which must not change afterwards. True when every request has its answer. */
  take(datagram: Uint8Array): boolean {
    const { messages, error } = splitMessages(datagram);
    for (const message of messages) {
      const entry = this.#entries.get(message.sequence);
      if (entry !== undefined && !entry.complete) this.#hear(entry, message);
      else if (entry?.silent === true && message.type === NLMSG_ERROR) this.#refuseAll(entry.call, message);
    }
    if (error !== undefined) this.#giveUp(EBADMSG, error);
    return this.#open === 0;
  }

  /** One for each request, in order. A request without an answer by now was refused with ETIMEDOUT. */
  answers(): Answer[] {
    this.#giveUp(ETIMEDOUT);
    return Array.from(this.#entries.values());
  }

  #hear(entry: Entry, message: Message): void {
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) entry.interrupted = true;
    if (message.type >= NLMSG_MIN_TYPE) entry.messages.push(message);
    else if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
      this.#close(entry, refusalIn(entry.call, message));
    }
  }

  /** What frames the others was refused: they were not even looked at. */
  #refuseAll(frame: string, message: Message): void {
    const refusal = refusalIn(frame, message);
    if (refusal === undefined) return;
    for (const entry of this.#entries.values()) if (!entry.complete) this.#close(entry, refusal);
  }

  #giveUp(errno: number, text?: string): void {
    for (const entry of this.#entries.values()) {
      if (!entry.complete) this.#close(entry, kernelRefusal(entry.call, errno, text));
    }
  }

  #close(entry: Entry, refusal: KernelRefusal | undefined): void {
    entry.complete = true;
    entry.refusal = refusal;
    this.#open -= 1;
  }
}

/** Others hear of their refusal alone. */
function isAnswered(flags: number): boolean {
  return (flags & (NLM_F_ACK | NLM_F_DUMP)) !== 0;
}

/** What NLMSG_ERROR or NLMSG_DONE says; `undefined` for a success. */
function refusalIn(call: string, { type, flags, body }: Message): KernelRefusal | undefined {
  const reader = new HostReader(body);
  const error = reader.i32();
  if (reader.error !== undefined) return kernelRefusal(call, EBADMSG);
  if (error === 0) return undefined;
  const told = (flags & NLM_F_ACK_TLVS) === 0 ? undefined : explanation(body, type, flags);
  return kernelRefusal(call, Math.abs(error), told);
}

/** The text of an extended acknowledgement: behind the error, or behind the request that NLMSG_ERROR repeats. */
function explanation(body: Uint8Array, type: number, flags: number): string | undefined {
  if (type === NLMSG_DONE) return messageText(body.subarray(ERROR_SIZE));
  const length =
    (flags & NLM_F_CAPPED) !== 0 ? NLMSG_HDRLEN : new HostReader(body.subarray(ERROR_SIZE)).u32();
  return messageText(body.subarray(ERROR_SIZE + alignMessage(length)));
}

function messageText(bytes: Uint8Array): string | undefined {
  return new Attributes(bytes).text(NLMSGERR_ATTR_MSG);
}

function kernelRefusal(call: string, errno: number, text: string = errorText(errno)): KernelRefusal {
  return { call, errno, code: errorCode(errno), text };
}
