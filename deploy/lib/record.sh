#!/bin/sh
# Settings and record, and the step from one release to the next.

SWITCHED="" COPY=""

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

# Asked first, while the old one still works: does the new one agree with the settings? Then nobody
# writes while the record is copied and its schema grows, so that a way back loses nothing.
switch_release() {
    old=$(running_release)
    as_minori "$NEW/bin/minori" settings check --config "$CONFIG" >/dev/null \
        || fail "the new release refuses $CONFIG (see above); the installed one goes on. Mend the file and run this again" \
            "新しい版が$CONFIGを受け付けません（上記）。今の版は動き続けます。直してから再度実行してください"
    stop_services
    if ! said=$(as_minori "$NEW/bin/minori" db upgrade --config "$CONFIG"); then
        if [ -n "$old" ] && is_live && [ -n "$START" ]; then start_again; fi
        fail "the record could not be brought to the new schema (see above); the installed release goes on" \
            "記録を新しい形にできません（上記）。今の版は動き続けます"
    fi
    COPY=$(printf '%s\n' "$said" | sed -n 's/^copied first: //p')
    if [ -n "$COPY" ]; then say "  the record was copied first: $COPY" "  先に記録の控えを作成: $COPY"; fi
    point_to "$NEW"
    if [ -n "$old" ]; then ln -sfn "$old" "$OPT/previous"; fi
}

# The release before cannot read a schema that grew: it gets its record back. Nothing was written
# since it was copied, for nothing that writes had started.
give_back_record() {
    [ -n "$COPY" ] || return 0
    as_minori "$(previous_release)/bin/minori" restore "$COPY" --replace --config "$CONFIG" >/dev/null \
        || warn "the record could not be put back by itself; do it by hand: sudo minori restore $COPY --replace" \
            "記録を自動で戻せませんでした。手動で: sudo minori restore $COPY --replace"
}
