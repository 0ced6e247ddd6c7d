/** How many checks may be under way at the same time: each holds a file descriptor, and some memory. */

/** Servers that never answer keep their places for the timeout: so many of them are heard of within a second or so. */
const MOST_PLACES = 4096;
const FEWEST_PLACES = 64;

/** Half of the descriptors that the process may have is left for all else. */
export function placesFor(descriptors: number): number {
  return Math.min(MOST_PLACES, Math.max(FEWEST_PLACES, Math.floor(descriptors / 2)));
}
