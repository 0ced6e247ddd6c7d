/**
 * `keelson replay`: runs the inputs of a recording through an engine, and prints every transition with its instant and its
 * cause. The engine knows no clock and no chance: it does what it did. Each header begins another life of the elector.
 */
import { open } from "node:fs/promises";
import { installedVersion } from "../channel/version.ts";
import { Engine } from "../elector/engine.ts";
import type { RecordingHeader } from "../elector/recording.ts";
import { hmac } from "../linux/elector/hmac.ts";
import { inBrackets } from "../log/router-kinds.ts";
import { printable } from "../log/text.ts";
import { between, type Instant } from "../net/time.ts";
import { CAUSES, type RouterEvent } from "../vrrp/event.ts";
import type { Given } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { type RecordedLine, readRecordedLine } from "./recording.ts";

type Transition = Extract<RouterEvent, { kind: "transition" }>;

interface Life {
  readonly engine: Engine;
  readonly header: RecordingHeader;
  last: number;
  at: Instant;
}

/** Nothing that comes after it would be true. */
class BadRecording extends Error {}

export async function run({ operand: file, flags }: Given): Promise<number> {
  if (file === undefined) {
    console.error("keelson replay: say which recording (keelson replay --help)");
    return EXIT.refused;
  }
  const replay = new Replay(file, flags.has("json"));
  try {
    const handle = await open(file);
    for await (const line of handle.readLines()) replay.take(line);
    replay.finish();
    return EXIT.done;
  } catch (error) {
    const message = refusalText(error);
    if (message === undefined) throw error;
    console.error(message);
    return EXIT.refused;
  }
}

function refusalText(error: unknown): string | undefined {
  if (error instanceof BadRecording) return error.message;
  return error instanceof Error && "syscall" in error ? `keelson replay: ${error.message}` : undefined;
}

class Replay {
  readonly #file: string;
  readonly #json: boolean;
  #number = 0;
  #life: Life | undefined;
  #torn = false;

  constructor(file: string, json: boolean) {
    this.#file = file;
    this.#json = json;
  }

  take(text: string): void {
    this.#number += 1;
    const line = readRecordedLine(text);
    if (this.#torn && !this.#followsOn(line)) this.#fail("it is no JSON", this.#number - 1);
    this.#torn = false;
    switch (line.kind) {
      case "header":
        return this.#begin(line.header);
      case "input":
        return this.#input(line);
      case "bad":
        if (!line.torn) this.#fail(line.reason);
        this.#torn = true;
        return;
    }
  }

  /** Whoever died while it wrote the line before: nothing is missing all the same. */
  #followsOn(line: RecordedLine): boolean {
    return line.kind === "header" || (line.kind === "input" && line.n <= (this.#life?.last ?? 0) + 1);
  }

  finish(): void {
    if (this.#life === undefined) throw new BadRecording(`${this.#file}: error: it is no recording`);
    if (this.#torn) this.#note("the last line is cut short, and was left out");
  }

  #begin(header: RecordingHeader): void {
    const { generation, now } = this.#life?.header ?? {};
    if (header.generation === generation && header.now === now) return;
    this.#life = { engine: new Engine(hmac), header, last: 0, at: header.now };
    const { version, node } = header;
    if (version !== installedVersion())
      this.#note(
        `recorded by keelson ${printable(version)}, replayed by ${installedVersion()}: they may differ`,
      );
    if (this.#json) return;
    console.log(`${printable(node)}, keelson ${printable(version)}, generation ${header.generation}`);
  }

  #input({ n, at, input }: Extract<RecordedLine, { kind: "input" }>): void {
    const life = this.#life ?? this.#fail("an input before any header");
    // Written again by another balancer, after one that died: it could not say that it was written.
    if (n <= life.last) return;
    if (at < life.at) this.#fail("it is older than the line before");
    const missing = n - life.last - 1;
    if (missing > 0) this.#note(`${missing} inputs are missing before this one: what follows may differ`);
    life.last = n;
    life.at = at;
    for (const action of this.#handle(life, input)) {
      if (action.kind === "event" && action.event.kind === "transition")
        console.log(this.#describe(life, action.event));
    }
  }

  /** What made an elector fail makes this one fail, too. */
  #handle({ engine, at }: Life, input: Extract<RecordedLine, { kind: "input" }>["input"]) {
    try {
      return engine.handle(input, at);
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      return this.#fail(`the engine failed: ${stack ?? String(error)}`);
    }
  }

  #describe({ header, at }: Life, { router, from, to, cause, detail }: Transition): string {
    const time = timeText(header.wall * 1_000 + between(header.now, at));
    if (this.#json) return JSON.stringify({ time, at, router, from, to, cause, detail });
    return printable(`${time}  ${router}  ${from} → ${to}  ${cause}: ${CAUSES[cause]}${inBrackets(detail)}`);
  }

  #note(text: string): void {
    console.error(`${this.#file}:${this.#number}: note: ${text}`);
  }

  #fail(reason: string, line = this.#number): never {
    throw new BadRecording(`${this.#file}:${line}: error: ${reason}`);
  }
}

/** `2026-01-02T03:04:05.678901Z` from microseconds since 1970. */
function timeText(micros: number): string {
  const text = new Date(Math.floor(micros / 1_000)).toISOString();
  return text.replace("Z", `${String(micros % 1_000).padStart(3, "0")}Z`);
}
