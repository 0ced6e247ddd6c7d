/** Which datagrams were sent when, and who answered them. */
import type { Progress, StreamReport } from "./reports.ts";

const GAPS_LIMIT = 1_000;
const UNANSWERED = -1;

export class Ledger {
  #sentMicros = new Float64Array(1 << 16);
  #answeredBy = new Int16Array(1 << 16).fill(UNANSWERED);
  readonly #responders: string[] = [];
  readonly #paceMicros: number;
  #sent = 0;
  #received = 0;
  #slowestMicros = 0;

  constructor(paceMicros: number) {
    this.#paceMicros = paceMicros;
  }

  /** The number of the datagram that is sent now. */
  send(nowMicros: number): number {
    if (this.#sent === this.#sentMicros.length) this.#grow();
    this.#sentMicros[this.#sent] = nowMicros;
    return this.#sent++;
  }

  /** Returns what is known now; `undefined` for an answer that was counted already. */
  answer(number: number, responder: string, nowMicros: number): Progress | undefined {
    if (number >= this.#sent || this.#answeredBy[number] !== UNANSWERED) return undefined; // a duplicate
    const sentMicros = this.#at(number);
    this.#answeredBy[number] = this.#indexOf(responder);
    this.#received += 1;
    this.#slowestMicros = Math.max(this.#slowestMicros, nowMicros - sentMicros);
    return { responder, sentMicros };
  }

  /** Nothing was sent after it. */
  isLast(number: number): boolean {
    return number === this.#sent - 1;
  }

  report(): StreamReport {
    const answered = this.#answeredNumbers();
    const gaps = this.#gaps(answered);
    const longest = Math.max(this.#paceMicros, ...gaps.map((gap) => gap.toMicros - gap.fromMicros));
    return {
      sent: this.#sent,
      received: this.#received,
      lost: this.#sent - this.#received,
      longestGapMillis: longest / 1_000,
      longestPauseMillis: this.#longestPauseMicros() / 1_000,
      slowestAnswerMillis: this.#slowestMicros / 1_000,
      spans: this.#spans(answered),
      gaps: gaps.slice(-GAPS_LIMIT),
    };
  }

  #answeredNumbers(): number[] {
    const numbers: number[] = [];
    for (let number = 0; number < this.#sent; number++)
      if (this.#answeredBy[number] !== UNANSWERED) numbers.push(number);
    return numbers;
  }

  #gaps(answered: readonly number[]): StreamReport["gaps"] {
    const gaps: StreamReport["gaps"] = [];
    for (const [index, number] of answered.entries()) {
      const next = answered[index + 1] ?? number + 1;
      if (next === number + 1) continue;
      gaps.push({ fromMicros: this.#at(number), toMicros: this.#at(next), lost: next - number - 1 });
    }
    return gaps;
  }

  #spans(answered: readonly number[]): StreamReport["spans"] {
    const spans: StreamReport["spans"] = [];
    for (const number of answered) {
      const responder = this.#responders[this.#answeredBy[number] ?? UNANSWERED] ?? "";
      const sentMicros = this.#at(number);
      const current = spans.at(-1);
      if (current?.responder === responder) {
        current.lastSentMicros = sentMicros;
        current.answers += 1;
      } else {
        spans.push({ responder, firstSentMicros: sentMicros, lastSentMicros: sentMicros, answers: 1 });
      }
    }
    return spans;
  }

  #longestPauseMicros(): number {
    let longest = 0;
    for (let number = 1; number < this.#sent; number++)
      longest = Math.max(longest, this.#at(number) - this.#at(number - 1));
    return longest;
  }

  #at(number: number): number {
    return this.#sentMicros[number] ?? 0;
  }

  #indexOf(responder: string): number {
    const index = this.#responders.indexOf(responder);
    return index >= 0 ? index : this.#responders.push(responder) - 1;
  }

  #grow(): void {
    const size = this.#sentMicros.length * 2;
    const sentMicros = new Float64Array(size);
    sentMicros.set(this.#sentMicros);
    const answeredBy = new Int16Array(size).fill(UNANSWERED);
    answeredBy.set(this.#answeredBy);
    this.#sentMicros = sentMicros;
    this.#answeredBy = answeredBy;
  }
}
