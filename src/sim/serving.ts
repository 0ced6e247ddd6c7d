/** Who serves a router, seen from outside: the times without a master, without its addresses, and with two masters. */
import { between, type Duration, type Instant, instant, micros } from "../net/time.ts";
import type { Cluster } from "./cluster.ts";
import type { Watcher } from "./observation.ts";

export interface Stretch {
  readonly from: Instant;
  readonly length: Duration;
}

export interface Overlap extends Stretch {
  readonly nodes: readonly string[];
  /** Each could hear the other all the time. */
  readonly hearing: boolean;
}

export interface Service {
  readonly router: string;
  /** `undefined` when there was none. */
  readonly firstMaster: Instant | undefined;
  /** The longest after the first master, of length 0 when there was none. */
  readonly withoutMaster: Stretch;
  /** Some address was on no interface that is up and alive. */
  readonly withoutAddress: Stretch;
  readonly overlaps: readonly Overlap[];
}

const NEVER: Stretch = { from: instant(0), length: micros(0) };

interface Course {
  firstMaster: Instant | undefined;
  masterlessSince: Instant | undefined;
  unheldSince: Instant | undefined;
  withoutMaster: Stretch;
  withoutAddress: Stretch;
  overlap: { readonly from: Instant; readonly nodes: readonly string[]; hearing: boolean } | undefined;
  readonly overlaps: Overlap[];
}

export class Serving implements Watcher {
  readonly name = "serving";
  readonly #cluster: Cluster;
  readonly #courses = new Map<string, Course>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const router of cluster.routers) this.#courses.set(router, freshCourse());
  }

  see(at: Instant): void {
    for (const [router, course] of this.#courses) this.#look(at, router, course);
  }

  finish(at: Instant): void {
    for (const [router, course] of this.#courses) {
      this.#look(at, router, course);
      course.withoutMaster = longer(course.withoutMaster, course.masterlessSince, at);
      course.withoutAddress = longer(course.withoutAddress, course.unheldSince, at);
      endOverlap(course, at);
    }
  }

  get services(): readonly Service[] {
    return Array.from(this.#courses, ([router, { firstMaster, withoutMaster, withoutAddress, overlaps }]) => {
      return { router, firstMaster, withoutMaster, withoutAddress, overlaps };
    });
  }

  #look(at: Instant, router: string, course: Course): void {
    const masters = this.#cluster.mastersOf(router).filter((node) => !this.#cluster.director(node).paused);
    if (masters.length > 0) course.firstMaster ??= at;
    if (course.firstMaster === undefined) return;
    if (masters.length > 0) {
      course.withoutMaster = longer(course.withoutMaster, course.masterlessSince, at);
      course.masterlessSince = undefined;
    } else course.masterlessSince ??= at;
    if (this.#isHeld(router)) {
      course.withoutAddress = longer(course.withoutAddress, course.unheldSince, at);
      course.unheldSince = undefined;
    } else course.unheldSince ??= at;
    this.#noteOverlap(at, course, masters);
  }

  #noteOverlap(at: Instant, course: Course, masters: readonly string[]): void {
    if (course.overlap !== undefined && masters.join() !== course.overlap.nodes.join())
      endOverlap(course, at);
    if (masters.length < 2) return;
    course.overlap ??= { from: at, nodes: masters, hearing: true };
    const [one = "", ...others] = masters;
    if (!others.every((other) => this.#cluster.healthy(one, other))) course.overlap.hearing = false;
  }

  #isHeld(router: string): boolean {
    const alive = this.#cluster.directors.filter(({ paused }) => !paused);
    const [first] = alive;
    const wanted = first?.settings.find(({ name }) => name === router)?.addresses ?? [];
    return wanted.every(({ address }) =>
      alive.some(({ kernel }) =>
        kernel.addresses.some((one) => one.address === address && kernel.interface(one.interface).up),
      ),
    );
  }
}

function freshCourse(): Course {
  return {
    firstMaster: undefined,
    masterlessSince: undefined,
    unheldSince: undefined,
    withoutMaster: NEVER,
    withoutAddress: NEVER,
    overlap: undefined,
    overlaps: [],
  };
}

function longer(known: Stretch, since: Instant | undefined, at: Instant): Stretch {
  if (since === undefined || between(since, at) <= known.length) return known;
  return { from: since, length: between(since, at) };
}

function endOverlap(course: Course, at: Instant): void {
  const { overlap } = course;
  course.overlap = undefined;
  if (overlap !== undefined && at > overlap.from)
    course.overlaps.push({ ...overlap, length: between(overlap.from, at) });
}
