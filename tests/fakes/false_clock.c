/* Preloaded beneath a real process: its clocks are those of the machine plus what a test says.
 *
 * FALSE_CLOCK names a file of four 64-bit numbers that is shared while the process runs: by how much
 * the wall clock is off [ns], how much time has passed that never did [ns] (for both clocks), how
 * long the process may sleep in truth before time leaps to the end of its sleep [ns], and how many
 * of its threads wait for a device. A leap of 0 leaves sleeping alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define FASTEST 1000 /* times faster than time: what ticks often must not eat all of it */
#define CONDITIONS "GLIBC_2.3.2" /* since when a condition variable may have a clock of its own */

struct said { volatile int64_t wall, passed, leap, waiting; };
static struct said nothing, *said = &nothing;

__attribute__((constructor)) static void read_what_is_said(void) {
    const char *name = getenv("FALSE_CLOCK");
    int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *at = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at != MAP_FAILED) said = at;
    close(file);
}

static int64_t off_by(clockid_t clock) {
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) return said->wall + said->passed;
    if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID) return 0;
    return said->passed;
}

static void add(struct timespec *time, int64_t ns) {
    int64_t all = time->tv_sec * SECOND + time->tv_nsec + ns;
    time->tv_sec = all / SECOND;
    time->tv_nsec = all % SECOND;
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static void *next_condition(const char *name) {
    void *found = dlvsym(RTLD_NEXT, name, CONDITIONS);
    return found ? found : next(name);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = next("clock_gettime");
    int failed = real(clock, time);
    if (!failed) add(time, off_by(clock));
    return failed;
}

int gettimeofday(struct timeval *time, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

/* Whoever waits until a moment of our clock waits until that of the machine's. */

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    static int (*real)(clockid_t, int, const struct timespec *, struct timespec *);
    if (!real) real = next("clock_nanosleep");
    struct timespec true_until = *until;
    if (flags & TIMER_ABSTIME) add(&true_until, -off_by(clock));
    if (true_until.tv_sec < 0) return 0;
    return real(clock, flags, &true_until, left);
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until) {
    static int (*real)(sem_t *, clockid_t, const struct timespec *);
    if (!real) real = next("sem_clockwait");
    struct timespec true_until = *until;
    add(&true_until, -off_by(clock));
    return real(semaphore, clock, &true_until);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!real) real = next_condition("pthread_cond_timedwait");
    struct timespec true_until = *until;
    /* Its clock cannot be asked; no machine has been up for thirty years. */
    add(&true_until, -off_by(until->tv_sec > 1000000000 ? CLOCK_REALTIME : CLOCK_MONOTONIC));
    return real(condition, mutex, &true_until);
}

/* Devices answer in true time, so time does not leap while a thread waits for one. */

int select(int count, fd_set *read, fd_set *write, fd_set *except, struct timeval *limit) {
    static int (*real)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
    if (!real) real = next("select");
    __atomic_add_fetch(&said->waiting, 1, __ATOMIC_SEQ_CST);
    int found = real(count, read, write, except, limit);
    int why = errno;
    __atomic_sub_fetch(&said->waiting, 1, __ATOMIC_SEQ_CST);
    errno = why;
    return found;
}

int epoll_wait(int poll, struct epoll_event *events, int most, int limit_ms) {
    static int (*real)(int, struct epoll_event *, int, int);
    if (!real) real = next("epoll_wait");
    int64_t limit = limit_ms * 1000000LL, nap = limit / FASTEST;
    if (!said->leap || limit_ms <= 0) return real(poll, events, most, limit_ms);
    if (nap > said->leap) nap = said->leap;
    int found = real(poll, events, most, 0);
    while (!found) {
        struct timespec rest = {0, nap};
        nanosleep(&rest, NULL);
        found = real(poll, events, most, 0);
        if (said->waiting <= 0) break;
    }
    if (!found) __atomic_add_fetch(&said->passed, limit - nap, __ATOMIC_SEQ_CST);
    return found;
}
