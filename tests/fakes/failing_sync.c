/* Preloaded beneath a real process: makes a named file's next fsync fail with EIO, as a dying card
 * does. What is to fail stands in the file named by FAIL_SYNC: how often, and how the name ends. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_to_fail(int handle) {
    const char *orders = getenv("FAIL_SYNC");
    char link[64], name[4096], ending[256];
    int times;
    FILE *file = orders ? fopen(orders, "r+") : NULL;
    if (!file) return 0;
    if (fscanf(file, "%d %255s", &times, ending) != 2 || times <= 0) {
        fclose(file);
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, name, sizeof name - 1);
    name[length > 0 ? length : 0] = 0;
    size_t whole = strlen(name), part = strlen(ending);
    int fails = whole >= part && strcmp(name + whole - part, ending) == 0;
    if (fails) {
        rewind(file);
        fprintf(file, "%d %s\n", times - 1, ending);
    }
    fclose(file);
    return fails;
}

static int sync_with(const char *call, int handle) {
    int (*real)(int) = dlsym(RTLD_NEXT, call);
    if (is_to_fail(handle)) {
        errno = EIO;
        return -1;
    }
    return real(handle);
}

int fsync(int handle) { return sync_with("fsync", handle); }
int fdatasync(int handle) { return sync_with("fdatasync", handle); }
