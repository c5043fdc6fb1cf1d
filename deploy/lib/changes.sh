#!/bin/sh
# What install.sh and uninstall.sh say and do; read with `.`, not run.
# Words are in English and Japanese side by side; which are shown follows the terminal (LANG).

CHANGES=0 CHANGED_FILES=""
case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in ja*) _ja=yes ;; *) _ja="" ;; esac

# say ENGLISH JAPANESE
say() { if [ -n "$_ja" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }
warn() { say "$1" "$2" >&2; }
fail() { warn "minori: $1" "minori: $2"; exit 1; }

# The words at a script's head are its help.
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"; }

full_path() {
    [ -e "$1" ] || fail "there is no $1" "$1がありません"
    if [ -d "$1" ]; then (cd "$1" && pwd); else echo "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"; fi
}

# systemd and udev are only spoken to when it is this machine that is changed, and it runs them: a
# root made for a card, or a container, may not.
is_live() { [ -z "$ROOT" ] && [ -z "$DRY_RUN" ] && [ -d /run/systemd/system ]; }

# change ENGLISH JAPANESE COMMAND...: do it, or say that it would be done. Everything that changes
# the machine goes through here.
change() {
    CHANGES=$((CHANGES + 1))
    say "  $1" "  $2"
    shift 2
    [ -n "$DRY_RUN" ] || "$@"
}

# put FILE TARGET MODE: the same contents already there is no change.
put() {
    cmp -s "$HERE/$1" "$ROOT$2" && return 0
    change "$2" "$2" install -D -m "$3" "$HERE/$1" "$ROOT$2"
    CHANGED_FILES="$CHANGED_FILES $2"
}

# put_list FUNCTION: all the files it names. Not through a pipe, whose end counts for itself.
put_list() {
    list=$(mktemp)
    "$1" > "$list"
    while read -r file target mode; do put "$file" "$target" "$mode"; done < "$list"
    rm -f "$list"
}

# folder PATH MODE OWNER:GROUP
folder() {
    [ -d "$1" ] && return 0
    if [ -n "$ROOT" ]; then
        change "$1" "$1" install -d -m "$2" "$1"
    else
        change "$1" "$1" install -d -m "$2" -o "${3%:*}" -g "${3#*:}" "$1"
    fi
}

# remove PATH...: what is there.
remove() {
    for path; do
        if [ -e "$path" ] || [ -L "$path" ]; then change "$path" "$path" rm -rf "$path"; fi
    done
}
