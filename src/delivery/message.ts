/** A notice as programs read it. The names are stable. */
import type { Notice } from "../notify/notice.ts";

/** One line of JSON, without its end. */
export function jsonOf(notice: Notice): string {
  const { cluster, director, router, state, from, cause, detail, priority, at } = notice;
  const fields = { cluster, director, router, state, from, cause, detail, priority };
  return JSON.stringify({ ...fields, at: new Date(at).toISOString() });
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** For every script: nothing of what the daemon was started with. */
export const BARE_ENVIRONMENT = { PATH, LANG: "C.UTF-8" } as const;

/** All that a notifier's script gets. */
export function environmentOf(notice: Notice): Record<string, string> {
  const { cluster, director, router, state, from, cause, detail, priority } = notice;
  return {
    ...BARE_ENVIRONMENT,
    KEELSON_CLUSTER: cluster,
    KEELSON_DIRECTOR: director,
    KEELSON_ROUTER: router,
    KEELSON_STATE: state,
    ...(from === undefined ? {} : { KEELSON_FROM: from }),
    KEELSON_CAUSE: cause,
    KEELSON_DETAIL: detail,
    ...(priority === undefined ? {} : { KEELSON_PRIORITY: String(priority) }),
  };
}
