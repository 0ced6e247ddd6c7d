/* CLOCK_MONOTONIC and timerfd: whole microseconds, and never early. */
#include "dgram_extras.h"
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>

static int64_t micros(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t monotonic_micros(void) { return micros(CLOCK_MONOTONIC); }

int64_t realtime_micros(void) { return micros(CLOCK_REALTIME); }

napi_value clock_monotonic(napi_env env, napi_callback_info info) {
  (void)info;
  return make_number(env, (double)monotonic_micros());
}

napi_value timer_open(napi_env env, napi_callback_info info) {
  (void)info;
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return make_endpoint(env, fd < 0 ? -errno : fd, TIMER_FAMILY, 0);
}

/* setTimer(handle, instant in µs; negative = disarm) */
napi_value timer_set(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  if (!read_arguments(env, info, 2, arguments)) return make_number(env, -EINVAL);
  double instant = read_double(env, arguments[1]);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  struct itimerspec when = {0}; /* all zero disarms, so the clock's zero is one nanosecond later */
  if (instant >= 0) {
    when.it_value.tv_sec = (time_t)(instant / 1e6);
    when.it_value.tv_nsec = (long)(instant - (double)when.it_value.tv_sec * 1e6) * 1000;
    if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0) when.it_value.tv_nsec = 1;
  }
  int status = timerfd_settime(endpoint->shared->fd, TFD_TIMER_ABSTIME, &when, NULL);
  return make_number(env, status == 0 ? 0 : -errno);
}
