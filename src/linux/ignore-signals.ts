/** Imported first of all by the balancer: the elector alone decides what a signal means. */
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"] as const) {
  process.on(signal, () => {});
}
