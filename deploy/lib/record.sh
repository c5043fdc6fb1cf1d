#!/bin/sh
# Settings and record, and the step from one release to the next.
# The schema only grows, and the release before this one runs on it: going back restores nothing.

SWITCHED=""

write_settings() {
    [ -e "$CONFIG" ] || change "$CONFIG, to be filled in" "$CONFIG（内容を記入してください）" first_settings
}

first_settings() {
    rm -f "$CONFIG.new"
    "$NEW/bin/minori" init "$CONFIG.new" --data "$DATA" >/dev/null
    if [ -n "$WITH_MOSQUITTO" ]; then
        sed -i -e 's|^# host = ".*|host = "127.0.0.1"|' -e 's|^# username = |username = |' \
            -e "s|^# password_file = .*|password_file = \"$ETC/mqtt.password\"|" "$CONFIG.new"
    fi
    chmod 640 "$CONFIG.new"
    if [ -z "$ROOT" ]; then chown root:minori "$CONFIG.new"; fi
    mv "$CONFIG.new" "$CONFIG"
}

use_release() {
    [ "$(running_release)" = "$NEW" ] && return 0
    change "Minori $ID takes over" "Minori $IDに切り替え" switch_release
    SWITCHED=yes
}

# Asked first, while the old one still works: does the new one agree with settings and record?
switch_release() {
    old=$(running_release)
    as_minori "$NEW/bin/minori" settings check --config "$CONFIG" >/dev/null \
        || fail "the new release refuses $CONFIG (see above); the installed one goes on. Mend the file and run this again" \
            "新しい版が$CONFIGを受け付けません（上記）。今の版は動き続けます。直してから再度実行してください"
    if [ -n "$old" ]; then copy_record "$old"; fi
    stop_services
    if ! as_minori "$NEW/bin/minori" db upgrade --config "$CONFIG" >/dev/null; then
        if [ -n "$old" ] && is_live && [ -n "$START" ]; then start_again; fi
        fail "the record could not be brought to the new schema (see above); the installed release goes on" \
            "記録を新しい形にできません（上記）。今の版は動き続けます"
    fi
    point_to "$NEW"
    if [ -n "$old" ]; then ln -sfn "$old" "$OPT/previous"; fi
}

# By the release that wrote it, and before anything is changed.
copy_record() {
    as_minori "$1/bin/minori" db check --config "$CONFIG" >/dev/null 2>&1 || return 0  # none yet
    say "  a copy of the record: $DATA/backups" "  記録の控え: $DATA/backups"
    as_minori env MINORI_CONFIG="$CONFIG" "$1/bin/minori" backup "$DATA/backups" --keep 14 >/dev/null \
        || fail "the record could not be copied first (see above), so nothing was changed; is the disk full?" \
            "先に控えを作れなかったため、何も変更していません（上記）。ディスクの空きをご確認ください"
}
