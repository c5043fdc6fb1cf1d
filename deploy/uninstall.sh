#!/bin/sh
# Takes Minori off this machine. Readings, lots and settings stay, and another install.sh goes on
# with them.
#
#   sudo ./uninstall.sh
#   sudo ./uninstall.sh --purge     also /var/lib/minori, /etc/minori and the broker's accounts and
#                                   keys: asks for a sentence, typed out
#
#   --root DIR     as with install.sh
#   --dry-run      say what would be done, and do nothing
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT="" DRY_RUN="" PURGE="" SERVICES=""
for part in changes files services; do
    # shellcheck source=/dev/null
    . "$HERE/lib/$part.sh"
done
SENTENCE="delete all readings"

while [ $# -gt 0 ]; do
    case $1 in
        --purge) PURGE=yes ;;
        --dry-run) DRY_RUN=yes ;;
        --root)
            [ $# -ge 2 ] || fail "$1 needs a value" "$1には値が必要です"
            ROOT=$(full_path "$2")
            shift ;;
        -h | --help) usage; exit 0 ;;
        *) fail "unknown option $1; see: $0 --help" "不明なオプション $1（$0 --help をご覧ください）" ;;
    esac
    shift
done

if [ -z "$ROOT" ] && [ "$(id -u)" != 0 ] && [ -z "$DRY_RUN" ]; then
    fail "this changes the machine: run it with sudo" "管理者権限が必要です: sudo を付けて実行してください"
fi

ask_to_purge() {
    say "All readings, lots, backups, settings and keys of this farm on this machine will be gone.
A copy elsewhere? If you are sure, type: $SENTENCE" \
        "この機械にある測定値・ロット・控え・設定・鍵をすべて削除します。
別の場所に控えはありますか。よろしければ次の文を入力してください: $SENTENCE"
    answer=""
    read -r answer || :
    [ "$answer" = "$SENTENCE" ] || fail "nothing was removed" "何も削除していません"
}

broker_without_us() {
    if [ -e "$ROOT/etc/mosquitto/conf.d/minori.conf" ]; then
        remove "$ROOT/etc/mosquitto/conf.d/minori.conf"
        # Without our file it listens to this machine only, as Debian's own settings have it.
        if is_live; then systemctl try-restart mosquitto || :; fi
    fi
}

# Ours to take: every file that install.sh lays down.
our_files() {
    { other_files; broker_files; } | while read -r _ target _; do echo "$ROOT$target"; done
}

if [ -n "$PURGE" ] && [ -z "$DRY_RUN" ]; then ask_to_purge; fi
for name in minori-backup minori-certificates $ALL_SERVICES; do
    take_unit "$name.timer"
    take_unit "$name.service"
done
broker_without_us
for path in $(our_files); do remove "$path"; done
remove "$ROOT/opt/minori" "$ROOT/run/minori"
if is_live; then
    systemctl daemon-reload
    udevadm control --reload 2>/dev/null || :
fi

if [ -n "$PURGE" ]; then
    remove "$ROOT/var/lib/minori" "$ROOT/etc/minori" "$ROOT/etc/mosquitto/minori"
    if [ -z "$ROOT" ] && getent passwd minori >/dev/null; then
        change "user minori" "ユーザー minori" userdel minori
    fi
elif [ "$CHANGES" != 0 ]; then
    say "Kept: /var/lib/minori (readings, lots, backups), /etc/minori (settings), user minori." \
        "残したもの: /var/lib/minori（測定値・ロット・控え）、/etc/minori（設定）、ユーザー minori"
fi
if [ "$CHANGES" = 0 ]; then say "There is nothing to remove." "削除するものはありません。"; fi
