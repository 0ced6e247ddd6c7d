/**
 * One command inside a user-mode Linux kernel: a process of ours with ip_vs, bridges and namespaces of its own.
 *
 * The guest sees the host's files read-only through hostfs, so every installed program is there; tmpfs covers what must be
 * writable, and one folder of the host takes the results. A missing status file means "no result", never success.
 * One processor, 100 Hz, some 60 µs for each system call, about 2.5 s to boot: run many tests in one boot.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder } from "./folders.ts";
import { run } from "./processes.ts";

const CONSOLE_LINES = 30;

export interface GuestOptions {
  /** The guest is killed after this time. */
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly modules: readonly string[];
  readonly cwd: string;
  /** Gets what is written to the guest's console, as it comes. */
  readonly onConsole?: (text: string) => void;
}

export interface GuestResult {
  /** That of the command. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Boots, runs, powers off. Throws with the console's end when the guest gave no result. */
export async function runInGuest(command: readonly string[], options: GuestOptions): Promise<GuestResult> {
  const folder = ownFolder("uml");
  try {
    writeFileSync(join(folder.path, "init"), init(folder.path, options), { mode: 0o755 });
    writeFileSync(join(folder.path, "command"), commandScript(command, options.cwd));
    return await boot(folder.path, options);
  } finally {
    folder.remove();
  }
}

async function boot(folder: string, options: GuestOptions): Promise<GuestResult> {
  // Asked to end, the kernel takes its helper processes along; killed, it leaves them to whoever kills its group.
  const ending = await run(kernelLine(folder, options), {
    timeoutMs: options.timeoutSeconds * 1_000,
    orphanSignal: "SIGTERM",
    ...(options.onConsole === undefined ? {} : { onOutput: options.onConsole }),
  });
  const read = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
  const status = read("status").trim();
  const [stdout, stderr] = [read("stdout"), read("stderr")];
  if (status !== "") return { status: Number(status), stdout, stderr };
  const last = ending.stdout.split("\n").slice(-CONSOLE_LINES).join("\n");
  throw new Error(
    `the guest gave no result (kernel: ${ending.signal ?? `status ${ending.status}`})\n${last}\n${stderr}\n${stdout}`,
  );
}

function kernelLine(folder: string, options: GuestOptions): string[] {
  return [
    "linux.uml",
    `mem=${options.memoryMegabytes}M`,
    ...["rootfstype=hostfs", "rootflags=/", "ro", "quiet", "panic=1"],
    `uml_dir=${folder}/`, // the default is below HOME, which may be missing
    `init=${folder}/init`,
    ...["con=null", "con0=null,fd:1", "ssl=null"], // no terminal needed
  ];
}

function commandScript(command: readonly string[], cwd: string): string {
  return `cd ${quoted(cwd)} && exec ${command.map(quoted).join(" ")}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The guest's first and only script. */
function init(folder: string, { modules, cwd, timeoutSeconds }: GuestOptions): string {
  const coversTmp = !`${cwd}/`.startsWith("/tmp/");
  return `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/run/home TMPDIR=/run/tmp LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t tmpfs tmp /var/tmp
${coversTmp ? "mount -t tmpfs tmp /tmp" : "# /tmp holds the working directory"}
mkdir -p /run/netns /run/result /run/home /run/tmp /run/lock /run/modules/lib
mount -t hostfs none /run/result -o ${folder}
exec > /run/result/boot 2>&1

# The modules lie beside the host's, not among them. The kernel's own requests take the same way.
ln -s /usr/lib/uml/modules /run/modules/lib/modules
printf '#!/bin/sh\\nexec /sbin/modprobe -d /run/modules "$@"\\n' > /run/modules/modprobe
chmod +x /run/modules/modprobe
echo /run/modules/modprobe > /proc/sys/kernel/modprobe
/run/modules/modprobe -a ${modules.join(" ")}

hostname guest
(sleep ${timeoutSeconds} && echo o > /proc/sysrq-trigger) & # should its owner not be there to do it
ip link set lo up
sh /run/result/command > /run/result/stdout 2> /run/result/stderr < /dev/null
echo $? > /run/result/status.part
mv /run/result/status.part /run/result/status
echo o > /proc/sysrq-trigger
sleep 5
`;
}
