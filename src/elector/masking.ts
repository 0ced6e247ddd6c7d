/**
 * Takes the passwords of VRRP version 2 out of what is recorded. Each becomes a name of its own, the same wherever it
 * occurs: who had the right one and who had not is decided as before.
 */

import { toHex } from "../net/hex.ts";
import { familyOf } from "../net/ip.ts";
import {
  authenticationData,
  authenticationOf,
  decodeHeader,
  withAuthenticationData,
} from "../vrrp/advert.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import type { RouterSettings } from "../vrrp/settings.ts";

/** Passwords told apart; a neighbour that invents more shares one name. */
const PASSWORD_LIMIT = 256;
const ONE_OF_MANY = "*";

export class Masking {
  readonly #names = new Map<string, string>();

  settings(settings: RouterSettings): RouterSettings {
    const { transport } = settings;
    if (transport.password === undefined) return settings;
    const password = this.#name(authenticationData(transport.password));
    return { ...settings, transport: { ...transport, password } };
  }

  /** The bytes to be recorded. */
  packet({ bytes, source }: ReceivedPacket): Uint8Array {
    if (decodeHeader(bytes).version !== 2) return bytes;
    const { data } = authenticationOf(bytes);
    const isFull = this.#names.size >= PASSWORD_LIMIT && !this.#names.has(toHex(data));
    const name = isFull ? ONE_OF_MANY : this.#name(data);
    return withAuthenticationData(bytes, familyOf(source), authenticationData(name));
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
