/*
 * Readiness through the event loop (uv_poll).
 *
 * libuv stops a poll handle on EPOLLERR and says only UV_EBADF, although an error that waits on a socket (a link that
 * went down, a netlink overrun) is an event and not its end. So the error is fetched here, the handle started again, and
 * the errno handed to the listener; reception goes on.
 */
#include "dgram_extras.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

struct watch {
  uv_poll_t poll;
  napi_env env;
  napi_ref listener; /* strong: a socket that is watched cannot be collected */
  struct endpoint *endpoint; /* NULL once stopped; the memory lives until libuv has let go of the handle */
  napi_async_cleanup_hook_handle hook;
};

static void on_closed(uv_handle_t *handle) {
  struct watch *watch = handle->data;
  /* The environment may end with its last hook: nothing of it may be touched after this. */
  if (watch->hook != NULL) napi_remove_async_cleanup_hook(watch->hook);
  free(watch);
}

void stop_watch(struct endpoint *endpoint) {
  struct watch *watch = endpoint->watch;
  if (watch == NULL) return;
  endpoint->watch = NULL;
  watch->endpoint = NULL;
  napi_delete_reference(watch->env, watch->listener);
  uv_close((uv_handle_t *)&watch->poll, on_closed);
}

static void on_environment_end(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  struct watch *watch = data;
  if (watch->endpoint != NULL) stop_watch(watch->endpoint);
}

/* `failure` is an errno, or 0: something can be read. An exception of the listener is an uncaught exception. */
static void call_listener(struct watch *watch, int failure) {
  napi_env env = watch->env;
  napi_handle_scope scope;
  napi_value receiver, listener, argument, exception;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  argument = make_number(env, failure);
  bool pending = false;
  if (napi_get_global(env, &receiver) == napi_ok &&
      napi_get_reference_value(env, watch->listener, &listener) == napi_ok &&
      napi_make_callback(env, NULL, receiver, listener, 1, &argument, NULL) == napi_pending_exception &&
      napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok)
    napi_fatal_exception(env, exception);
  napi_close_handle_scope(env, scope);
}

static int take_error(int fd) {
  int failure = 0;
  socklen_t length = sizeof failure;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) != 0) return errno;
  char byte;
  if (failure == 0) /* or else the cause is in the error queue, and would wake us for ever */
    while (recv(fd, &byte, 1, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) continue;
  return failure;
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  (void)events;
  struct watch *watch = poll->data;
  if (watch->endpoint == NULL) return;
  int fd = watch->endpoint->shared->fd, failure = 0;
  uint64_t expirations;
  if (status < 0) {
    failure = take_error(fd);
    uv_poll_start(poll, UV_READABLE, on_ready);
  } else if (watch->endpoint->family == TIMER_FAMILY && read(fd, &expirations, sizeof expirations) < 0) {
    return; /* armed anew since it expired */
  }
  call_listener(watch, failure);
}

static int start_watch(napi_env env, struct endpoint *endpoint, napi_value listener) {
  uv_loop_t *loop;
  struct watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL) return -ENOMEM;
  watch->env = env;
  watch->endpoint = endpoint;
  int status = napi_get_uv_event_loop(env, &loop) == napi_ok ? 0 : -EINVAL;
  if (status == 0 && napi_create_reference(env, listener, 1, &watch->listener) != napi_ok) status = -EINVAL;
  if (status == 0) status = uv_poll_init(loop, &watch->poll, endpoint->shared->fd);
  if (status != 0) {
    if (watch->listener != NULL) napi_delete_reference(env, watch->listener);
    free(watch);
    return status;
  }
  watch->poll.data = watch;
  endpoint->watch = watch;
  napi_add_async_cleanup_hook(env, on_environment_end, watch, &watch->hook);
  status = uv_poll_start(&watch->poll, UV_READABLE, on_ready);
  if (status != 0) stop_watch(endpoint);
  return status;
}

/* watch(handle, (errno) => void): once for each handle */
napi_value endpoint_watch(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  if (!read_arguments(env, info, 2, arguments)) return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  if (endpoint->watch != NULL) return make_number(env, -EEXIST);
  return make_number(env, start_watch(env, endpoint, arguments[1]));
}

/* keepAlive(handle, whether it alone keeps the event loop running) */
napi_value endpoint_keep_alive(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  bool keep;
  if (!read_arguments(env, info, 2, arguments) || napi_get_value_bool(env, arguments[1], &keep) != napi_ok)
    return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  if (endpoint->watch == NULL) return make_number(env, 0);
  uv_handle_t *handle = (uv_handle_t *)&endpoint->watch->poll;
  if (keep) uv_ref(handle);
  else uv_unref(handle);
  return make_number(env, 0);
}
