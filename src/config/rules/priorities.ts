/** Rules about who is master: every director has a priority, no two have the same, and somebody takes part. */
import { formatDuration, millis } from "../../net/time.ts";
import { type Pace, skewTime } from "../../vrrp/intervals.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts, Router } from "../schema.ts";
import { modeOf } from "../settings.ts";

const OWNER_PRIORITY = 255;
const PRIORITY_RANGE = 256;
/** Backups whose timers end closer than this both claim, and one of them takes it back. */
const LEAST_SKEW_DIFFERENCE = millis(2);

export function checkPriorities({ directors, routers }: Parts): Finding[] {
  const names = Object.keys(directors);
  return Object.entries(routers).flatMap(([name, router]) => {
    const path = ["routers", name];
    return [
      ...checkPriority([...path, "priority"], router, names),
      ...checkModes([...path, "mode"], router, names),
    ];
  });
}

function checkModes(path: Path, router: Router, directors: readonly string[]): Finding[] {
  const named = typeof router.mode === "string" ? [] : Object.keys(router.mode);
  const somebodyServes = directors.some((director) => modeOf(router, director) === "active");
  const message = "every director only observes: this file has nobody serve the addresses";
  return [
    ...unknownDirectors(path, named, directors),
    ...(somebodyServes ? [] : [warning(path, "nobody-active", message)]),
  ];
}

function checkPriority(
  path: Path,
  { priority, interval, version }: Router,
  directors: readonly string[],
): Finding[] {
  if (typeof priority === "number") {
    if (directors.length < 2) return [];
    const hint = `give each its own: { ${directors.map((name) => `${name} = …`).join(", ")} }`;
    return [
      error(path, "equal-priorities", "one priority for all directors leaves the election to chance", hint),
    ];
  }
  const known = Object.entries(priority).filter(([director]) => directors.includes(director));
  return [
    ...unknownDirectors(path, Object.keys(priority), directors),
    ...missingDirectors(path, Object.keys(priority), directors),
    ...equalPriorities(path, known),
    ...closePriorities(path, known, { version, interval }),
  ];
}

function unknownDirectors(path: Path, named: readonly string[], directors: readonly string[]): Finding[] {
  return named
    .filter((director) => !directors.includes(director))
    .map((director) => {
      const meant = nearest(director, directors);
      const hint = meant === undefined ? `known are: ${directors.join(", ")}` : `did you mean \`${meant}\`?`;
      const finding = error(
        [...path, director],
        "unknown-director",
        `there is no director ${director}`,
        hint,
      );
      return { ...finding, at: "key" };
    });
}

function missingDirectors(path: Path, named: readonly string[], directors: readonly string[]): Finding[] {
  return directors
    .filter((director) => !named.includes(director))
    .map((director) => error(path, "director-without-priority", `director ${director} has no priority`));
}

function equalPriorities(path: Path, priorities: readonly (readonly [string, number])[]): Finding[] {
  const holders = new Map<number, string>();
  return priorities.flatMap(([director, priority]) => {
    const other = holders.get(priority);
    holders.set(priority, other ?? director);
    if (other === undefined) return [];
    const [code, message] =
      priority === OWNER_PRIORITY
        ? ["several-owners", `priority 255 is for the one owner of the addresses, and ${other} has it`]
        : ["equal-priorities", `${director} and ${other} have the same priority`];
    return [error([...path, director], code, message, "give each director its own")];
  });
}

/** Only the closest pair is reported: who moves it apart looks at the others anyway. */
function closePriorities(
  path: Path,
  priorities: readonly (readonly [string, number])[],
  pace: Pick<Pace, "version" | "interval">,
): Finding[] {
  const sorted = [...priorities].sort(([, left], [, right]) => right - left);
  let closest: { readonly path: Path; readonly difference: number } | undefined;
  for (const [index, [director, priority]] of sorted.entries()) {
    const above = sorted[index - 1]?.[1];
    if (above === undefined || above === priority) continue;
    const difference = skewTime(priority, pace) - skewTime(above, pace);
    if (difference >= (closest?.difference ?? LEAST_SKEW_DIFFERENCE)) continue;
    closest = { path: [...path, director], difference };
  }
  if (closest === undefined) return [];
  const apart = Math.ceil((LEAST_SKEW_DIFFERENCE * PRIORITY_RANGE) / pace.interval);
  const message =
    `priorities so close that their directors would claim within ${formatDuration(LEAST_SKEW_DIFFERENCE)} ` +
    "of each other";
  return [
    warning(
      closest.path,
      "priorities-close",
      message,
      `at this interval they should be ${apart} apart or more`,
    ),
  ];
}
