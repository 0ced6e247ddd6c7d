/*
 * A thread that does nothing, above all others, on one processor: prints "since until" (CLOCK_MONOTONIC, microseconds)
 * whenever it ran later than it wanted. In C, because a witness must not have pauses of its own.
 *
 * witness PROCESSOR
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { PRIORITY = 90, PERIOD_US = 1000, LATE_US = 200, US_PER_S = 1000000, NS_PER_US = 1000 };

static long long micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

static void sleep_until(long long instant) {
  struct timespec at = {.tv_sec = instant / US_PER_S, .tv_nsec = instant % US_PER_S * NS_PER_US};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {
  }
}

int main(int count, char **arguments) {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  CPU_SET(count > 1 ? atoi(arguments[1]) : 0, &processors);
  struct sched_param priority = {.sched_priority = PRIORITY};
  if (sched_setaffinity(0, sizeof processors, &processors) != 0 || mlockall(MCL_CURRENT | MCL_FUTURE) != 0 ||
      sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
    perror("witness");
    return EXIT_FAILURE;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready\n");
  for (long long wanted = micros() + PERIOD_US;;) {
    sleep_until(wanted);
    const long long now = micros();
    if (now - wanted >= LATE_US) printf("%lld %lld\n", wanted, now);
    wanted = (now > wanted ? now : wanted) + PERIOD_US;
  }
}
