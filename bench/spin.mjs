// Loaded into Keelson by NODE_OPTIONS: on SIGWINCH its balancer runs in circles for a while and hears nothing.
// @ts-check
const SPIN_MS = 3_000;

if (process.argv[1]?.includes("balancer")) {
  process.on("SIGWINCH", () => {
    const end = Date.now() + SPIN_MS;
    while (Date.now() < end);
  });
}
