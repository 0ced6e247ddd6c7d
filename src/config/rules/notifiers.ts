/** Rules about notifiers: what they name is there. */
import { error, type Finding } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts } from "../schema.ts";

export function checkNotifiers({ notify, routers: known }: Parts): Finding[] {
  const names = Object.keys(known);
  return Object.entries(notify).flatMap(([name, { routers = [] }]) =>
    routers.flatMap((router, index) => {
      if (names.includes(router)) return [];
      const meant = nearest(router, names);
      const hint = meant === undefined ? `add [routers.${router}]` : `did you mean "${meant}"?`;
      return [
        error(["notify", name, "routers", index], "unknown-router", `there is no [routers.${router}]`, hint),
      ];
    }),
  );
}
