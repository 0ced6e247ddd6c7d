/** A notice as programs read it. The names are stable. */
import type { Notice } from "../notify/notice.ts";
import { namesOf } from "../notify/subject.ts";

/** One line of JSON, without its end. */
export function jsonOf(notice: Notice): string {
  const { cluster, director, subject, address, state, from, cause, detail, priority, at } = notice;
  const fields = { cluster, director, ...namesOf(subject), address, state, from, cause, detail, priority };
  return JSON.stringify({ ...fields, at: new Date(at).toISOString() });
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** For every script: nothing of what the daemon was started with. */
export const BARE_ENVIRONMENT = { PATH, LANG: "C.UTF-8" } as const;

/** All that a notifier's script gets. */
export function environmentOf(notice: Notice): Record<string, string> {
  const { cluster, director, subject, address, state, from, cause, detail, priority } = notice;
  const facts = { cluster, director, ...namesOf(subject), address, state, from, cause, detail, priority };
  const known = Object.entries(facts).filter(([, fact]) => fact !== undefined);
  const variables = known.map(([name, fact]) => [`KEELSON_${name.toUpperCase()}`, String(fact)]);
  return { ...BARE_ENVIRONMENT, ...Object.fromEntries(variables) };
}
