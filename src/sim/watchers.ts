/** All watchers: they sit beside the cluster and share nothing with the code they judge. */
import type { Report, Watcher, World } from "./observation.ts";
import { HeldByMaster } from "./watchers/addresses.ts";
import { AdvertSpacing, ListensFirst, OnlyMastersSpeak, SaysGoodbye } from "./watchers/adverts.ts";
import { RightfulClaim } from "./watchers/claims.ts";
import { AdvertsKeepComing, NeverPreempts, PurePriority } from "./watchers/file.ts";
import { LeavingEnds, StopEnds, SuccessorFirst } from "./watchers/leaving.ts";
import { OneInTheEnd, OneMaster } from "./watchers/mastership.ts";
import { AddressOverlap } from "./watchers/overlap.ts";
import { Pointing } from "./watchers/pointing.ts";
import { Recorded } from "./watchers/record.ts";
import { NeverSplit, ServedAgain } from "./watchers/together.ts";

const WATCHERS = [
  OneMaster,
  OneInTheEnd,
  RightfulClaim,
  HeldByMaster,
  LeavingEnds,
  StopEnds,
  SuccessorFirst,
  Pointing,
  AdvertSpacing,
  OnlyMastersSpeak,
  ListensFirst,
  SaysGoodbye,
  Recorded,
  AddressOverlap,
  AdvertsKeepComing,
  PurePriority,
  NeverPreempts,
  NeverSplit,
  ServedAgain,
] as const;

export function allWatchers(world: World, report: Report): readonly Watcher[] {
  return WATCHERS.map((Watching) => new Watching(world, report));
}
