/*
 * A disk that fails on demand, for tests: loaded before libc into the server's process (LD_PRELOAD), it sees each write,
 * sync and change of names under one folder. It is compiled by the tests into a temporary folder; the product does not
 * know of it. See faulty-disk.ts for what it is told by the environment and by files of its control folder.
 *
 * The model of a power cut is the strictest that POSIX allows: octets are durable when their file was synced since, a
 * name is durable when its folder was synced since. What is not may be lost, by blocks.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096

static char folder[PATH_MAX], control[PATH_MAX], saved[PATH_MAX];
static char action[8], when[8], point[32];
static long countdown;
static unsigned seed;
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_mkdir)(const char *, mode_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  real_open = dlsym(RTLD_NEXT, "open");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_mkdir = dlsym(RTLD_NEXT, "mkdir");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  const char *text = getenv("FAULTY_DISK_FOLDER");
  if (text != NULL) {
    snprintf(folder, sizeof folder, "%s/", text);
    snprintf(saved, sizeof saved, "%s.saved", text);
    real_mkdir(saved, 0700);
  }
  if ((text = getenv("FAULTY_DISK_CONTROL")) != NULL) snprintf(control, sizeof control, "%s", text);
  if ((text = getenv("FAULTY_DISK_SEED")) != NULL) seed = (unsigned)atol(text);
  if ((text = getenv("FAULTY_DISK_END")) != NULL)
    sscanf(text, "%7[^:]:%7[^:]:%31[^:]:%ld", action, when, point, &countdown);
}

/* ---------------------------------------------------------------- what is where */

static int under(const char *path) {
  return folder[0] != 0 && strncmp(path, folder, strlen(folder)) == 0;
}

/* The path of an open file or folder of ours. */
static int path_of(int fd, char *path) {
  struct stat st;
  if (folder[0] == 0 || fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return under(path);
}

static int ends(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

/* Shared memory and locks mean nothing after the process. */
static int lasting(const char *path) {
  return !ends(path, "-shm") && strstr(path, "/lock.sqlite") == NULL;
}

/* The name that a test gives to the sync of this file. */
static const char *point_of(const char *path) {
  const char *rest = path + strlen(folder);
  if (strncmp(rest, "spool/", 6) == 0) return "spool";
  if (strncmp(rest, "bodies", 6) == 0) return "bodies";
  if (strncmp(rest, "directory", 9) == 0) return ends(rest, "-wal") ? "directory" : "directory-checkpoint";
  if (strncmp(rest, "shard-", 6) == 0) return ends(rest, "-wal") ? "commit" : "checkpoint";
  return "folder";
}

static int asked(const char *name) {
  if (control[0] == 0) return 0;
  char path[PATH_MAX + 32];
  snprintf(path, sizeof path, "%s/%s", control, name);
  return access(path, F_OK) == 0;
}

/* ---------------------------------------------------------------- what a power cut undoes */

struct block { off_t at; ssize_t length; char octets[BLOCK]; struct block *next; };
/* A file with changes that were not synced; `blocks` are what the disk holds. */
struct file { dev_t dev; ino_t ino; int fd; off_t size; struct block *table[256]; struct file *next; };
static struct file *files;

struct change { char kind; char folder[PATH_MAX]; char path[PATH_MAX]; char old[PATH_MAX]; char kept[PATH_MAX]; struct change *before; };
static struct change *changes;
static long kept_count;

static int cutting(void) { return strcmp(action, "cut") == 0; }

static struct file *file_of(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0) return NULL;
  for (struct file *f = files; f != NULL; f = f->next)
    if (f->dev == st.st_dev && f->ino == st.st_ino) return f;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  struct file *f = calloc(1, sizeof *f);
  f->dev = st.st_dev;
  f->ino = st.st_ino;
  f->size = -1;
  /* Never closed: closing any descriptor of a database would let its locks go. */
  f->fd = real_open(link, O_RDWR | O_CLOEXEC);
  f->next = files;
  return files = f;
}

static void remember(int fd, off_t from, off_t to) {
  struct file *f = file_of(fd);
  if (f == NULL) return;
  if (f->size < 0) {
    struct stat st;
    fstat(fd, &st);
    f->size = st.st_size;
  }
  for (off_t at = from / BLOCK * BLOCK; at < to && at < f->size; at += BLOCK) {
    struct block **slot = &f->table[at / BLOCK % 256], *b = *slot;
    while (b != NULL && b->at != at) b = b->next;
    if (b != NULL) continue;
    b = malloc(sizeof *b);
    b->at = at;
    b->length = pread(f->fd, b->octets, BLOCK, at);
    if (at + b->length > f->size) b->length = f->size - at;
    b->next = *slot;
    *slot = b;
  }
}

static void synced(int fd) {
  struct file *f = file_of(fd);
  if (f == NULL) return;
  f->size = -1;
  for (int i = 0; i < 256; i++)
    for (struct block *b = f->table[i]; b != NULL; b = f->table[i]) {
      f->table[i] = b->next;
      free(b);
    }
}

static struct change *changed(char kind, const char *path) {
  struct change *c = calloc(1, sizeof *c);
  c->kind = kind;
  strcpy(c->path, path);
  strcpy(c->folder, path);
  char *slash = strrchr(c->folder, '/');
  if (slash != NULL) *slash = 0;
  c->before = changes;
  return changes = c;
}

static void keep_old(struct change *c, const char *path) {
  snprintf(c->kept, sizeof c->kept, "%.3000s/%ld", saved, kept_count++);
  if (link(path, c->kept) != 0) c->kept[0] = 0;
}

static void folder_synced(const char *path) {
  for (struct change **at = &changes; *at != NULL;) {
    struct change *c = *at;
    if (strcmp(c->folder, path) != 0) {
      at = &c->before;
      continue;
    }
    *at = c->before;
    if (c->kept[0] != 0) real_unlink(c->kept);
    free(c);
  }
}

/* Gives the disk back what it held at the last syncs: of each file everything, or every other block or so. */
static void undo(void) {
  for (struct file *f = files; f != NULL; f = f->next) {
    if (f->size < 0) continue;
    int all = rand_r(&seed) % 2;
    struct stat st;
    fstat(f->fd, &st);
    for (int i = 0; i < 256; i++)
      for (struct block *b = f->table[i]; b != NULL; b = b->next)
        if (all || rand_r(&seed) % 2) real_pwrite(f->fd, b->octets, (size_t)b->length, b->at);
    if (all) {
      real_ftruncate(f->fd, f->size);
      continue;
    }
    static const char zeros[BLOCK];
    for (off_t at = (f->size + BLOCK - 1) / BLOCK * BLOCK; at < st.st_size; at += BLOCK)
      if (rand_r(&seed) % 2) real_pwrite(f->fd, zeros, (size_t)(st.st_size - at < BLOCK ? st.st_size - at : BLOCK), at);
  }
  if (rand_r(&seed) % 4 == 0) return; /* names may have reached the disk by themselves */
  for (struct change *c = changes; c != NULL; c = c->before) {
    if (c->kind == 'c') real_unlink(c->path);
    if (c->kind == 'd') rmdir(c->path);
    if (c->kind == 'r') real_rename(c->path, c->old);
    if (c->kept[0] != 0) real_rename(c->kept, c->path);
  }
}

/* ---------------------------------------------------------------- the moment */

static void reach(const char *moment, const char *name) {
  if (action[0] == 0 || strcmp(moment, when) != 0 || strcmp(name, point) != 0) return;
  if (--countdown != 0) return;
  if (cutting()) undo();
  char text[128];
  int length = snprintf(text, sizeof text, "faulty-disk: %s %s %s\n", action, when, point);
  real_write(2, text, (size_t)length);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int refused(const char *path) {
  if (!asked("full")) return 0;
  (void)path;
  errno = ENOSPC;
  return 1;
}

static int before_write(int fd, off_t at, size_t length) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return 0;
  if (refused(path)) return -1;
  if (!lasting(path)) return 0;
  reach("before", "write");
  if (cutting()) remember(fd, at, at + (off_t)length);
  return 0;
}

#define LOCKED(type, body) \
  do { \
    pthread_mutex_lock(&lock); \
    type result; \
    body; \
    int error = errno; \
    pthread_mutex_unlock(&lock); \
    errno = error; \
    return result; \
  } while (0)

ssize_t write(int fd, const void *octets, size_t length) {
  struct stat st;
  if (real_write == NULL) begin();
  if (folder[0] == 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return real_write(fd, octets, length);
  LOCKED(ssize_t, result = before_write(fd, lseek(fd, 0, SEEK_CUR), length) != 0 ? -1 : real_write(fd, octets, length));
}

ssize_t pwrite(int fd, const void *octets, size_t length, off_t at) {
  LOCKED(ssize_t, result = before_write(fd, at, length) != 0 ? -1 : real_pwrite(fd, octets, length, at));
}

ssize_t pwrite64(int fd, const void *octets, size_t length, off_t at) { return pwrite(fd, octets, length, at); }

int ftruncate(int fd, off_t size) {
  LOCKED(int, {
    struct stat st;
    result = fstat(fd, &st) == 0 && size < st.st_size ? before_write(fd, size, (size_t)(st.st_size - size)) : before_write(fd, size, 0);
    if (result == 0) result = real_ftruncate(fd, size);
  });
}

int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

static int sync_file(int fd, int (*real)(int)) {
  LOCKED(int, {
    char path[PATH_MAX] = "";
    result = 0;
    if (!path_of(fd, path)) {
      size_t length = strlen(folder);
      /* The folder itself has no slash at its end. */
      if (length > 0 && strlen(path) == length - 1 && strncmp(path, folder, length - 1) == 0) folder_synced(path);
      else result = real(fd);
    } else if (lasting(path)) {
      const char *name = point_of(path);
      struct stat st;
      if (asked("slow")) {
        pthread_mutex_unlock(&lock);
        usleep(300000);
        pthread_mutex_lock(&lock);
      }
      reach("before", name);
      fstat(fd, &st);
      /* Not synced in earnest: the page cache outlives the process, and the cut is ours to make. */
      if (asked("broken")) { errno = EIO; result = -1; }
      else if (S_ISDIR(st.st_mode)) folder_synced(path);
      else if (cutting()) synced(fd);
      if (result == 0) reach("after", name);
    }
  });
}

int fsync(int fd) { return sync_file(fd, real_fsync); }
int fdatasync(int fd) { return sync_file(fd, real_fdatasync); }

static int open_file(const char *path, int flags, mode_t mode) {
  if (real_open == NULL) begin();
  if ((flags & O_CREAT) == 0 || !under(path)) return real_open(path, flags, mode);
  LOCKED(int, {
    int fresh = access(path, F_OK) != 0;
    if (fresh && refused(path)) result = -1;
    else result = real_open(path, flags, mode);
    if (fresh && result >= 0 && cutting() && lasting(path)) changed('c', path);
  });
}

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_file(path, flags, mode);
}

int rename(const char *from, const char *to) {
  LOCKED(int, {
    int ours = under(to) && lasting(to);
    if (ours) reach("before", "rename");
    struct change *c = ours && cutting() ? changed('r', to) : NULL;
    if (c != NULL) {
      strcpy(c->old, from);
      keep_old(c, to);
    }
    result = real_rename(from, to);
    if (result != 0 && c != NULL) { changes = c->before; free(c); }
    if (ours && result == 0) reach("after", "rename");
  });
}

int unlink(const char *path) {
  LOCKED(int, {
    struct change *c = under(path) && lasting(path) && cutting() ? changed('u', path) : NULL;
    if (c != NULL) keep_old(c, path);
    result = real_unlink(path);
    if (result != 0 && c != NULL) { changes = c->before; free(c); }
  });
}

int mkdir(const char *path, mode_t mode) {
  LOCKED(int, {
    if (under(path) && access(path, F_OK) != 0 && refused(path)) result = -1;
    else result = real_mkdir(path, mode);
    if (result == 0 && under(path) && cutting()) changed('d', path);
  });
}
