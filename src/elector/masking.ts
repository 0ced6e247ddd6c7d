/**
 * Takes the passwords of VRRP version 2 and the keys of signed adverts out of what is recorded. Each becomes a name of
 * its own, the same wherever it occurs: who had the right one and who had not is decided as before.
 */

import { toHex } from "../net/hex.ts";
import { familyOf } from "../net/ip.ts";
import {
  advertSize,
  authenticationData,
  authenticationOf,
  checksumIsValid,
  decodeHeader,
  withAuthenticationData,
  withTrailer,
} from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import { decodeTrailer, digestOf, type Hmac, type Key, TRAILER_SIZE, withDigest } from "../vrrp/trailer.ts";
import { equal } from "../vrrp/verification.ts";

/** Passwords told apart; a neighbour that invents more shares one name. */
const PASSWORD_LIMIT = 256;
const ONE_OF_MANY = "*";
/** As long as the shortest key, in digits. */
const SECRET_LENGTH = 64;

export class Masking {
  readonly #hmac: Hmac;
  readonly #names = new Map<string, string>();
  /** By the secrets that they stand for. */
  readonly #keys = new Map<string, string>();
  #known: readonly Key[] = [];

  constructor(hmac: Hmac) {
    this.#hmac = hmac;
  }

  settings(settings: RouterSettings): RouterSettings {
    const { transport } = settings;
    const { password, authentication } = transport;
    if (password === undefined && authentication === undefined) return settings;
    this.#known = [...this.#known, ...(authentication?.keys ?? [])];
    const keys = (authentication?.keys ?? []).map(({ id, secret }) => ({ id, secret: this.#stand(secret) }));
    return {
      ...settings,
      transport: {
        ...transport,
        ...(password === undefined ? {} : { password: this.#name(authenticationData(password)) }),
        ...(authentication === undefined ? {} : { authentication: { ...authentication, keys } }),
      },
    };
  }

  /** The bytes to be recorded. */
  packet(packet: ReceivedPacket): Uint8Array {
    const { bytes, source } = packet;
    const signed = this.#signedAnew(packet);
    if (signed !== undefined) return signed;
    if (decodeHeader(bytes).version !== 2) return bytes;
    const { data } = authenticationOf(bytes);
    const isFull = this.#names.size >= PASSWORD_LIMIT && !this.#names.has(toHex(data));
    const name = isFull ? ONE_OF_MANY : this.#name(data);
    return withAuthenticationData(bytes, familyOf(source), authenticationData(name));
  }

  /** What was signed with one of our keys; the signatures of others stay wrong. */
  #signedAnew(packet: ReceivedPacket): Uint8Array | undefined {
    const { bytes, source } = packet;
    const { version, count } = decodeHeader(bytes);
    const size = advertSize(version, count, familyOf(source));
    if (bytes.length !== size + TRAILER_SIZE) return undefined;
    const [message, rest] = [bytes.subarray(0, size), bytes.subarray(size)];
    const trailer = decodeTrailer(rest);
    const key = this.#known.find(({ id, secret }) => {
      const isIts = id === trailer?.keyId;
      return isIts && equal(digestOf(message, source, rest, secret, this.#hmac), trailer.digest);
    });
    if (key === undefined) return undefined;
    const anew = withDigest(rest, digestOf(message, source, rest, this.#stand(key.secret), this.#hmac));
    if (checksumIsValid(bytes, packet)) return withTrailer(message, anew, packet);
    return Uint8Array.of(...message, ...anew);
  }

  #stand(secret: string): string {
    const known = this.#keys.get(secret) ?? `${this.#keys.size + 1}`.padStart(SECRET_LENGTH, "0");
    this.#keys.set(secret, known);
    return known;
  }

  #name(data: Uint8Array): string {
    // Nothing at all is no secret.
    if (data.every((byte) => byte === 0)) return "";
    const key = toHex(data);
    const name = this.#names.get(key) ?? `${ONE_OF_MANY}${this.#names.size + 1}`;
    this.#names.set(key, name);
    return name;
  }
}
