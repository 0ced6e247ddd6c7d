/** The things that routers watch, each once, whoever watches it: what is known of them, and since when. */
import { after, between, earliest, formatDuration, type Instant, millis, seconds } from "../net/time.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { TrackSource, Verdict } from "../vrrp/tracked.ts";

/** The balancer starts, and runs everything for the first time. */
const FIRST_REPORT = seconds(30);

/** Later than this a silence is our own. */
const LATE = millis(500);

const NOT_YET = "nobody has looked yet";

/** What will be so unless something else happens before. */
interface Pending {
  readonly up: boolean;
  readonly detail: string;
  readonly at: Instant;
}

interface Watched {
  readonly source: TrackSource;
  verdict: Verdict;
  /** When the verdict became this one. */
  since: Instant;
  pending: Pending | undefined;
}

/** What is reported of a track; `up` is absent while there is no verdict yet. */
export interface TrackReport {
  readonly name: string;
  readonly up?: boolean;
  readonly value?: number;
  readonly detail: string;
}

export interface TrackSnapshot extends TrackReport {
  readonly since: Instant;
}

export interface VerdictChange {
  readonly name: string;
  readonly up: boolean;
  readonly detail: string;
}

export class Tracks {
  readonly #watched = new Map<string, Watched>();

  verdictOf(name: string): Verdict {
    return this.#watched.get(name)?.verdict;
  }

  /** The settings of all routers. What is watched in another way from now on is looked at anew. */
  adopt(routers: readonly RouterSettings[], linkUp: (name: string) => boolean, now: Instant): void {
    const wanted = new Map(routers.flatMap(({ tracks }) => tracks).map(({ name, source }) => [name, source]));
    for (const [name, { source }] of this.#watched) {
      if (JSON.stringify(wanted.get(name)) !== JSON.stringify(source)) this.#watched.delete(name);
    }
    for (const [name, source] of wanted) {
      if (!this.#watched.has(name)) this.#watched.set(name, firstLook(source, linkUp, now));
    }
  }

  link(interfaceName: string, up: boolean, now: Instant): VerdictChange[] {
    for (const one of this.#watched.values()) {
      const { source } = one;
      if (source.kind !== "interface" || source.interface !== interfaceName) continue;
      const at = after(now, up ? source.upDelay : source.downDelay);
      one.pending = one.verdict?.up === up ? undefined : { up, detail: linkText(interfaceName, up), at };
    }
    return this.due(now);
  }

  /** From the balancer. */
  report({ name, up, value, detail }: TrackReport, now: Instant): VerdictChange[] {
    const one = this.#watched.get(name);
    if (one?.source.kind !== "reported") return [];
    const { patience } = one.source;
    one.pending = silenceAt(after(now, patience), `nothing was heard of it for ${formatDuration(patience)}`);
    if (up === undefined || (one.verdict?.up === up && one.verdict.value === value)) return [];
    one.verdict = { up, detail, ...(value === undefined ? {} : { value }) };
    one.since = now;
    return [{ name, up, detail }];
  }

  /** What has lasted long enough by now. */
  due(now: Instant): VerdictChange[] {
    const changes: VerdictChange[] = [];
    for (const [name, one] of this.#watched) {
      if (one.pending === undefined || one.pending.at > now) continue;
      const { up, detail, at } = one.pending;
      if (one.source.kind === "reported" && between(at, now) > LATE) {
        // We stood still ourselves: what was reported meanwhile has not been read yet.
        one.pending = silenceAt(after(now, one.source.patience), detail);
        continue;
      }
      const isNews = one.verdict?.up !== up || one.verdict.value !== undefined;
      one.verdict = { up, detail };
      one.pending = undefined;
      if (!isNews) continue;
      one.since = now;
      changes.push({ name, up, detail });
    }
    return changes;
  }

  snapshot(): TrackSnapshot[] {
    return Array.from(this.#watched, ([name, { verdict, since }]) => {
      return { name, since, detail: NOT_YET, ...verdict };
    });
  }

  nextDeadline(): Instant | undefined {
    if (this.#watched.size === 0) return undefined;
    return earliest(Array.from(this.#watched.values(), ({ pending }) => pending?.at));
  }
}

function firstLook(source: TrackSource, linkUp: (name: string) => boolean, now: Instant): Watched {
  if (source.kind === "reported") {
    const pending = silenceAt(after(now, FIRST_REPORT, source.patience), "it was never heard of");
    return { source, verdict: undefined, since: now, pending };
  }
  const up = linkUp(source.interface);
  const verdict = { up, detail: linkText(source.interface, up) };
  return { source, verdict, since: now, pending: undefined };
}

function silenceAt(at: Instant, detail: string): Pending {
  return { up: false, detail, at };
}

function linkText(interfaceName: string, up: boolean): string {
  return `${interfaceName} is ${up ? "up" : "down"}`;
}
