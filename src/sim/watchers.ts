/** All watchers: they sit beside the cluster and share nothing with the code they judge. */
import type { Report, Watcher, World } from "./observation.ts";
import { HeldByMaster } from "./watchers/addresses.ts";
import { AdvertSpacing, OnlyMastersSpeak } from "./watchers/adverts.ts";
import { LeavingEnds, SuccessorFirst } from "./watchers/leaving.ts";
import { OneInTheEnd, OneMaster } from "./watchers/mastership.ts";
import { Pointing } from "./watchers/pointing.ts";
import { Recorded } from "./watchers/record.ts";

const WATCHERS = [
  OneMaster,
  OneInTheEnd,
  HeldByMaster,
  LeavingEnds,
  SuccessorFirst,
  Pointing,
  AdvertSpacing,
  OnlyMastersSpeak,
  Recorded,
] as const;

export function allWatchers(world: World, report: Report): readonly Watcher[] {
  return WATCHERS.map((Watching) => new Watching(world, report));
}
