/** Rules about signed adverts. */
import type { SecretReader } from "../authentication.ts";
import { error, type Finding, warning } from "../issue.ts";
import type { Parts } from "../schema.ts";
import { type KeyText, readKey } from "../values.ts";

export function checkAuthentication({ routers }: Parts): Finding[] {
  return Object.entries(routers).flatMap(([name, { authentication, password }]): Finding[] => {
    if (authentication === undefined) return [];
    const path = ["routers", name, "authentication"];
    const findings: Finding[] = [];
    const { active_key: active, keys, mode } = authentication;
    if (!Object.hasOwn(keys, `${active}`)) {
      const known = Object.keys(keys).join(", ") || "none";
      const message = `there is no key ${active}`;
      findings.push(error([...path, "active_key"], "unknown-active-key", message, `known are: ${known}`));
    }
    if (password !== undefined) {
      const message = "a signed advert has no room for the password of version 2";
      findings.push(error([...path], "password-with-authentication", message, "remove `password`"));
    }
    if (mode !== "enforce") {
      const message = `mode = "${mode}" believes everybody: it is for the time of a migration`;
      findings.push(warning([...path, "mode"], "authentication-not-enforced", message, 'end with "enforce"'));
    }
    return findings;
  });
}

/** The same parts with every key in them, and what is wrong with those that were read. */
export function withSecrets<Given extends Parts>(
  parts: Given,
  read: SecretReader,
): { readonly parts: Given; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const routers = Object.entries(parts.routers).map(([name, router]) => {
    if (router.authentication === undefined) return [name, router] as const;
    const keys = Object.entries(router.authentication.keys).map(([id, key]) => {
      const found = key.kind === "given" ? key : readFrom(key, read);
      if (found.kind === "given") return [id, found] as const;
      const path = ["routers", name, "authentication", "keys", id];
      findings.push(error(path, "unusable-key", found.reason, "no router runs without its keys"));
      return [id, key] as const;
    });
    return [
      name,
      { ...router, authentication: { ...router.authentication, keys: Object.fromEntries(keys) } },
    ] as const;
  });
  return { parts: { ...parts, routers: Object.fromEntries(routers) }, findings };
}

function readFrom(
  source: Exclude<KeyText, { kind: "given" }>,
  read: SecretReader,
): Extract<KeyText, { kind: "given" }> | { readonly kind: "unusable"; readonly reason: string } {
  const found = read(source);
  if (found.kind === "unreadable") return { kind: "unusable", reason: found.reason };
  const secret = readKey(found.text.replace(/\r?\n$/, ""));
  const place = source.kind === "file" ? source.path : `the environment's ${source.variable}`;
  const reason = `${place} holds no key: 32 … 64 plain characters, or hex: with 64 … 128 digits`;
  return secret === undefined ? { kind: "unusable", reason } : { kind: "given", secret };
}
