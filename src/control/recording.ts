/** Reads back what `src/elector/recording.ts` wrote: one line at a time, checked. */
import { z } from "zod";
import type { ElectorInput } from "../elector/input.ts";
import { RECORDING_FORMAT, type RecordingHeader } from "../elector/recording.ts";
import { parseHex } from "../net/hex.ts";
import { parseIp } from "../net/ip.ts";
import { parseMac } from "../net/mac.ts";
import { type Instant, instant } from "../net/time.ts";
import type { Marks } from "../vrrp/seal.ts";
import type { RouterSettings } from "../vrrp/settings.ts";

interface RecordedInput {
  readonly kind: "input";
  readonly n: number;
  readonly at: Instant;
  readonly input: ElectorInput;
}

export type RecordedLine =
  | { readonly kind: "header"; readonly header: RecordingHeader }
  | RecordedInput
  /** `torn`: it is no JSON, as when its writer died. */
  | { readonly kind: "bad"; readonly torn: boolean; readonly reason: string };

/** A text and what it stands for. */
function reading<Value>(what: string, read: (text: string) => Value | undefined) {
  return z.string().transform((text, context): Value => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `${JSON.stringify(text)} is no ${what}` });
    return z.NEVER;
  });
}

const address = reading("IP address", parseIp);
const mac = reading("Ethernet address", parseMac);
const bytes = reading("row of hexadecimal bytes", parseHex);
const moment = z.int().transform(instant);
const family = z.literal([4, 6]);

/** As an elector of this version wrote it; more is not asked, for what routers have to know changes often. */
const settings = z.custom<RouterSettings>(looksLikeSettings, "settings of a router");

const headerShape = z.object({
  recording: z.literal(RECORDING_FORMAT),
  version: z.string(),
  node: z.string(),
  generation: z.int(),
  wall: z.number(),
  now: moment,
});

const placeShape = z.object({ n: z.int(), at: moment });
const name = z.string();

const marks = z
  .object({ said: z.string().exactOptional(), heard: z.record(z.string(), z.string()) })
  .transform(({ said, heard }): Marks => ({ said, heard }));

const inputShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("configure"), routers: z.array(settings), journal: z.array(name) }),
  z.object({
    kind: z.literal("packet"),
    interface: name,
    source: address,
    destination: address,
    ttl: z.int(),
    bytes,
    receivedAt: moment,
    times: z.int().exactOptional(),
  }),
  z.object({ kind: z.literal("clock"), unixMicros: z.number() }),
  z.object({ kind: z.literal("marks"), marks: z.record(name, marks) }),
  z.object({
    kind: z.literal("tick"),
    heardUntil: moment.exactOptional(),
    behind: z.literal(true).exactOptional(),
  }),
  z.object({ kind: z.literal("link"), interface: name, up: z.boolean() }),
  z.object({ kind: z.literal("source"), interface: name, family, address: address.optional() }),
  z.object({ kind: z.literal("address"), interface: name, address, present: z.boolean() }),
  z.object({ kind: z.literal("announcement"), interface: name, address, mac }),
  z.object({
    kind: z.literal("refused"),
    router: name,
    action: z.literal(["advert", "hold", "release", "announce", "steer"]),
    refusal: z.object({ call: z.string(), errno: z.int(), code: z.string(), text: z.string() }),
  }),
  z.object({
    kind: z.literal("track"),
    name,
    up: z.boolean().exactOptional(),
    value: z.number().exactOptional(),
    detail: z.string(),
  }),
  z.object({ kind: z.literal("standby"), on: z.boolean() }),
  z.object({ kind: z.literal(["performed", "worked", "ready", "drill", "step-down", "stop"]) }),
]);

export function readRecordedLine(text: string): RecordedLine {
  const json = parseJson(text);
  if (json === undefined) return { kind: "bad", torn: true, reason: "it is no JSON" };
  if (typeof json === "object" && json !== null && "recording" in json) {
    const header = headerShape.safeParse(json);
    return header.success ? { kind: "header", header: header.data } : bad(header.error);
  }
  const place = placeShape.safeParse(json);
  if (!place.success) return bad(place.error);
  const input = inputShape.safeParse(json);
  return input.success ? { kind: "input", ...place.data, input: inputOf(input.data) } : bad(input.error);
}

function inputOf(read: z.infer<typeof inputShape>): ElectorInput {
  switch (read.kind) {
    case "configure":
      return { ...read, journal: new Set(read.journal) };
    case "packet": {
      const { kind, ...packet } = read;
      return { kind, packet };
    }
    case "source":
      return { ...read, address: read.address };
    default:
      return read;
  }
}

function bad(error: z.ZodError): RecordedLine {
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return { kind: "bad", torn: false, reason: `${where}${issue?.message ?? "it is no input"}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function looksLikeSettings(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const known = ["name", "vrid", "interface", "transport", "interval", "priority", "addresses", "tracks"];
  return known.every((key) => Object.hasOwn(value, key));
}
