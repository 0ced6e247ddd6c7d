/** Users and groups by name, from passwd(5) and group(5): whom a script runs as. */
import { readFileSync } from "node:fs";
import type { ScriptNotifier } from "../notify/settings.ts";

/** Ours if the administrator made one, and otherwise the one that owns nothing. */
const DEFAULT_USERS = ["keelson_script", "nobody"] as const;

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

type FoundIdentity =
  /** `undefined`: as we are. */
  | { readonly kind: "found"; readonly identity: Identity | undefined }
  | { readonly kind: "unknown"; readonly detail: string };

interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/** Of this host; a file that cannot be read names nobody. */
export function accountFiles(): AccountFiles {
  return { passwd: textOf("/etc/passwd"), group: textOf("/etc/group") };
}

/** Without a user of its own, and not as root, a script runs as we do. */
export function identityOf(
  { user, group }: Pick<ScriptNotifier, "user" | "group">,
  isRoot: boolean,
  files: AccountFiles,
): FoundIdentity {
  if (user === undefined && group === undefined && !isRoot) return { kind: "found", identity: undefined };
  const names = user === undefined ? DEFAULT_USERS : [user];
  const account = names.map((name) => accountNamed(files.passwd, name)).find((one) => one !== undefined);
  if (account === undefined) return { kind: "unknown", detail: `no user ${names.join(" or ")}` };
  const gid = group === undefined ? account.gid : groupNamed(files.group, group);
  if (gid === undefined) return { kind: "unknown", detail: `no group ${group}` };
  return { kind: "found", identity: { uid: account.uid, gid } };
}

/** `name:password:uid:gid:…` */
function accountNamed(passwd: string, name: string): Identity | undefined {
  const [, , uid, gid] = fieldsOf(passwd, name) ?? [];
  return isId(uid) && isId(gid) ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** `name:password:gid:…` */
function groupNamed(group: string, name: string): number | undefined {
  const [, , gid] = fieldsOf(group, name) ?? [];
  return isId(gid) ? Number(gid) : undefined;
}

/** The first line wins, as in the C library. */
function fieldsOf(text: string, name: string): readonly string[] | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${name}:`));
  return line?.split(":");
}

function isId(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,10}$/.test(text);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
