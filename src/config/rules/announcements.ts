/** Rules about announcements: there must be time for all of them. */
import { formatDuration, times } from "../../net/time.ts";
import { announceSettings } from "../announce.ts";
import { type Finding, warning } from "../issue.ts";
import type { Parts } from "../schema.ts";

export function checkAnnouncements({ announce, routers }: Parts): Finding[] {
  return Object.entries(routers).flatMap(([name, router]) => {
    const { pace, repeat, refresh } = announceSettings(announce, router.announce);
    const needed = times(pace, repeat * router.addresses.length);
    if (refresh === 0 || needed <= refresh) return [];
    const message =
      `at this pace it takes ${formatDuration(needed)} to announce all addresses of router ${name}, ` +
      `but they are refreshed every ${formatDuration(refresh)}`;
    const table = router.announce?.pace === undefined ? [] : ["routers", name];
    const hint = "a shorter `pace`, a lower `repeat`, or a longer `refresh`";
    return [warning([...table, "announce", "pace"], "pace-too-slow", message, hint)];
  });
}
