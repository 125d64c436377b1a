#include "image_codec.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "image_why.h"

/* A job stands still while its image is written: speed counts more than the last percent. */
enum { ZSTD_LEVEL = 1 };

/* Of lz4.h and zstd.h; sizes that are errors are told by ZSTD_isError. */
static struct {
  int (*compress)(const char *from, char *to, int length, int capacity);
  int (*decompress)(const char *from, char *to, int stored, int capacity);
} lz4;
static struct {
  void *(*create_packer)(void), *(*create_unpacker)(void);
  size_t (*free_packer)(void *), (*free_unpacker)(void *);
  size_t (*compress)(void *packer, void *to, size_t capacity, const void *from, size_t length, int level);
  size_t (*decompress)(void *unpacker, void *to, size_t capacity, const void *from, size_t stored);
  unsigned (*is_error)(size_t);
} zstd;

static const struct symbol {
  const char *name;
  void *place;
} lz4_symbols[] = {{"LZ4_compress_default", &lz4.compress}, {"LZ4_decompress_safe", &lz4.decompress}, {0}},
  zstd_symbols[] = {{"ZSTD_createCCtx", &zstd.create_packer}, {"ZSTD_createDCtx", &zstd.create_unpacker},
                    {"ZSTD_freeCCtx", &zstd.free_packer},     {"ZSTD_freeDCtx", &zstd.free_unpacker},
                    {"ZSTD_compressCCtx", &zstd.compress},    {"ZSTD_decompressDCtx", &zstd.decompress},
                    {"ZSTD_isError", &zstd.is_error},         {0}};

static struct library {
  const char *name, *file, *package;
  const struct symbol *symbols;
  bool loaded;
} libraries[IMAGE_CODEC_COUNT] = {[IMAGE_CODEC_NONE] = {.name = "none", .loaded = true},
                                  [IMAGE_CODEC_LZ4] = {"lz4", "liblz4.so.1", "liblz4-1", lz4_symbols, false},
                                  [IMAGE_CODEC_ZSTD] = {"zstd", "libzstd.so.1", "libzstd1", zstd_symbols, false}};

static int load(struct library *library, char *why) {
  void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
  const char *problem = handle ? NULL : dlerror();
  for (const struct symbol *s = library->symbols; handle && s->name; s++) {
    void *found = dlsym(handle, s->name);
    if (!found && !problem) problem = s->name;
    memcpy(s->place, &found, sizeof found);
  }
  library->loaded = handle && !problem;
  if (library->loaded) return 0;
  return image_why(why, "images compressed with %s need the library %s on every host (Debian's package %s): %s",
                   library->name, library->file, library->package, problem ? problem : "it cannot be loaded");
}

uint32_t image_codec_named(const char *name) {
  uint32_t codec = 0;
  while (codec < IMAGE_CODEC_COUNT && strcmp(libraries[codec].name, name) != 0) codec++;
  return codec;
}
const char *image_codec_name(uint32_t codec) {
  return libraries[codec].name;
}

int image_codec_load(uint32_t codec, char why[IMAGE_WHY_SIZE]) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  if (codec >= IMAGE_CODEC_COUNT) return image_why(why, "there is no codec %u", codec);
  pthread_mutex_lock(&lock);
  int result = libraries[codec].loaded ? 0 : load(&libraries[codec], why);
  pthread_mutex_unlock(&lock);
  return result;
}

void image_coder_free(struct image_coder *coder) {
  if (coder->packer) zstd.free_packer(coder->packer);
  if (coder->unpacker) zstd.free_unpacker(coder->unpacker);
  *coder = (struct image_coder){0};
}

size_t image_codec_pack(struct image_coder *coder, uint32_t codec, const void *from, size_t length, void *to,
                        size_t capacity) {
  if (codec == IMAGE_CODEC_LZ4) {
    int got = lz4.compress(from, to, (int)length, (int)capacity);
    return got > 0 ? (size_t)got : 0;
  }
  if (!coder->packer) coder->packer = zstd.create_packer();
  if (!coder->packer) return 0;
  size_t got = zstd.compress(coder->packer, to, capacity, from, length, ZSTD_LEVEL);
  return zstd.is_error(got) ? 0 : got;
}

int image_codec_unpack(struct image_coder *coder, uint32_t codec, const void *from, size_t stored, void *to,
                       size_t length) {
  if (codec == IMAGE_CODEC_LZ4) {
    int got = lz4.decompress(from, to, (int)stored, (int)length);
    return got >= 0 && (size_t)got == length ? 0 : -1;
  }
  if (!coder->unpacker) coder->unpacker = zstd.create_unpacker();
  if (!coder->unpacker) return -1;
  return zstd.decompress(coder->unpacker, to, length, from, stored) == length ? 0 : -1;
}
