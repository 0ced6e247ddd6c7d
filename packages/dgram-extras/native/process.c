/* What concerns the process and its threads: interfaces, scheduling, limits, locks, signals. */
#include "dgram_extras.h"
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* `thread` is a pthread_t *. 0 or an errno. No handler of the process ever runs on such a thread. */
int start_thread(void *(*body)(void *), void *argument, void *thread) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failure = pthread_create(thread, NULL, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failure;
}

/* interfaceIndex(name, namespace path | undefined) */
napi_value interface_index(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct ifreq request = {0};
  char path[LONGEST_PATH];
  if (!read_arguments(env, info, 2, arguments) ||
      !read_text(env, arguments[0], request.ifr_name, sizeof request.ifr_name))
    return make_number(env, -ENODEV); /* also a name that is longer than any */
  int fd, type = SOCK_DGRAM | SOCK_CLOEXEC;
  if (read_text(env, arguments[1], path, sizeof path)) fd = open_in_namespace(path, AF_UNIX, type, 0);
  else if ((fd = socket(AF_UNIX, type, 0)) < 0) fd = -errno;
  if (fd < 0) return make_number(env, fd);
  int result = ioctl(fd, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : -errno;
  close(fd);
  return make_number(env, result);
}

/* interfaceName(index) */
napi_value interface_name(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int index;
  char name[IF_NAMESIZE];
  if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, &index)) return make_number(env, -EINVAL);
  if (if_indextoname((unsigned)index, name) == NULL) return make_number(env, -errno);
  return napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &result) == napi_ok ? result : make_number(env, -ENOMEM);
}

/* setScheduler(thread, SCHED_* with flags, priority) */
napi_value scheduler_set(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int thread, policy;
  struct sched_param parameter = {0};
  if (!read_arguments(env, info, 3, arguments) || !read_int(env, arguments[0], &thread) ||
      !read_int(env, arguments[1], &policy) || !read_int(env, arguments[2], &parameter.sched_priority))
    return make_number(env, -EINVAL);
  return make_number(env, sched_setscheduler(thread, policy, &parameter) == 0 ? 0 : -errno);
}

/* getScheduler(thread): policy with flags * 256 + priority */
napi_value scheduler_get(napi_env env, napi_callback_info info) {
  napi_value argument;
  int thread;
  struct sched_param parameter = {0};
  if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, &thread)) return make_number(env, -EINVAL);
  int policy = sched_getscheduler(thread);
  if (policy < 0 || sched_getparam(thread, &parameter) != 0) return make_number(env, -errno);
  return make_number(env, policy * 256.0 + parameter.sched_priority);
}

napi_value thread_id(napi_env env, napi_callback_info info) {
  (void)info;
  return make_number(env, (double)syscall(SYS_gettid));
}

/* setNice(thread, nice) */
napi_value nice_set(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int thread, nice;
  if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], &thread) ||
      !read_int(env, arguments[1], &nice))
    return make_number(env, -EINVAL);
  return make_number(env, setpriority(PRIO_PROCESS, (id_t)thread, nice) == 0 ? 0 : -errno);
}

static rlim_t to_limit(double value) { return isinf(value) ? RLIM_INFINITY : (rlim_t)value; }

static double from_limit(rlim_t limit) { return limit == RLIM_INFINITY ? INFINITY : (double)limit; }

/* setLimit(RLIMIT_*, soft, hard); Infinity for none */
napi_value limit_set(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int resource;
  if (!read_arguments(env, info, 3, arguments) || !read_int(env, arguments[0], &resource))
    return make_number(env, -EINVAL);
  struct rlimit limit = {.rlim_cur = to_limit(read_double(env, arguments[1])),
                         .rlim_max = to_limit(read_double(env, arguments[2]))};
  return make_number(env, prlimit(0, (enum __rlimit_resource)resource, &limit, NULL) == 0 ? 0 : -errno);
}

/* getLimit(RLIMIT_*): { soft, hard } */
napi_value limit_get(napi_env env, napi_callback_info info) {
  napi_value argument, object;
  int resource;
  struct rlimit limit;
  if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, &resource))
    return make_number(env, -EINVAL);
  if (prlimit(0, (enum __rlimit_resource)resource, NULL, &limit) != 0) return make_number(env, -errno);
  if (napi_create_object(env, &object) != napi_ok) return make_number(env, -ENOMEM);
  set_number(env, object, "soft", from_limit(limit.rlim_cur));
  set_number(env, object, "hard", from_limit(limit.rlim_max));
  return object;
}

/* tryLock(fd): EWOULDBLOCK when another open file holds it */
napi_value file_try_lock(napi_env env, napi_callback_info info) {
  napi_value argument;
  int fd;
  if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, &fd)) return make_number(env, -EINVAL);
  return make_number(env, flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno);
}

static void ignore(int signal) { (void)signal; }

/* A handler and not SIG_IGN: children must not inherit it through exec. */
napi_value debugger_signal_disable(napi_env env, napi_callback_info info) {
  (void)info;
  struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
  return make_number(env, sigaction(SIGUSR1, &action, NULL) == 0 ? 0 : -errno);
}
