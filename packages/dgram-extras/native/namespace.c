/* Opening something in another network namespace. */
#include "dgram_extras.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* asm-generic/socket.h, since Linux 5.14 */
#endif

struct visit {
  const char *path;
  int (*open)(const void *what); /* a descriptor, or -1 with errno */
  const void *what;
  int result;
};

static void *open_there(void *argument) {
  struct visit *visit = argument;
  int space = open(visit->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait for ever at a FIFO */
  if (space < 0 || setns(space, CLONE_NEWNET) != 0 || (visit->result = visit->open(visit->what)) < 0)
    visit->result = -errno;
  if (space >= 0) close(space);
  return NULL;
}

/* A short-lived thread enters the namespace, so that nothing else of the process is ever in a foreign one. */
static int open_from(const char *path, int (*open)(const void *), const void *what) {
  struct visit visit = {.path = path, .open = open, .what = what};
  pthread_t thread;
  int failure = start_thread(open_there, &visit, &thread);
  if (failure != 0) return -failure;
  pthread_join(thread, NULL);
  return visit.result;
}

struct socket_kind {
  int domain, type, protocol;
};

static int open_socket(const void *what) {
  const struct socket_kind *kind = what;
  return socket(kind->domain, kind->type, kind->protocol);
}

int open_in_namespace(const char *path, int domain, int type, int protocol) {
  struct socket_kind kind = {.domain = domain, .type = type, .protocol = protocol};
  return open_from(path, open_socket, &kind);
}

struct file_kind {
  char path[LONGEST_PATH];
  int flags;
};

static int open_file(const void *what) {
  const struct file_kind *kind = what;
  return open(kind->path, kind->flags);
}

/* openFile(path, O_*, namespace path): a descriptor */
napi_value file_open(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  struct file_kind kind;
  char namespace[LONGEST_PATH];
  if (!read_arguments(env, info, 3, arguments) || !read_text(env, arguments[0], kind.path, sizeof kind.path) ||
      !read_int(env, arguments[1], &kind.flags) || !read_text(env, arguments[2], namespace, sizeof namespace))
    return make_number(env, -EINVAL);
  kind.flags |= O_CLOEXEC;
  return make_number(env, open_from(namespace, open_file, &kind));
}

/* namespaceCookie(namespace path) */
napi_value namespace_cookie(napi_env env, napi_callback_info info) {
  napi_value argument;
  char path[LONGEST_PATH];
  if (!read_arguments(env, info, 1, &argument) || !read_text(env, argument, path, sizeof path))
    return make_number(env, -EINVAL);
  int fd = open_in_namespace(path, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return make_number(env, fd);
  uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  int failure = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) == 0 ? 0 : errno;
  close(fd);
  return make_number(env, failure == 0 ? (double)cookie : -failure);
}
