/*
 * Letters that are sent again and again: kept by their socket at numbered places, so that a batch of them is one call
 * with a list of numbers, and nothing of it is read or set aside anew.
 */
#include "dgram_extras.h"
#include <errno.h>
#include <stdlib.h>

enum { MOST_KEPT = 65536 };

void forget_kept(struct endpoint *endpoint) {
  for (uint32_t i = 0; i < endpoint->kept_room; i++) {
    if (endpoint->kept[i] != NULL) forget_letter(endpoint->kept[i]);
    free(endpoint->kept[i]);
  }
  free(endpoint->kept);
  endpoint->kept = NULL;
  endpoint->kept_room = 0;
}

static int make_room(struct endpoint *endpoint, uint32_t place) {
  if (place < endpoint->kept_room) return 0;
  uint32_t room = 2 * place + 16;
  struct letter **kept = realloc(endpoint->kept, room * sizeof *kept);
  if (kept == NULL) return -ENOMEM;
  for (uint32_t i = endpoint->kept_room; i < room; i++) kept[i] = NULL;
  endpoint->kept = kept;
  endpoint->kept_room = room;
  return 0;
}

/* keep(place, letter): instead of what was there; on failure that stays. 0 or a negative errno */
napi_value endpoint_keep(napi_env env, napi_callback_info info) {
  napi_value arguments[2], handle;
  int place;
  if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], &place) || place < 0 ||
      place >= MOST_KEPT || napi_get_element(env, arguments[1], 0, &handle) != napi_ok)
    return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, handle);
  if (endpoint == NULL) return make_number(env, -EBADF);
  struct letter *letter = malloc(sizeof *letter);
  int status = letter == NULL ? -ENOMEM : make_room(endpoint, (uint32_t)place);
  if (status == 0) status = keep_letter(env, arguments[1], letter);
  if (status != 0) {
    free(letter);
    return make_number(env, status);
  }
  struct letter *before = endpoint->kept[place];
  endpoint->kept[place] = letter;
  if (before != NULL) forget_letter(before);
  free(before);
  return make_number(env, 0);
}

static int gather(const struct endpoint *endpoint, const double *places, uint32_t count, struct mmsghdr *batch) {
  for (uint32_t i = 0; i < count; i++) {
    if (!(places[i] >= 0 && places[i] < endpoint->kept_room)) return -EINVAL;
    const struct letter *letter = endpoint->kept[(uint32_t)places[i]];
    if (letter == NULL) return -EINVAL;
    batch[i].msg_hdr = letter->message;
  }
  return 0;
}

/* sendKept(handle, places, count, refusals array): 0 or a negative errno when nothing was tried */
napi_value endpoint_send_kept(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  double *places;
  size_t room;
  int count;
  if (!read_arguments(env, info, 4, arguments) || !read_doubles(env, arguments[1], &places, &room) ||
      !read_int(env, arguments[2], &count) || count < 0 || (size_t)count > room)
    return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  if (count == 0) return make_number(env, 0);
  struct mmsghdr *batch = calloc((size_t)count, sizeof *batch);
  int status = batch == NULL ? -ENOMEM : gather(endpoint, places, (uint32_t)count, batch);
  if (status == 0) send_batch(env, endpoint->shared->fd, batch, (uint32_t)count, arguments[3]);
  free(batch);
  return make_number(env, status);
}
