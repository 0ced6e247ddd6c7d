/** The things that routers watch, each once, whoever watches it: what is known of them, and since when. */
import { after, type Duration, earliest, type Instant } from "../net/time.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { TrackSource, Verdict } from "../vrrp/tracked.ts";

interface Watched {
  readonly source: TrackSource;
  verdict: Verdict;
  /** A change that has not lasted long enough yet. */
  pending: { readonly up: boolean; readonly at: Instant } | undefined;
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
  adopt(routers: readonly RouterSettings[], linkUp: (name: string) => boolean): void {
    const wanted = new Map(routers.flatMap(({ tracks }) => tracks).map(({ name, source }) => [name, source]));
    for (const [name, { source }] of this.#watched) {
      if (JSON.stringify(wanted.get(name)) !== JSON.stringify(source)) this.#watched.delete(name);
    }
    for (const [name, source] of wanted) {
      if (this.#watched.has(name)) continue;
      const up = linkUp(source.interface);
      this.#watched.set(name, { source, verdict: { up, detail: detailOf(source, up) }, pending: undefined });
    }
  }

  link(interfaceName: string, up: boolean, now: Instant): VerdictChange[] {
    for (const one of this.#watched.values()) {
      if (one.source.interface !== interfaceName) continue;
      const settled = one.verdict?.up === up;
      const at = after(now, delayOf(one.source, up));
      one.pending = settled ? undefined : { up, at };
    }
    return this.due(now);
  }

  /** What has lasted long enough by now. */
  due(now: Instant): VerdictChange[] {
    const changes: VerdictChange[] = [];
    for (const [name, one] of this.#watched) {
      if (one.pending === undefined || one.pending.at > now) continue;
      const { up } = one.pending;
      const detail = detailOf(one.source, up);
      one.verdict = { up, detail };
      one.pending = undefined;
      changes.push({ name, up, detail });
    }
    return changes;
  }

  nextDeadline(): Instant | undefined {
    return earliest(Array.from(this.#watched.values(), ({ pending }) => pending?.at));
  }
}

function delayOf(source: TrackSource, up: boolean): Duration {
  return up ? source.upDelay : source.downDelay;
}

function detailOf(source: TrackSource, up: boolean): string {
  return `${source.interface} is ${up ? "up" : "down"}`;
}
