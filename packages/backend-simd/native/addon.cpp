/**
 * The addon: kernels as functions of JavaScript, on a memory that JavaScript gives. It keeps nothing between calls but
 * what each function is bound to, so every thread and every memory of a process can have its own.
 *
 * layout           what the caller's declarations of arguments must agree with
 * instructionSets  names of those that this CPU has, the best first
 * attach(view, instructionSet)
 * preferHugePages(view)
 *
 * `attach` takes an Int32Array of at least two words in a shared memory. It returns the kernels by name, and proves that
 * both sides see the same memory: `read` is the first word as the addon sees it, and the second word becomes its
 * complement.
 */
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "instruction-sets.h"

#ifdef RECSYS_SANITIZE
#include <sanitizer/asan_interface.h>
#endif

namespace {

/** What a kernel function is bound to. */
struct Binding {
  char *memory;
  Kernel kernel;
};

#define RECSYS_NAME(name, Arguments) #name,
constexpr const char *kernelNames[] = {RECSYS_KERNELS(RECSYS_NAME)};
#undef RECSYS_NAME

napi_value fail(napi_env env, const char *message) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, nullptr, message);
  return nullptr;
}

/** `kernel(args, begin, end, scratch)` */
napi_value runKernel(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value argv[4];
  void *data;
  uint32_t args, scratch;
  int32_t begin, end;
  const bool valid = napi_get_cb_info(env, info, &count, argv, nullptr, &data) == napi_ok && count == 4 &&
                     napi_get_value_uint32(env, argv[0], &args) == napi_ok &&
                     napi_get_value_int32(env, argv[1], &begin) == napi_ok &&
                     napi_get_value_int32(env, argv[2], &end) == napi_ok &&
                     napi_get_value_uint32(env, argv[3], &scratch) == napi_ok;
  if (!valid) return fail(env, "a kernel takes four numbers: args, begin, end, scratch");
  const Binding *binding = static_cast<const Binding *>(data);
  binding->kernel(binding->memory, args, begin, end, scratch);
  return nullptr;
}

/** `attentionScratch(time, width)` */
napi_value runAttentionScratch(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value argv[2];
  void *data;
  int32_t time, width;
  const bool valid = napi_get_cb_info(env, info, &count, argv, nullptr, &data) == napi_ok && count == 2 &&
                     napi_get_value_int32(env, argv[0], &time) == napi_ok &&
                     napi_get_value_int32(env, argv[1], &width) == napi_ok;
  if (!valid) return fail(env, "attentionScratch takes two numbers: time, width");
  napi_value bytes;
  const int32_t result = static_cast<const InstructionSet *>(data)->attentionScratch(time, width);
  return napi_create_int32(env, result, &bytes) == napi_ok ? bytes : nullptr;
}

void freeBinding(napi_env, void *data, void *) { free(data); }

/** Adds a kernel to an object. The function keeps `view`, so the memory lives as long as it can be called. */
bool addKernel(napi_env env, napi_value object, const char *name, Kernel kernel, char *memory, napi_value view) {
  Binding *binding = static_cast<Binding *>(malloc(sizeof(Binding)));
  if (binding == nullptr) return false;
  *binding = {memory, kernel};
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, runKernel, binding, &function) != napi_ok ||
      napi_add_finalizer(env, function, binding, freeBinding, nullptr, nullptr) != napi_ok) {
    free(binding);
    return false;
  }
  return napi_set_named_property(env, function, "memory", view) == napi_ok &&
         napi_set_named_property(env, object, name, function) == napi_ok;
}

const InstructionSet *supported(const char *name) {
  for (const InstructionSet *const *set = supportedInstructionSets(); *set != nullptr; set++) {
    if (strcmp((*set)->name, name) == 0) return *set;
  }
  return nullptr;
}

bool setNumber(napi_env env, napi_value object, const char *name, int32_t number) {
  napi_value value;
  return napi_create_int32(env, number, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

/** `attach(view, instructionSet)` */
napi_value attach(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value argv[2];
  if (napi_get_cb_info(env, info, &count, argv, nullptr, nullptr) != napi_ok) return nullptr;
  bool isArray = false;
  napi_typedarray_type type;
  size_t length, byteOffset;
  void *data;
  napi_value buffer;
  if (napi_is_typedarray(env, argv[0], &isArray) != napi_ok || !isArray ||
      napi_get_typedarray_info(env, argv[0], &type, &length, &data, &buffer, &byteOffset) != napi_ok ||
      type != napi_int32_array || length < 2 || data == nullptr) {
    return fail(env, "attach: view must be an Int32Array of two words or more");
  }
  char name[16] = "";
  size_t size;
  napi_get_value_string_utf8(env, argv[1], name, sizeof(name), &size);
  const InstructionSet *set = supported(name);
  if (set == nullptr) return fail(env, "attach: the instruction set must be one that this CPU has");

  napi_value result, kernels, scratch;
  if (napi_create_object(env, &result) != napi_ok || napi_create_object(env, &kernels) != napi_ok) return nullptr;
  char *memory = static_cast<char *>(data) - byteOffset;
  for (int number = 0; number < KERNEL_COUNT; number++) {
    if (!addKernel(env, kernels, kernelNames[number], set->kernels[number], memory, argv[0])) {
      return fail(env, "attach: a kernel could not be made a function");
    }
  }
  int32_t *words = static_cast<int32_t *>(data);
  words[1] = ~words[0];
  const bool complete = napi_set_named_property(env, result, "kernels", kernels) == napi_ok &&
                        setNumber(env, result, "read", words[0]) &&
                        napi_create_function(env, "attentionScratch", NAPI_AUTO_LENGTH, runAttentionScratch,
                                             const_cast<InstructionSet *>(set), &scratch) == napi_ok &&
                        napi_set_named_property(env, result, "attentionScratch", scratch) == napi_ok;
  return complete ? result : nullptr;
}

/**
 * `preferHugePages(view)`: asks Linux to keep the memory of a typed array in pages of 2 MiB where it can. Rows of a large
 * table lie anywhere in it, and with pages of 4 KiB the processor looks up the address of nearly each one in memory.
 */
napi_value preferHugePages(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argv[1];
  napi_typedarray_type type;
  size_t length, byteOffset;
  void *data;
  napi_value buffer;
  if (napi_get_cb_info(env, info, &count, argv, nullptr, nullptr) != napi_ok ||
      napi_get_typedarray_info(env, argv[0], &type, &length, &data, &buffer, &byteOffset) != napi_ok ||
      type != napi_uint8_array) {
    return fail(env, "preferHugePages takes a Uint8Array");
  }
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (byteOffset == 0 && length > 0) madvise(data, length, MADV_HUGEPAGE);  // a kernel without such pages refuses
#endif
  return nullptr;
}

#ifdef RECSYS_SANITIZE
/** `allow(view, allowed)`: whether kernels may use the memory of a typed array; a sanitizer stops those that do not. */
napi_value allow(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value argv[2];
  napi_get_cb_info(env, info, &count, argv, nullptr, nullptr);
  napi_typedarray_type type;
  size_t length, byteOffset;
  void *data;
  napi_value buffer;
  bool allowed;
  if (napi_get_typedarray_info(env, argv[0], &type, &length, &data, &buffer, &byteOffset) != napi_ok ||
      type != napi_uint8_array || napi_get_value_bool(env, argv[1], &allowed) != napi_ok) {
    return fail(env, "allow takes a Uint8Array and a boolean");
  }
  if (allowed) {
    __asan_unpoison_memory_region(data, length);
  } else {
    __asan_poison_memory_region(data, length);
  }
  return nullptr;
}
#endif

bool addFunction(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) == napi_ok &&
         napi_set_named_property(env, exports, name, function) == napi_ok;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value layout, sets;
  bool complete = napi_create_string_utf8(env, RECSYS_LAYOUT, NAPI_AUTO_LENGTH, &layout) == napi_ok &&
                  napi_set_named_property(env, exports, "layout", layout) == napi_ok &&
                  napi_create_array(env, &sets) == napi_ok &&
                  napi_set_named_property(env, exports, "instructionSets", sets) == napi_ok;
  uint32_t index = 0;
  for (const InstructionSet *const *set = supportedInstructionSets(); complete && *set != nullptr; set++) {
    napi_value name;
    complete = napi_create_string_utf8(env, (*set)->name, NAPI_AUTO_LENGTH, &name) == napi_ok &&
               napi_set_element(env, sets, index++, name) == napi_ok;
  }
  complete = complete && addFunction(env, exports, "attach", attach) &&
             addFunction(env, exports, "preferHugePages", preferHugePages);
#ifdef RECSYS_SANITIZE
  complete = complete && addFunction(env, exports, "allow", allow);
#endif
  return complete ? exports : fail(env, "the addon could not be made");
}
