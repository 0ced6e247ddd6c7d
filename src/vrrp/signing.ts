/** Signs a router's adverts, each with a later sequence than the one before. */
import type { IpAddress } from "../net/ip.ts";
import { type Duration, times } from "../net/time.ts";
import { following, isLater, type Sequence, secondsAhead, sequenceAt } from "./sequence.ts";
import type { Authentication } from "./settings.ts";
import { type Hmac, type Key, signatureOf } from "./trailer.ts";

const SECOND = 1_000_000;
/** A goodbye that is signed in advance is dated a quarter of the window ahead, well inside of everybody's. */
const BEQUEST_AHEAD = 4;
/** And signed again when half of that is over: so much may an elector stall. */
const BEQUEST_RENEWALS = 8;

export class Signing {
  readonly #hmac: Hmac;
  #last: Sequence | undefined;
  /** Of a goodbye that others may have to say for us, ahead of what we say meanwhile. */
  #bequeathed: Sequence | undefined;

  /** @param before the last sequence of an earlier run */
  constructor(hmac: Hmac, before: Sequence | undefined) {
    this.#hmac = hmac;
    this.#last = before;
  }

  /** Whatever was said in this router's name, or could have been, is not later: the next run begins behind it. */
  get mark(): Sequence | undefined {
    const [last, bequeathed] = [this.#last, this.#bequeathed];
    if (last === undefined || bequeathed === undefined) return bequeathed ?? last;
    return isLater(last, bequeathed) ? last : bequeathed;
  }

  /** Of a message to be sent now, or nothing where all goes out unsigned. @param unixMicros now, since 1970 */
  sign(
    message: Uint8Array,
    source: IpAddress,
    authentication: Authentication,
    unixMicros: number,
  ): Uint8Array | undefined {
    const key = signingKey(authentication);
    if (key === undefined) return undefined;
    this.#last = this.#next(authentication, unixMicros);
    return signatureOf(message, source, key, this.#last, this.#hmac);
  }

  /** Of a message that is sent when we are dead: later than whatever we say within `bequestRenewal`. */
  signAhead(
    message: Uint8Array,
    source: IpAddress,
    authentication: Authentication,
    unixMicros: number,
  ): Uint8Array | undefined {
    const key = signingKey(authentication);
    if (key === undefined) return undefined;
    this.#bequeathed = this.#next(authentication, unixMicros + authentication.window / BEQUEST_AHEAD);
    return signatureOf(message, source, key, this.#bequeathed, this.#hmac);
  }

  /** A clock that was put right is followed, backwards too: nobody takes what lies outside the window for a replay. */
  #next({ window }: Authentication, unixMicros: number): Sequence {
    const wanted = sequenceAt(unixMicros);
    const last = this.#last;
    if (last === undefined || isLater(wanted, last)) return wanted;
    const ahead = secondsAhead(last, unixMicros) * SECOND;
    return ahead > window ? wanted : following(last);
  }
}

/** A goodbye that is signed in advance must be signed anew after this, or it will be older than our adverts. */
export function bequestRenewal({ window }: Authentication): Duration {
  return times(window, 1 / BEQUEST_RENEWALS);
}

function signingKey({ mode, activeKey, keys }: Authentication): Key | undefined {
  return mode === "receive-only" ? undefined : keys.find(({ id }) => id === activeKey);
}
