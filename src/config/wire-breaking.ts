/**
 * What neighbours that still run the file in force would make of a new one: a change of version, VRID, group or password
 * divides the directors until the last of them has it.
 *
 * Nothing is guessed: the adverts that this director would send are written, and judged as a neighbour judges them.
 */
import { ip, isMulticast } from "../net/ip.ts";
import { instant } from "../net/time.ts";
import { ADVERT_TTL, vridOf } from "../vrrp/advert.ts";
import { DROP_REASONS } from "../vrrp/drop.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { Sign } from "../vrrp/seal.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import { Signing } from "../vrrp/signing.ts";
import { advertAction } from "../vrrp/speech.ts";
import { validate } from "../vrrp/validate.ts";
import { Verification } from "../vrrp/verification.ts";
import type { Cluster } from "./load.ts";
import { routersFor } from "./settings.ts";

interface WireBreak {
  /** One line for each neighbour, router and direction that is cut. */
  readonly consequences: readonly string[];
  /** In which order the directors are to get the new file. */
  readonly order: string;
}

/** Stands for a source address that the file does not name: nobody judges a group's adverts by it. */
const ANY_SOURCE = { [4]: ip("0.0.0.0"), [6]: ip("::") } as const;

/** `undefined` when every neighbour goes on hearing this director, and is heard by it. */
export function wireBreak(before: Cluster, after: Cluster, director: string): WireBreak | undefined {
  const [old, fresh] = [routersFor(before, director), routersFor(after, director)];
  const kept = fresh.filter(({ name }) => old.some((router) => router.name === name));
  const cuts = Object.keys(before.directors)
    .filter((name) => name !== director)
    .flatMap((neighbour) => {
      const theirs = routersFor(before, neighbour);
      return kept.flatMap((router) => cutsBetween({ router, ours: fresh, old, neighbour, theirs }));
    });
  if (cuts.length === 0) return undefined;
  const routers = new Set(cuts.map(({ router }) => router));
  return { consequences: cuts.map(({ text }) => text), order: orderOf(before, after, routers) };
}

/** For the log and the terminal: all that an operator needs to decide. */
export function describeWireBreak({ consequences, order }: WireBreak): string[] {
  return [
    ...consequences.map((text) => `wire-breaking: ${text}`),
    `give the directors the new file in this order, one soon after the other: ${order}`,
    "until the last one has it, each side may have a master of its own",
    "a reload does this only when it is called `keelson reload --wire-breaking`",
  ];
}

interface Encounter {
  /** With the new file. */
  readonly router: RouterSettings;
  readonly ours: readonly RouterSettings[];
  /** All of this director's, with the file in force. */
  readonly old: readonly RouterSettings[];
  readonly neighbour: string;
  /** All of the neighbour's, with the file in force. */
  readonly theirs: readonly RouterSettings[];
}

interface Cut {
  readonly router: string;
  readonly text: string;
}

function cutsBetween({ router, ours, old, neighbour, theirs }: Encounter): Cut[] {
  const { name } = router;
  const [same, before] = [theirs, old].map((all) => all.find((one) => one.name === name));
  if (same === undefined || before === undefined) return [];
  // Who only observes has nothing to say, and need not be heard.
  if (router.mode === "observe" || same.mode === "observe") return [];
  const verdicts = [
    [neighbour, rejection(router, same, theirs, same)],
    ["this director", rejection(same, router, ours, before)],
  ];
  return verdicts.flatMap(([who, verdict]) => {
    return verdict === undefined ? [] : [{ router: name, text: `router ${name}: ${who} ${verdict}` }];
  });
}

/**
 * What becomes of the speaker's adverts at the other end of one router.
 *
 * @param before the listener with the file in force: adverts are taken to arrive with no more TTL than that one asks for
 */
function rejection(
  speaker: RouterSettings,
  listener: RouterSettings,
  all: readonly RouterSettings[],
  before: RouterSettings,
): string | undefined {
  const { transport, interface: link } = listener;
  const { family } = speaker.transport;
  const { source = ANY_SOURCE[family] } = speaker.transport;
  const datagram = advertAction(speaker, speaker.priority, source, signer(speaker)).datagrams.find(
    ({ destination }) => {
      return isMulticast(destination) || transport.source === undefined || transport.source === destination;
    },
  );
  if (datagram === undefined) return "would get no adverts: the other one sends none to its address";
  const hearer = all.find((one) => {
    return one.vrid === vridOf(datagram.bytes) && one.transport.family === family && one.interface === link;
  });
  const ttl = arrivingTtl(before);
  const packet: ReceivedPacket = { ...datagram, source, interface: link, ttl, receivedAt: instant(0) };
  const outcome = validate(packet, {
    own: () => false,
    router: () => hearer && { listening: true, settings: hearer, judgeSignature: verifier(hearer) },
  });
  if (outcome.kind === "drop")
    return `would drop the other's adverts: ${DROP_REASONS[outcome.reason]} (${outcome.reason})`;
  if (hearer?.name === listener.name) return undefined;
  return `would take the other's adverts for those of router ${hearer?.name}`;
}

/** The keys are what is compared, not the clocks. */
const ANY_TIME = 0;

function signer({ transport: { authentication } }: RouterSettings): Sign | undefined {
  if (authentication === undefined) return undefined;
  const signing = new Signing(folded, undefined);
  return (message, source) => signing.sign(message, source, authentication, ANY_TIME);
}

function verifier({ transport: { authentication } }: RouterSettings) {
  const verification = new Verification(folded, new Map());
  return (packet: ReceivedPacket, size: number) =>
    authentication && verification.judge(packet, size, authentication, ANY_TIME);
}

/** In place of HMAC, which is no business of a plan: equal for equal keys. */
function folded(key: string): Uint8Array {
  const digest = new Uint8Array(16);
  for (const [place, digit] of Array.from(key).entries())
    digest[place % 16] = (digest[place % 16] ?? 0) * 17 + Number.parseInt(digit, 16);
  return digest;
}

function arrivingTtl({ transport: { audience } }: RouterSettings): number {
  return audience.kind === "peers" ? audience.minTtl : ADVERT_TTL;
}

/** Backups first, by rising priority: who is master goes last, and traffic moves once at the most. */
function orderOf(before: Cluster, after: Cluster, affected: ReadonlySet<string>): string {
  const ranked = Object.keys(before.directors).map((name) => {
    const weights = routersFor(before, name).filter((router) => affected.has(router.name));
    return { name, weight: weights.reduce((sum, { priority }) => sum + priority, 0) };
  });
  const stays = ({ name }: { readonly name: string }) => Object.hasOwn(after.directors, name);
  const leaving = ranked
    .filter((one) => !stays(one))
    .map(({ name }) => `${name} (stop it: the file has it no more)`);
  const staying = ranked.filter(stays).sort((left, right) => left.weight - right.weight);
  return [...leaving, ...staying.map(({ name }) => name)].join(", ");
}
