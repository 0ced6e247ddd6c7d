/* Between JavaScript values and C. A failed read is answered with EINVAL by the caller: src/ passes the right types. */
#include "dgram_extras.h"
#include <string.h>

napi_value make_number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

/* A plain Uint8Array with memory of its own. */
napi_value make_bytes(napi_env env, const uint8_t *bytes, size_t length) {
  napi_value buffer, result = NULL;
  void *memory = NULL;
  if (napi_create_arraybuffer(env, length, &memory, &buffer) != napi_ok) return NULL;
  if (length > 0) memcpy(memory, bytes, length);
  napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &result);
  return result;
}

void set_number(napi_env env, napi_value object, const char *name, double value) {
  napi_set_named_property(env, object, name, make_number(env, value));
}

void set_text(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value;
  if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok)
    napi_set_named_property(env, object, name, value);
}

bool read_int(napi_env env, napi_value value, int *out) {
  return napi_get_value_int32(env, value, out) == napi_ok;
}

double read_double(napi_env env, napi_value value) {
  double result = 0;
  napi_get_value_double(env, value, &result);
  return result;
}

bool read_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length) {
  bool typed = false;
  napi_typedarray_type type;
  if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed) return false;
  void *memory = NULL;
  if (napi_get_typedarray_info(env, value, &type, length, &memory, NULL, NULL) != napi_ok) return false;
  *bytes = memory;
  return type == napi_uint8_array;
}

bool read_doubles(napi_env env, napi_value value, double **numbers, size_t *length) {
  napi_typedarray_type type;
  void *memory = NULL;
  if (napi_get_typedarray_info(env, value, &type, length, &memory, NULL, NULL) != napi_ok) return false;
  *numbers = memory;
  return type == napi_float64_array && *length > 0;
}

bool read_text(napi_env env, napi_value value, char *text, size_t size) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, text, size, &length) != napi_ok) return false;
  return length > 0 && length + 1 < size && strlen(text) == length;
}

bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *out) {
  size_t given = count;
  return napi_get_cb_info(env, info, &given, out, NULL, NULL) == napi_ok && given >= count;
}

uint32_t array_length(napi_env env, napi_value array) {
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  return length;
}
